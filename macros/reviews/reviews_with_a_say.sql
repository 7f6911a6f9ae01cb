{# Rows of this table of reviews that the first review to be made still depends on. #}
{% macro reviews_with_a_say() %}
        select earlier.customer_id, reviews.review_number, earlier.earned_rank, earlier.keep_rank, earlier.held_rank
        from {{ this }} as earlier
        inner join {{ ref('int_reviews') }} as reviews on earlier.review_date = reviews.review_date
        inner join (
            select min(reviews.review_number) as review_number
            from {{ ref('int_reviews') }} as reviews
            cross join {{ ref('int_recompute') }} as recompute
            where reviews.review_date >= recompute.recompute_from
        ) as first_made
            on
                reviews.review_number < first_made.review_number
                and reviews.review_number >= first_made.review_number - {{ reviews_looked_back() }}
{% endmacro %}
