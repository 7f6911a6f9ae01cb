-- Grain: one row per graded customer, review and scheme in which they have a class. A view: classes of the past are worked out when asked for.
{{ config(materialized='view') }}

with reviews as (
    select *
    from {{ ref('fct_scored_reviews') }}
)

{{ class_rows('reviews') }}
