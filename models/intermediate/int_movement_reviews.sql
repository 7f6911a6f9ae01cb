-- Grain: one row per day on which something can enter or leave a window: the review that first sees it, among those to be made.
-- What moved before the first review to be made is taken into that one, so that a refresh starts from sums, not from old facts.
with bounds as (
    select
        recompute.recompute_from,
        min(calendar.calendar_day) as first_day
    from {{ ref('int_calendar') }} as calendar
    cross join {{ ref('int_recompute') }} as recompute
    group by recompute.recompute_from
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
    greatest(calendar.review_date, bounds.recompute_from) as review_date
from moving_days
cross join bounds
inner join {{ ref('int_calendar') }} as calendar
    on greatest(moving_days.moved_on, bounds.first_day) = calendar.calendar_day
inner join {{ ref('int_reviews') }} as reviews
    on greatest(calendar.review_date, bounds.recompute_from) = reviews.review_date
where moving_days.moved_on is not null
