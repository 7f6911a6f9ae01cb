-- Grain: one row per day from the first one judged to as_of_date, with the first review on or after it.
with events as (
    select min(effective_on) as event_on
    from {{ accepted('stg_orders') }} as orders
    where status = 'completed'

    union all

    select min(effective_on) as event_on
    from {{ accepted('stg_interactions') }} as interactions
),

span as (
    select
        as_of.as_of_date,
        min(events.event_on) as first_event_on,
        greatest(min(events.event_on), {{ "date '" ~ var('history_start') ~ "'" if var('history_start') else 'min(events.event_on)' }}) as first_day
    from events
    cross join {{ ref('int_as_of') }} as as_of
    group by as_of.as_of_date
),

days as (
    select
        as_of_date,
        first_event_on,
        {{ each_day('first_day', 'as_of_date') }} as calendar_day
    from span
    where first_event_on is not null and first_day <= as_of_date
)

select
    calendar_day,
    least({{ period_end('calendar_day') }}, as_of_date) as review_date,
    {{ period_end('calendar_day') }} <= as_of_date as is_closed,
    first_event_on
from days
