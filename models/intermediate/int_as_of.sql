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

select
    {%- if var('as_of_date') is none %}
    least(max(last_day), {{ yesterday() }}) as as_of_date
    {%- else %}
    date '{{ var('as_of_date') }}' as as_of_date
    {%- endif %}
from known_days
