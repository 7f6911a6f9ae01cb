-- On the day after each closed review the history has, for every customer, the tier the review led to; it begins on the day after their first one.
-- Compared by sums of row hashes: a row of the history is added on the day it begins and taken away on the day it ends.
with reviews as (
    select
        review_date,
        count(*) as customers,
        sum(cast({{ row_hash(['customer_id', 'tier_rank']) }} as decimal(38, 0))) as tiers
    from {{ ref('fct_tier_reviews') }}
    where is_closed and review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
    group by review_date
),

turns as (
    select
        valid_from as turned_on,
        count(*) as customers,
        sum(cast({{ row_hash(['customer_id', 'tier_rank']) }} as decimal(38, 0))) as tiers
    from {{ ref('customer_tier_history') }}
    group by valid_from

    union all

    select
        valid_to as turned_on,
        -count(*) as customers,
        -sum(cast({{ row_hash(['customer_id', 'tier_rank']) }} as decimal(38, 0))) as tiers
    from {{ ref('customer_tier_history') }}
    where valid_to is not null
    group by valid_to
),

history as (
    select
        reviews.review_date,
        sum(turns.customers) as customers,
        sum(turns.tiers) as tiers
    from reviews
    left join turns on {{ add_days('reviews.review_date', 1) }} >= turns.turned_on
    group by reviews.review_date
),

-- the first closed review of a customer is the one that first sees them
first_rows as (
    select history.customer_id, history.valid_from
    from {{ ref('customer_tier_history') }} as history
    inner join {{ ref('int_customers') }} as customers on history.customer_id = customers.customer_id
    inner join {{ ref('int_reviews') }} as reviews on history.valid_from = {{ add_days('reviews.review_date', 1) }}
    where
        history.change_type = 'entered'
        and reviews.is_closed
        and customers.first_seen_on <= reviews.review_date
        and (reviews.previous_review_date is null or customers.first_seen_on > reviews.previous_review_date)
)

select cast(null as string) as customer_id, reviews.review_date, 'other tiers than the review led to' as problem
from reviews
left join history on reviews.review_date = history.review_date
where reviews.customers is distinct from history.customers or reviews.tiers is distinct from history.tiers

union all

select history.customer_id, history.valid_from as review_date, 'does not begin on the day after the first closed review' as problem
from {{ ref('customer_tier_history') }} as history
anti join first_rows on history.customer_id = first_rows.customer_id and history.valid_from = first_rows.valid_from
where history.change_type = 'entered'
