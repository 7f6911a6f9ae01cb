-- Grain: one row per customer of the last review and scheme in which they have a class.
{% set metrics = rule_rows('class_rules') | map(attribute='metric') | list + [var('abc_metric')] %}

with last_review as (
    select review_date
    from {{ ref('int_reviews') }}
    where is_last
),

reviews as (
    select *
    from {{ with_metrics(ref('fct_scored_reviews'), metrics, 'last_review') }}
    where review_date = (select last_review.review_date from last_review)
)

{{ class_rows('reviews') }}
