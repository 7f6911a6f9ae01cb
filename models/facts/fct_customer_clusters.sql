-- Grain: one row per buyer of the last review: the cluster of customers with like scores that they belong to.
select
    scored.customer_id,
    scored.review_date as as_of_date,
    clusters.cluster
from {{ ref('fct_scored_reviews') }} as scored
inner join {{ ref('int_reviews') }} as reviews on scored.review_date = reviews.review_date
inner join {{ ref('int_cell_clusters') }} as clusters
    on
        scored.recency_score = clusters.recency_score
        and scored.frequency_score = clusters.frequency_score
        and scored.monetary_score = clusters.monetary_score
        and scored.profit_score = clusters.profit_score
where reviews.is_last
