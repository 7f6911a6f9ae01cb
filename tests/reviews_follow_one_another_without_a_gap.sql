-- Every day from the first to as_of_date belongs to one review, which ends its period; only the last may end before its period does.
with days as (
    select
        review_date,
        is_closed,
        min(calendar_day) as first_day,
        max(calendar_day) as last_day,
        count(*) as days,
        min(date_trunc('{{ var('review_cadence') }}', calendar_day)) as first_period,
        max(date_trunc('{{ var('review_cadence') }}', calendar_day)) as last_period
    from {{ ref('int_calendar') }}
    group by review_date, is_closed
)

select coalesce(days.review_date, reviews.review_date) as review_date
from days
full outer join {{ ref('int_reviews') }} as reviews on days.review_date = reviews.review_date and days.is_closed = reviews.is_closed
cross join {{ ref('int_as_of') }} as as_of
where
    days.review_date is null
    or reviews.review_date is null
    or days.last_day <> days.review_date
    or days.days <> {{ days_between('days.first_day', 'days.last_day') }} + 1
    or days.first_period <> days.last_period
    or reviews.previous_review_date <> {{ add_days('days.first_day', -1) }}
    or (reviews.previous_review_date is null and days.first_day > (select min(calendar_day) from {{ ref('int_calendar') }}))
    or reviews.is_last <> (days.review_date = as_of.as_of_date)
    or reviews.is_closed <> (date_trunc('{{ var('review_cadence') }}', {{ add_days('days.review_date', 1) }}) > days.last_period)
    or (not reviews.is_closed and not reviews.is_last)
