-- Grain: one row per graded customer and span of days [valid_from, valid_to) in which one override is in force.
with overrides as (
    select
        coalesce(identities.customer_id, overrides.customer_id) as customer_id,
        overrides.tier,
        overrides.reason,
        overrides.customer_id as given_id,
        overrides.valid_from,
        coalesce({{ add_days('overrides.valid_to', 1) }}, date '9999-12-31') as valid_to
    from {{ accepted('stg_tier_overrides') }} as overrides
    left join {{ ref('int_identities') }} as identities on overrides.customer_id = identities.given_id
    where coalesce(identities.is_graded, true)
),

-- customers merged into one may bring overlapping overrides: cut their time where any of them begins or ends
boundaries as (
    select customer_id, valid_from as cut_on from overrides
    union
    select customer_id, valid_to as cut_on from overrides
),

spans as (
    select
        customer_id,
        cut_on as valid_from,
        lead(cut_on) over (partition by customer_id order by cut_on) as valid_to
    from boundaries
),

in_force as (
    select
        spans.customer_id,
        spans.valid_from,
        spans.valid_to,
        overrides.tier,
        overrides.reason,
        overrides.valid_to as granted_until,
        row_number() over (
            partition by spans.customer_id, spans.valid_from
            order by overrides.valid_from desc, overrides.valid_to desc, overrides.tier desc, overrides.given_id asc
        ) as precedence
    from spans
    inner join overrides
        on
            spans.customer_id = overrides.customer_id
            and spans.valid_from >= overrides.valid_from
            and spans.valid_to <= overrides.valid_to
)

select customer_id, valid_from, valid_to, tier, reason, granted_until
from in_force
where precedence = 1
