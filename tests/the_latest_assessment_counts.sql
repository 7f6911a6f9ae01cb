-- At the last review each criterion has the score of the assessment that no other one follows; of the same day, the one with the greatest id.
with facts as (
    select facts.*
    from {{ ref('fct_customer_engagement') }} as facts
    inner join {{ ref('int_reviews') }} as reviews on facts.review_date = reviews.review_date
    where reviews.is_last and facts.review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
),

scores as (
    {%- for criterion in ['industry_standing', 'growth_prospect', 'strategic_importance', 'relationship_strength'] %}
    select customer_id, '{{ criterion }}' as criterion, {{ criterion }} as score
    from facts
    where {{ criterion }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

assessments as (
    select
        coalesce(identities.customer_id, assessments.customer_id) as customer_id,
        assessments.criterion,
        assessments.assessed_on,
        assessments.assessment_id,
        assessments.score
    from {{ accepted('stg_assessments') }} as assessments
    left join {{ ref('int_identities') }} as identities on assessments.customer_id = identities.given_id
),

latest as (
    select assessments.customer_id, assessments.criterion, assessments.score
    from assessments
    left join assessments as later
        on
            assessments.customer_id = later.customer_id
            and assessments.criterion = later.criterion
            and (
                assessments.assessed_on < later.assessed_on
                or (assessments.assessed_on = later.assessed_on and assessments.assessment_id < later.assessment_id)
            )
    where later.customer_id is null
),

latest_of_graded as (
    select latest.customer_id, latest.criterion, latest.score
    from latest
    semi join facts on latest.customer_id = facts.customer_id
)

select
    coalesce(scores.customer_id, latest.customer_id) as customer_id,
    coalesce(scores.criterion, latest.criterion) as criterion,
    scores.score,
    latest.score as latest_score
from scores
full outer join latest_of_graded as latest on scores.customer_id = latest.customer_id and scores.criterion = latest.criterion
where scores.score is distinct from latest.score
