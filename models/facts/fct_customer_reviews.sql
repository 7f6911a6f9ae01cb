-- Grain: one row per graded customer and review since they were first seen: every metric a rule may use, scores aside.
-- fct_customer_rfm, fct_customer_profit and fct_customer_engagement show them by theme.
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
    select runs.*, reviews.review_date
    from {{ ref('int_contact_runs') }} as runs
    inner join reviews on runs.holds_from <= reviews.review_date and runs.holds_until > reviews.review_date
),

assessments as (
    select
        runs.customer_id,
        reviews.review_date,
        max(case when runs.criterion = 'industry_standing' then runs.score end) as industry_standing,
        max(case when runs.criterion = 'growth_prospect' then runs.score end) as growth_prospect,
        max(case when runs.criterion = 'strategic_importance' then runs.score end) as strategic_importance,
        max(case when runs.criterion = 'relationship_strength' then runs.score end) as relationship_strength
    from {{ ref('int_assessment_runs') }} as runs
    inner join reviews on runs.holds_from <= reviews.review_date and runs.holds_until > reviews.review_date
    group by runs.customer_id, reviews.review_date
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
    {{ metrics_of_totals('purchases', 'contacts') }},
    assessments.industry_standing,
    assessments.growth_prospect,
    assessments.strategic_importance,
    assessments.relationship_strength,
    purchases.is_company
from purchases
left join contacts on purchases.customer_id = contacts.customer_id and purchases.review_date = contacts.review_date
left join assessments on purchases.customer_id = assessments.customer_id and purchases.review_date = assessments.review_date
