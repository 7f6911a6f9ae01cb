-- Grain: one row: the last business date that counts. Every other model asks here.
with known_days as (
    select max(effective_on) as last_day
    from {{ ref('stg_orders') }}
    where outcome = 'current'

    union all

    select max(effective_on) as last_day
    from {{ ref('stg_interactions') }}
    where outcome = 'current'
)

select coalesce({{ "date '" ~ var('as_of_date') ~ "'" if var('as_of_date') else 'cast(null as date)' }}, least(max(last_day), {{ yesterday() }})) as as_of_date
from known_days
