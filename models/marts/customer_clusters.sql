-- Grain: one row per cluster of the buyers of the last review, in words and figures.
-- depends_on: {{ ref('cluster_words') }}
{%- set scores = ['recency_score', 'frequency_score', 'monetary_score', 'profit_score'] %}
with centroids as (
    select
        customers.as_of_date,
        customers.cluster,
        cast(count(*) as int) as customers,
        {%- for score in scores %}
        {{ ratio('sum(metrics.' ~ score ~ ')', 'count(*)') }} as {{ score }},
        {%- endfor %}
        {{ sum_money('metrics.monetary') }} as monetary,
        {{ sum_money('metrics.net_profit') }} as net_profit
    from {{ ref('fct_customer_clusters') }} as customers
    inner join {{ ref('fct_current_metrics') }} as metrics on customers.customer_id = metrics.customer_id
    group by customers.as_of_date, customers.cluster
),

found as (
    select distinct cluster, k, silhouette
    from {{ ref('int_cell_clusters') }}
)

select
    centroids.as_of_date,
    centroids.cluster,
    centroids.customers,
    {%- for score in scores %}
    centroids.{{ score }},
    {%- endfor %}
    centroids.monetary,
    centroids.net_profit,
    concat_ws(', '{% for score in scores %}, {{ mean_score_in_words(score, 'en') }}{% endfor %}) as description_en,
    concat_ws('，'{% for score in scores %}, {{ mean_score_in_words(score, 'zh') }}{% endfor %}) as description_zh,
    found.k,
    found.silhouette
from centroids
inner join found on centroids.cluster = found.cluster
