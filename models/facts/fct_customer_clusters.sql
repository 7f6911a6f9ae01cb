-- Grain: one row per buyer of the last review: the cluster of customers with like scores that they belong to.
select
    customers.customer_id,
    customers.review_date as as_of_date,
    clusters.cluster
from {{ ref('fct_current_metrics') }} as customers
inner join {{ ref('int_cell_clusters') }} as clusters
    on
        customers.recency_score = clusters.recency_score
        and customers.frequency_score = clusters.frequency_score
        and customers.monetary_score = clusters.monetary_score
        and customers.profit_score = clusters.profit_score
where customers.frequency >= 1
