-- Grain: one row per combination of scores that buyers have at the last review: the cluster it belongs to.
select
    recency_score,
    frequency_score,
    monetary_score,
    profit_score,
    cluster,
    k,
    cast(silhouette as decimal(5, 4)) as silhouette
from find_clusters(table(select * from {{ ref('int_score_cells') }}) with single partition)
