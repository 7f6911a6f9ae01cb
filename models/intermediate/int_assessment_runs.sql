-- Grain: one row per graded customer, criterion and review from which an assessment holds, until the next one.
with by_review as (
    select
        assessments.customer_id,
        assessments.criterion,
        reviews.first_review_date as review_date,
        max_by(assessments.score, assessments.assessed_on) as score
    from {{ ref('int_assessments') }} as assessments
    inner join {{ ref('int_movement_reviews') }} as reviews on assessments.assessed_on = reviews.moved_on
    group by assessments.customer_id, assessments.criterion, reviews.first_review_date
)

select
    customer_id,
    criterion,
    review_date as holds_from,
    coalesce(lead(review_date) over (partition by customer_id, criterion order by review_date), date '9999-12-31') as holds_until,
    score
from by_review
