-- Grain: one row per review.
with reviews as (
    select distinct review_date, is_closed, first_event_on
    from {{ ref('int_calendar') }}
)

select
    review_date,
    lag(review_date) over (order by review_date) as previous_review_date,
    cast(row_number() over (order by review_date) as int) as review_number,
    is_closed,
    row_number() over (order by review_date desc) = 1 as is_last,
    {{ add_days('review_date', 1 - var('window_days')) }} < first_event_on as is_warm_up
from reviews
