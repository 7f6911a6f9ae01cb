-- Grain: one row per combination of the four scores that buyers have at the last review, with how many of them have it.
{{ config(materialized='view') }}

select
    scored.review_date as as_of_date,
    scored.recency_score,
    scored.frequency_score,
    scored.monetary_score,
    scored.profit_score,
    cast(count(*) as int) as customers
from {{ ref('fct_scored_reviews') }} as scored
inner join {{ ref('int_reviews') }} as reviews on scored.review_date = reviews.review_date
where reviews.is_last and scored.frequency >= 1
group by scored.review_date, scored.recency_score, scored.frequency_score, scored.monetary_score, scored.profit_score
