-- Grain: one row per customer of the last review and scheme in which they have a class.
with reviews as (
    select scored.*
    from {{ ref('fct_scored_reviews') }} as scored
    inner join {{ ref('int_reviews') }} as reviews on scored.review_date = reviews.review_date
    where reviews.is_last
)

{{ class_rows('reviews') }}
