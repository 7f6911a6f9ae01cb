-- Grain: one row per graded customer and review: the metrics of fct_customer_reviews, with the four scores.
{{ config(materialized='view') }}

with breakpoints as (
    {{ breakpoints_by_group() }}
)

select
    facts.*,
    {{ scores() }}
from {{ ref('fct_customer_reviews') }} as facts
left join breakpoints on facts.review_date = breakpoints.review_date and facts.score_group = breakpoints.score_group
