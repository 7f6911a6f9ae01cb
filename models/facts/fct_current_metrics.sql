-- Grain: one row per customer of the last review: every metric a rule may use. A table: what describes the present reads it.
with last_review as (
    select review_date
    from {{ ref('int_reviews') }}
    where is_last
),

patterns as (
    {{ pattern_rows('last_review', lines=ref('int_baskets')) }}
)

select scored.*, {{ pattern_columns('patterns', pattern_metrics()) }}
from {{ ref('fct_scored_reviews') }} as scored
left join patterns on scored.customer_id = patterns.customer_id
where scored.review_date = (select last_review.review_date from last_review)
