-- Grain: one row per day on which something can enter or leave a window: the review that first sees it, of all and among those to be made.
-- What moved before the first review to be made is taken into that one, so that a refresh starts from sums, not from old facts.
-- recompute_from itself may be a review no more, when an open one has given way to a later day.
with first_made as (
    select min(reviews.review_date) as review_date
    from {{ ref('int_reviews') }} as reviews
    cross join {{ ref('int_recompute') }} as recompute
    where reviews.review_date >= recompute.recompute_from
),

first_days as (
    select min(calendar_day) as first_day
    from {{ ref('int_calendar') }}
),

moving_days as (
    select business_date as moved_on from {{ ref('int_purchase_days') }}
    union
    select {{ add_days('business_date', var('window_days')) }} as moved_on from {{ ref('int_purchase_days') }}
    union
    select business_date as moved_on from {{ ref('int_contact_days') }}
    union
    select {{ add_days('business_date', var('window_days')) }} as moved_on from {{ ref('int_contact_days') }}
    union
    select converted_on as moved_on from {{ ref('int_conversions') }}
    union
    select {{ add_days('occurred_on', var('window_days')) }} as moved_on from {{ ref('int_conversions') }}
    union
    select assessed_on as moved_on from {{ ref('int_assessments') }}
    union
    select first_seen_on as moved_on from {{ ref('int_customers') }}
)

select
    moving_days.moved_on,
    calendar.review_date as first_review_date,
    case when first_made.review_date is not null then greatest(calendar.review_date, first_made.review_date) end as review_date
from moving_days
cross join first_made
cross join first_days
inner join {{ ref('int_calendar') }} as calendar
    on greatest(moving_days.moved_on, first_days.first_day) = calendar.calendar_day
where moving_days.moved_on is not null
