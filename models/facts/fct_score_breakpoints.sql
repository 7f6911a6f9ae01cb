-- Grain: one row per review, score group with a buyer, and scored metric: the four values that part scores 1 to 5.
{{ config(materialized=review_table(), incremental_strategy='append', pre_hook="{{ forget_reviews(this.identifier) }}") }}

{% set metrics = scored_metrics() %}

with buyers as (
    select facts.review_date, facts.score_group, facts.recency_days, facts.frequency, facts.monetary, facts.net_profit
    from {{ ref('fct_customer_reviews') }} as facts
    cross join {{ ref('int_recompute') }} as recompute
    where facts.frequency >= 1 and facts.review_date >= recompute.recompute_from
),

groups as (
    select
        review_date,
        score_group,
        cast(count(*) as bigint) as population
        {%- for metric, column in metrics.items() %}{% for number in [1, 2, 3, 4] %},
        {{ breakpoint(metric, column, number) }} as {{ metric }}_b{{ number }}
        {%- endfor %}{% endfor %}
    from buyers
    group by review_date, score_group
),

by_metric as (
    {%- for metric in metrics %}
    select review_date, score_group, '{{ metric }}' as metric, {{ metric }}_b1 as b1, {{ metric }}_b2 as b2, {{ metric }}_b3 as b3, {{ metric }}_b4 as b4, population
    from groups
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select by_metric.*, reviews.is_warm_up
from by_metric
inner join {{ ref('int_reviews') }} as reviews on by_metric.review_date = reviews.review_date
