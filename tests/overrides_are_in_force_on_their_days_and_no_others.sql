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
    union
    select customer_id, valid_to as tier_day from granted
    union
    select customer_id, {{ add_days('valid_to', 1) }} as tier_day from granted
),

reviews as (
    select
        customer_id,
        review_date,
        held_tier,
        tier,
        tier_source,
        {{ add_days('review_date', 1) }} as next_day,
        {{ add_days('lead(review_date) over (partition by customer_id order by review_date)', 1) }} as held_until,
        is_closed
    from {{ ref('fct_tier_reviews') }}
    semi join granted using (customer_id)
),

shown as (
    select 'fct_tier_reviews' as shown_in, customer_id, next_day as tier_day, tier, tier_source, true as is_source_of_day, held_tier
    from reviews

    union all

    select
        'customer_tier_history' as shown_in,
        history.customer_id,
        days.tier_day,
        history.tier,
        history.tier_source,
        history.valid_from = days.tier_day as is_source_of_day,
        reviews.held_tier
    from {{ ref('customer_tier_history') }} as history
    inner join days_that_matter as days
        on
            history.customer_id = days.customer_id
            and history.valid_from <= days.tier_day
            and coalesce(history.valid_to, date '9999-12-31') > days.tier_day
    inner join reviews
        on
            days.customer_id = reviews.customer_id
            and days.tier_day >= reviews.next_day
            and days.tier_day < coalesce(reviews.held_until, date '9999-12-31')
    cross join {{ ref('int_as_of') }} as as_of
    where reviews.is_closed and days.tier_day <= {{ add_days('as_of.as_of_date', 1) }}

    union all

    -- its tier without an override is told by the history, or by the open review
    select
        'customer_tier' as shown_in,
        customer_id,
        {{ add_days('as_of_date', 1) }} as tier_day,
        tier,
        tier_source,
        true as is_source_of_day,
        cast(null as string) as held_tier
    from {{ ref('customer_tier') }}
    semi join granted using (customer_id)
),

in_force as (
    select
        shown.*,
        granted.tier as granted_tier,
        row_number() over (
            partition by shown.shown_in, shown.customer_id, shown.tier_day
            order by granted.valid_from desc, granted.valid_to desc, granted.tier desc
        ) as precedence
    from shown
    left join granted on shown.customer_id = granted.customer_id and shown.tier_day between granted.valid_from and granted.valid_to
)

select shown_in, customer_id, tier_day, tier, coalesce(granted_tier, held_tier) as tier_due
from in_force
where
    precedence = 1
    and (
        tier <> coalesce(granted_tier, held_tier, tier)
        or (is_source_of_day and (tier_source = 'override') <> (granted_tier is not null))
    )

union all

select 'nobody granted it' as shown_in, customer_id, valid_from as tier_day, tier, cast(null as string) as tier_due
from {{ ref('customer_tier_history') }}
anti join granted using (customer_id)
where tier_source = 'override'
