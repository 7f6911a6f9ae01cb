-- Grain: one row per graded customer and review since they were first seen: the metrics of their purchases and profit.
-- fct_customer_rfm and fct_customer_profit show them by theme; those of contacts and assessments, which few have, are in fct_customer_engagement.
{{ config(materialized=review_table(), incremental_strategy='append', pre_hook="{{ forget_reviews(this.identifier) }}") }}

with reviews as (
    select reviews.review_date
    from {{ ref('int_reviews') }} as reviews
    cross join {{ ref('int_recompute') }} as recompute
    where reviews.review_date >= recompute.recompute_from
),

purchases as (
    select
        runs.*,
        reviews.review_date,
        customers.first_seen_on,
        customers.score_group,
        customers.is_company
    from {{ ref('int_purchase_runs') }} as runs
    inner join {{ ref('int_customers') }} as customers on runs.customer_id = customers.customer_id
    inner join reviews on runs.holds_from <= reviews.review_date and runs.holds_until > reviews.review_date
    where customers.first_seen_on <= reviews.review_date
),

contacts as (
    {{ contact_rows('reviews') }}
)

select
    purchases.customer_id,
    purchases.review_date,
    purchases.score_group,
    {{ days_between('purchases.last_ordered_on', 'purchases.review_date') }} as recency_days,
    purchases.frequency,
    purchases.monetary,
    purchases.lifetime_orders,
    purchases.lifetime_monetary,
    {{ days_between('purchases.first_seen_on', 'purchases.review_date') }} as tenure_days,
    {{ profit_of_totals('purchases', 'contacts') }},
    purchases.is_company
from purchases
left join contacts on purchases.customer_id = contacts.customer_id and purchases.review_date = contacts.review_date
