{#
    One row per review and score group with its breakpoints side by side, recency_b1 to profit_b4, so that a question about few reviews reads no others.
    They are whole days, orders or cents, as the metrics are, where a fixed one is not: a metric is beyond either or neither, and 64 bits do.
#}
{% macro breakpoints_by_group() %}
    select
        {%- for metric in scored_metrics() %}{% for number in [1, 2, 3, 4] %}
        {%- set whole = {
            'recency': 'cast(ceil(b' ~ number ~ ') as bigint)',
            'frequency': 'cast(floor(b' ~ number ~ ') as bigint)',
        }.get(metric, 'cast(cast(floor(b' ~ number ~ ' * 100) as decimal(20, 0)) * 0.01 as decimal(18, 2))') %}
        max(case when metric = '{{ metric }}' then {{ whole }} end) as {{ metric }}_b{{ number }},
        {%- endfor %}{% endfor %}
        review_date,
        score_group
    from {{ ref('fct_score_breakpoints') }}
    group by review_date, score_group
{% endmacro %}
