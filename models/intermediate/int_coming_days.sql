-- Grain: one row per day to come, up to where everything has left the window and the grace is over, with the end of its period: the review that
-- will see it. Reviews are numbered from the last closed one, 0.
{{ config(materialized='view') }}

{% set longest_period = {'day': 1, 'week': 7, 'month': 31}.get(var('review_cadence'), 92) %}

with days_to_come as (
    select {{ each_day(add_days('as_of_date', 1), add_days('as_of_date', var('window_days') + var('tier_grace_reviews') * longest_period)) }} as day_to_come
    from {{ ref('int_as_of') }}
)

select
    day_to_come,
    {{ period_end('day_to_come') }} as review_date,
    cast(dense_rank() over (order by {{ period_end('day_to_come') }}) as int) as number
from days_to_come
