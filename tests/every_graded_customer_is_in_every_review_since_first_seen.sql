-- Once each, with their own profile. Sets of millions are compared by the sum of their row hashes: int_customers has a row per customer,
-- so equal sums mean that the facts have one too.
with reviews as (
    select reviews.review_date, reviews.is_closed
    from {{ ref('int_reviews') }} as reviews
    cross join {{ ref('int_recompute') }} as recompute
    where reviews.review_date >= recompute.recompute_from
),

first_days as (
    select
        first_seen_on,
        count(*) as customers,
        sum(cast({{ row_hash(['customer_id']) }} as decimal(38, 0))) as ids,
        sum(cast({{ row_hash(['customer_id', 'first_seen_on', 'score_group', 'is_company']) }} as decimal(38, 0))) as profiles
    from {{ ref('int_customers') }}
    group by first_seen_on
),

expected as (
    select
        reviews.review_date,
        reviews.is_closed,
        sum(first_days.customers) as customers,
        sum(first_days.ids) as ids,
        sum(first_days.profiles) as profiles
    from reviews
    left join first_days on reviews.review_date >= first_days.first_seen_on
    group by reviews.review_date, reviews.is_closed
),

with_first_day as (
    select *, {{ add_days('review_date', '-tenure_days') }} as first_seen_on
    from {{ ref('fct_customer_reviews') }}
    where review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
),

facts as (
    select
        review_date,
        count(*) as customers,
        sum(cast({{ row_hash(['customer_id', 'first_seen_on', 'score_group', 'is_company']) }} as decimal(38, 0))) as profiles
    from with_first_day
    group by review_date
),

tiers as (
    select
        review_date,
        is_closed,
        count(*) as customers,
        sum(cast({{ row_hash(['customer_id']) }} as decimal(38, 0))) as ids
    from {{ ref('fct_tier_reviews') }}
    where review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
    group by review_date, is_closed
)

select
    coalesce(expected.review_date, facts.review_date, tiers.review_date) as review_date,
    expected.customers as first_seen_by_then,
    facts.customers as customers_with_facts,
    tiers.customers as customers_with_a_tier
from expected
full outer join facts on expected.review_date = facts.review_date
full outer join tiers on expected.review_date = tiers.review_date and expected.is_closed = tiers.is_closed
where
    expected.customers is distinct from facts.customers
    or expected.customers is distinct from tiers.customers
    or expected.profiles is distinct from facts.profiles
    or expected.ids is distinct from tiers.ids
