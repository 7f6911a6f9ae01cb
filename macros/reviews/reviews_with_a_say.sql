{#
    Rows of fct_tier_reviews before the first review to be made that it still depends on: the held tier of the last one,
    and keep of as many as the grace reaches back.
#}
{% macro reviews_with_a_say() %}
        select earlier.customer_id, earlier.review_date, earlier.keep_rank, case when recent.is_latest then earlier.held_rank end as start_rank
        from {{ this }} as earlier
        inner join (
            select reviews.review_date, row_number() over (order by reviews.review_date desc) = 1 as is_latest
            from {{ ref('int_reviews') }} as reviews
            cross join {{ ref('int_recompute') }} as recompute
            where reviews.review_date < recompute.recompute_from
            order by reviews.review_date desc
            limit {{ [var('tier_grace_reviews') | int, 1] | max }}
        ) as recent on earlier.review_date = recent.review_date
{% endmacro %}
