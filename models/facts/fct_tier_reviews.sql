-- Grain: one row per graded customer and review: the tier earned, the tier held, and the tier the review leads to.
--   earned: the highest tier whose entry rule is met; keep: the higher of earned and the highest retain rule met
--   w: the highest keep of this review and the tier_grace_reviews before it
--   held: earned, or what w leaves of the held tier of the review before, but never more than one tier less (soft landing)
--   tier: the override in force on the day after the review, else held
{{ config(materialized=review_table(), incremental_strategy='append', pre_hook="{{ forget_reviews(this.identifier) }}") }}

with ranked as (
    select
        scored.customer_id,
        scored.review_date,
        {{ highest_tier_met('entry') }} as earned_rank,
        {{ highest_tier_met('retain') }} as retained_rank,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        scored.profit_score
    from {{ ref('fct_scored_reviews') }} as scored
    cross join {{ ref('int_recompute') }} as recompute
    where scored.review_date >= recompute.recompute_from
),

kept as (
    select customer_id, review_date, keep_rank, cast(null as int) as start_rank, {{ review_state() }} as state_without_w
    from (select *, cast(greatest(earned_rank, retained_rank) as int) as keep_rank from ranked) as with_keep
    {%- if is_incremental() %}

    union all

    select customer_id, review_date, keep_rank, start_rank, cast(null as bigint) as state_without_w
    from ({{ reviews_with_a_say() }}) as earlier
    {%- endif %}
),

stated as (
    select
        customer_id,
        start_rank,
        state_without_w + max(keep_rank) over (
            partition by customer_id
            order by review_date
            rows between {{ var('tier_grace_reviews') }} preceding and current row
        ) as review_state
    from kept
),

customers as (
    select customer_id, {{ in_order('review_state') }} as states, max(start_rank) as start_rank
    from stated
    group by customer_id
),

folded as (
    {{ folded_tiers('customers') }} -- noqa: PRS
),

unpacked as (
    select
        customer_id,
        {{ add_days("date '1970-01-01'", whole_division('review_state', 10000000000)) }} as review_date,
        {{ state_part(1000000000, 1) }} as recency_score,
        {{ state_part(100000000, 1) }} as frequency_score,
        {{ state_part(10000000, 1) }} as monetary_score,
        {{ state_part(1000000, 1) }} as profit_score,
        {{ state_part(10000, 2) }} as earned_rank,
        {{ state_part(100, 2) }} as keep_rank,
        {{ state_part(1, 2) }} as w,
        cast(held_rank as int) as held_rank,
        cast(previous_held_rank as int) as previous_held_rank
    from folded
),

overrides as (
    select overrides.customer_id, overrides.valid_from, overrides.valid_to, cast(tiers.tier_rank as int) as tier_rank
    from {{ ref('int_overrides') }} as overrides
    inner join {{ ref('tiers') }} as tiers on overrides.tier = tiers.tier
),

led_to as (
    select
        unpacked.*,
        reviews.is_closed,
        coalesce(overrides.tier_rank, unpacked.held_rank) as tier_rank,
        case when unpacked.previous_held_rank is not null then coalesce(earlier_overrides.tier_rank, unpacked.previous_held_rank) end as previous_tier_rank,
        overrides.tier_rank is not null as is_overridden,
        case
            when unpacked.held_rank = unpacked.earned_rank then 'earned'
            when unpacked.held_rank = least(unpacked.previous_held_rank, unpacked.w) then 'grace'
            else 'soft_landing'
        end as held_source
    from unpacked
    inner join {{ ref('int_reviews') }} as reviews on unpacked.review_date = reviews.review_date
    left join overrides
        on
            unpacked.customer_id = overrides.customer_id
            and unpacked.review_date >= {{ add_days('overrides.valid_from', -1) }}
            and unpacked.review_date < {{ add_days('overrides.valid_to', -1) }}
    left join overrides as earlier_overrides
        on
            unpacked.customer_id = earlier_overrides.customer_id
            and reviews.previous_review_date >= {{ add_days('earlier_overrides.valid_from', -1) }}
            and reviews.previous_review_date < {{ add_days('earlier_overrides.valid_to', -1) }}
)

select
    customer_id,
    review_date,
    {{ tier_name('earned_rank') }} as earned_tier,
    {{ tier_name('held_rank') }} as held_tier,
    {{ tier_name('tier_rank') }} as tier,
    case when is_overridden then 'override' else held_source end as tier_source,
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
    is_closed
from led_to
