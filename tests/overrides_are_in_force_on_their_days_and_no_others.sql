-- On the day after a review, and where an override begins, ends or has just ended, the tier is that of the override as it was granted:
-- of several the latest to begin, then the latest to end, then the greatest name. On other days it is the tier held, and nothing claims to be overridden.
with granted as (
    select
        coalesce(identities.customer_id, overrides.customer_id) as customer_id,
        overrides.tier,
        overrides.valid_from,
        coalesce(overrides.valid_to, date '9999-12-30') as valid_to
    from {{ accepted('stg_tier_overrides') }} as overrides
    left join {{ ref('int_identities') }} as identities on overrides.customer_id = identities.given_id
),

days_that_matter as (
    select customer_id, valid_from as tier_day from granted
    union distinct
    select customer_id, valid_to as tier_day from granted
    union distinct
    select customer_id, {{ add_days('valid_to', 1) }} as tier_day from granted
),

reviews as (
    select
        tiers.customer_id,
        tiers.review_date,
        tiers.held_tier,
        tiers.tier,
        tiers.tier_source,
        tiers.is_closed,
        {{ add_days('tiers.review_date', 1) }} as next_day,
        {{ add_days('lead(tiers.review_date) over (partition by tiers.customer_id order by tiers.review_date)', 1) }} as held_until
    from {{ ref('fct_tier_reviews') }} as tiers
    semi join granted on tiers.customer_id = granted.customer_id
),

shown as (
    select
        'fct_tier_reviews' as shown_in,
        customer_id,
        next_day as tier_day,
        tier,
        tier_source,
        held_tier,
        true as is_source_of_day
    from reviews

    union all

    select
        'customer_tier_history' as shown_in,
        history.customer_id,
        matters.tier_day,
        history.tier,
        history.tier_source,
        reviews.held_tier,
        history.valid_from = matters.tier_day as is_source_of_day
    from {{ ref('customer_tier_history') }} as history
    inner join days_that_matter as matters
        on
            history.customer_id = matters.customer_id
            and history.valid_from <= matters.tier_day
            and coalesce(history.valid_to, date '9999-12-31') > matters.tier_day
    inner join reviews
        on
            matters.customer_id = reviews.customer_id
            and matters.tier_day >= reviews.next_day
            and matters.tier_day < coalesce(reviews.held_until, date '9999-12-31')
    cross join {{ ref('int_as_of') }} as as_of
    where reviews.is_closed and matters.tier_day <= {{ add_days('as_of.as_of_date', 1) }}

    union all

    -- its tier without an override is told by the history, or by the open review
    select
        'customer_tier' as shown_in,
        current_tiers.customer_id,
        {{ add_days('current_tiers.as_of_date', 1) }} as tier_day,
        current_tiers.tier,
        current_tiers.tier_source,
        cast(null as string) as held_tier,
        true as is_source_of_day
    from {{ ref('customer_tier') }} as current_tiers
    semi join granted on current_tiers.customer_id = granted.customer_id
),

in_force as (
    select
        shown.shown_in,
        shown.customer_id,
        shown.tier_day,
        shown.tier,
        shown.tier_source,
        shown.held_tier,
        shown.is_source_of_day,
        granted.tier as granted_tier,
        row_number() over (
            partition by shown.shown_in, shown.customer_id, shown.tier_day
            order by granted.valid_from desc, granted.valid_to desc, granted.tier desc
        ) as precedence
    from shown
    left join granted on shown.customer_id = granted.customer_id and shown.tier_day between granted.valid_from and granted.valid_to
)

select
    shown_in,
    customer_id,
    tier_day,
    tier,
    coalesce(granted_tier, held_tier) as tier_due
from in_force
where
    precedence = 1
    and (
        tier <> coalesce(granted_tier, held_tier, tier)
        or (is_source_of_day and (tier_source = 'override') <> (granted_tier is not null))
    )

union all

select
    'customer_tier_history, though nobody granted it' as shown_in,
    history.customer_id,
    history.valid_from as tier_day,
    history.tier,
    cast(null as string) as tier_due
from {{ ref('customer_tier_history') }} as history
anti join granted on history.customer_id = granted.customer_id
where history.tier_source = 'override'
