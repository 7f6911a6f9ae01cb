-- Every day from the first to as_of_date belongs to one review, which ends its period; only the last may end before its period does.
with by_review as (
    select
        review_date,
        is_closed,
        min(calendar_day) as first_day,
        max(calendar_day) as last_day,
        count(*) as day_count,
        min(date_trunc('{{ var('review_cadence') }}', calendar_day)) as first_period,
        max(date_trunc('{{ var('review_cadence') }}', calendar_day)) as last_period
    from {{ ref('int_calendar') }}
    group by review_date, is_closed
),

first_days as (
    select min(calendar_day) as first_day
    from {{ ref('int_calendar') }}
)

select coalesce(by_review.review_date, reviews.review_date) as review_date
from by_review
full outer join {{ ref('int_reviews') }} as reviews on by_review.review_date = reviews.review_date and by_review.is_closed = reviews.is_closed
cross join {{ ref('int_as_of') }} as as_of
cross join first_days
where
    by_review.review_date is null
    or reviews.review_date is null
    or by_review.last_day <> by_review.review_date
    or by_review.day_count <> {{ days_between('by_review.first_day', 'by_review.last_day') }} + 1
    or by_review.first_period <> by_review.last_period
    or coalesce(reviews.previous_review_date <> {{ add_days('by_review.first_day', -1) }}, by_review.first_day > first_days.first_day)
    or reviews.is_last <> (by_review.review_date = as_of.as_of_date)
    or reviews.is_closed <> (date_trunc('{{ var('review_cadence') }}', {{ add_days('by_review.review_date', 1) }}) > by_review.last_period)
    or (not reviews.is_closed and not reviews.is_last)
