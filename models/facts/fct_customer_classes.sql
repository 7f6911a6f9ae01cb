-- Grain: one row per graded customer, review and scheme in which they have a class. A view: classes of the past are worked out when asked for.
{{ config(materialized='view') }}

with reviews as (
    select *
    from {{ with_metrics(ref('fct_scored_reviews'), rule_rows('class_rules') | map(attribute='metric') | list + [var('abc_metric')], ref('int_reviews')) }}
)

{{ class_rows('reviews') }}
