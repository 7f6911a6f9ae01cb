-- Grain: one row per graded customer, criterion and day: the assessment that counts of that day.
with assessments as (
    select
        coalesce(identities.customer_id, assessments.customer_id) as customer_id,
        assessments.criterion,
        assessments.assessed_on,
        assessments.assessment_id,
        assessments.score
    from {{ accepted('stg_assessments') }} as assessments
    left join {{ ref('int_identities') }} as identities on assessments.customer_id = identities.given_id
    where coalesce(identities.is_graded, true)
)

select
    customer_id,
    criterion,
    assessed_on,
    max_by(score, assessment_id) as score
from assessments
group by customer_id, criterion, assessed_on
