-- Grain: one row per graded customer, after merging, with the profile that counts and the day we first saw them.
with sightings as (
    select customer_id, min(ordered_on) as seen_on, cast(null as date) as loaded_on
    from {{ ref('int_orders') }}
    where is_graded
    group by customer_id

    union all

    select customer_id, min(occurred_on) as seen_on, cast(null as date) as loaded_on
    from {{ ref('int_contacts') }}
    group by customer_id

    union all

    -- versions that another one replaced still tell when the customer first reached us
    select
        coalesce(identities.customer_id, customers.customer_id) as customer_id,
        case when customers.outcome = 'current' then {{ business_date('customers.signed_up_at') }} end as seen_on,
        {{ business_date('customers.loaded_at') }} as loaded_on
    from {{ ref('stg_customers') }} as customers
    left join {{ ref('int_identities') }} as identities on customers.customer_id = identities.given_id
    where customers.outcome in ('current', 'superseded') and coalesce(identities.is_graded, true)
),

first_seen as (
    select customer_id, coalesce(min(seen_on), min(loaded_on)) as first_seen_on
    from sightings
    group by customer_id
)

select
    first_seen.customer_id,
    first_seen.first_seen_on,
    {{ "coalesce(profiles." ~ var('score_by') ~ ", '')" if var('score_by') else "''" }} as score_group,
    case profiles.customer_type when 'company' then 1 when 'person' then 0 end as is_company
from first_seen
left join {{ accepted('stg_customers') }} as profiles
    on first_seen.customer_id = profiles.customer_id and profiles.merged_into is null
