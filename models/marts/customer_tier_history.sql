-- Grain: one row per customer and span of days [valid_from, valid_to) in one tier, from the day after their first closed review
-- to the morning after as_of_date. A day has the override in force on it, else the tier held since the last closed review before it.
with overrides as (
    select overrides.customer_id, overrides.valid_from, overrides.valid_to, cast(tiers.tier_rank as int) as tier_rank
    from {{ ref('int_overrides') }} as overrides
    inner join {{ ref('tiers') }} as tiers on overrides.tier = tiers.tier
),

override_days as (
    select customer_id, valid_from as turned_on from overrides
    union
    select customer_id, valid_to as turned_on from overrides
),

overridden_customers as (
    select distinct customer_id
    from overrides
),

-- only a review that changed the held tier can begin a row, unless an override ends between reviews
held as (
    select
        tiers.customer_id,
        {{ add_days('tiers.review_date', 1) }} as valid_from,
        tiers.held_rank,
        tiers.held_source
    from {{ ref('fct_held_tiers') }} as tiers
    inner join {{ ref('int_reviews') }} as reviews on tiers.review_date = reviews.review_date
    left join overridden_customers on tiers.customer_id = overridden_customers.customer_id
    where
        reviews.is_closed
        and (
            tiers.previous_held_rank is null
            or tiers.held_rank <> tiers.previous_held_rank
            or overridden_customers.customer_id is not null
        )
),

held_spans as (
    select
        held.*,
        coalesce(lead(held.valid_from) over (partition by held.customer_id order by held.valid_from), date '9999-12-31') as valid_to
    from held
    semi join overridden_customers on held.customer_id = overridden_customers.customer_id
),

-- an override may also turn a tier between two reviews
turning_days as (
    select customer_id, valid_from as turned_on, held_rank, held_source
    from held

    union all

    select override_days.customer_id, override_days.turned_on, held_spans.held_rank, held_spans.held_source
    from override_days
    inner join held_spans
        on
            override_days.customer_id = held_spans.customer_id
            and override_days.turned_on > held_spans.valid_from
            and override_days.turned_on < held_spans.valid_to
),

tiers_on_day as (
    select
        turning_days.customer_id,
        turning_days.turned_on,
        coalesce(overrides.tier_rank, turning_days.held_rank) as tier_rank,
        case when overrides.tier_rank is not null then 'override' else turning_days.held_source end as tier_source
    from turning_days
    cross join {{ ref('int_as_of') }} as as_of
    left join overrides
        on
            turning_days.customer_id = overrides.customer_id
            and turning_days.turned_on >= overrides.valid_from
            and turning_days.turned_on < overrides.valid_to
    where turning_days.turned_on <= {{ add_days('as_of.as_of_date', 1) }}
),

compared as (
    select
        *,
        lag(tier_rank) over (partition by customer_id order by turned_on) as previous_tier_rank
    from tiers_on_day
),

changes as (
    select
        customer_id,
        turned_on as valid_from,
        lead(turned_on) over (partition by customer_id order by turned_on) as valid_to,
        tier_rank,
        tier_source,
        previous_tier_rank
    from compared
    where previous_tier_rank is null or tier_rank <> previous_tier_rank
)

select
    customer_id,
    valid_from,
    valid_to,
    {{ tier_name('tier_rank') }} as tier,
    {{ tier_name('previous_tier_rank') }} as previous_tier,
    case
        when previous_tier_rank is null then 'entered'
        when tier_rank > previous_tier_rank then 'upgraded'
        else 'downgraded'
    end as change_type,
    tier_source,
    tier_rank,
    valid_to is null as is_current
from changes
