-- Grain: one row per customer of the last review: the tier they have on the morning after as_of_date, in ranks, and what decided it:
-- an override in force, else the last closed review; while a customer has none, the open one, and the tier is provisional.
with last_review as (
    select review_date
    from {{ ref('int_reviews') }}
    where is_last
),

last_closed_review as (
    select max(review_date) as review_date
    from {{ ref('int_reviews') }}
    where is_closed
),

last_reviews as (
    select *
    from {{ ref('fct_tier_reviews') }}
    where review_date = (select last_review.review_date from last_review)
),

closed_reviews as (
    select *
    from {{ ref('fct_tier_reviews') }}
    where review_date = (select last_closed_review.review_date from last_closed_review)
),

-- a tier that its last review did not keep may have been kept by one before it, within the grace
kept_earlier as (
    select closed.customer_id, max(earlier.review_date) as kept_on
    from closed_reviews as closed
    inner join {{ ref('int_reviews') }} as last_closed on closed.review_date = last_closed.review_date
    inner join {{ ref('fct_held_tiers') }} as earlier on closed.customer_id = earlier.customer_id and closed.held_rank <= earlier.keep_rank
    inner join {{ ref('int_reviews') }} as reviews on earlier.review_date = reviews.review_date
    where
        closed.keep_rank < closed.held_rank
        and reviews.review_number < last_closed.review_number
        and reviews.review_number >= last_closed.review_number - {{ var('tier_grace_reviews') }}
    group by closed.customer_id
),

overrides as (
    select overrides.customer_id, cast(tiers.tier_rank as int) as tier_rank, overrides.reason, overrides.granted_until
    from {{ ref('int_overrides') }} as overrides
    inner join {{ ref('tiers') }} as tiers on overrides.tier = tiers.tier
    inner join {{ ref('int_as_of') }} as as_of
        on
            as_of.as_of_date >= {{ add_days('overrides.valid_from', -1) }}
            and as_of.as_of_date < {{ add_days('overrides.valid_to', -1) }}
)

select
    last_reviews.customer_id,
    closed.customer_id is null as is_provisional,
    coalesce(closed.review_date, last_reviews.review_date) as tier_review_date,
    coalesce(overrides.tier_rank, closed.held_rank, last_reviews.held_rank) as tier_rank,
    case when overrides.tier_rank is not null then 'override' else coalesce(closed.held_source, last_reviews.held_source) end as tier_source,
    coalesce(closed.earned_rank, last_reviews.earned_rank) as earned_rank,
    coalesce(closed.keep_rank, last_reviews.keep_rank) as keep_rank,
    coalesce(closed.held_rank, last_reviews.held_rank) as held_rank,
    closed.previous_held_rank,
    case when closed.keep_rank >= closed.held_rank then closed.review_date else kept_earlier.kept_on end as kept_on,
    overrides.reason as override_reason,
    case when overrides.granted_until < date '9999-12-31' then {{ add_days('overrides.granted_until', -1) }} end as overridden_until,
    coalesce(closed.recency_score, last_reviews.recency_score) as recency_score,
    coalesce(closed.frequency_score, last_reviews.frequency_score) as frequency_score,
    coalesce(closed.monetary_score, last_reviews.monetary_score) as monetary_score,
    coalesce(closed.profit_score, last_reviews.profit_score) as profit_score,
    last_reviews.tier as projected_tier
from last_reviews
left join closed_reviews as closed on last_reviews.customer_id = closed.customer_id
left join kept_earlier on last_reviews.customer_id = kept_earlier.customer_id
left join overrides on last_reviews.customer_id = overrides.customer_id
