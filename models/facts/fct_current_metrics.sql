-- Grain: one row per customer of the last review: every metric a rule may use. A table: what describes the present reads it.
with last_review as (
    select review_date
    from {{ ref('int_reviews') }}
    where is_last
)

select *
from {{ with_metrics(ref('fct_scored_reviews'), contact_metrics() + assessment_metrics() + pattern_metrics(), 'last_review', lines=ref('int_baskets')) }}
where review_date = (select last_review.review_date from last_review)
