-- Grain: one row per graded customer and review: the tier earned, the tier held, and the tier the review leads to:
-- the override in force on the day after it, else held.
{{ config(materialized='view') }}

with overrides as (
    select overrides.customer_id, overrides.valid_from, overrides.valid_to, cast(tiers.tier_rank as int) as tier_rank
    from {{ ref('int_overrides') }} as overrides
    inner join {{ ref('tiers') }} as tiers on overrides.tier = tiers.tier
),

led_to as (
    select
        held.*,
        reviews.is_closed,
        coalesce(overrides.tier_rank, held.held_rank) as tier_rank,
        case when held.previous_held_rank is not null then coalesce(earlier_overrides.tier_rank, held.previous_held_rank) end as previous_tier_rank,
        case when overrides.tier_rank is not null then 'override' else held.held_source end as tier_source
    from {{ ref('fct_held_tiers') }} as held
    inner join {{ ref('int_reviews') }} as reviews on held.review_date = reviews.review_date
    left join overrides
        on
            held.customer_id = overrides.customer_id
            and held.review_date >= {{ add_days('overrides.valid_from', -1) }}
            and held.review_date < {{ add_days('overrides.valid_to', -1) }}
    left join overrides as earlier_overrides
        on
            held.customer_id = earlier_overrides.customer_id
            and reviews.previous_review_date >= {{ add_days('earlier_overrides.valid_from', -1) }}
            and reviews.previous_review_date < {{ add_days('earlier_overrides.valid_to', -1) }}
)

select
    customer_id,
    review_date,
    {{ tier_name('earned_rank') }} as earned_tier,
    {{ tier_name('held_rank') }} as held_tier,
    {{ tier_name('tier_rank') }} as tier,
    tier_source,
    held_source,
    tier_rank,
    previous_tier_rank,
    earned_rank,
    keep_rank,
    held_rank,
    previous_held_rank,
    recency_score,
    frequency_score,
    monetary_score,
    profit_score,
    monetary,
    net_profit,
    is_closed
from led_to
