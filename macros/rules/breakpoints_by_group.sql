{# One row per review and score group with its breakpoints side by side, recency_b1 to profit_b4, so that a question about few reviews reads no others. #}
{% macro breakpoints_by_group() %}
    select
        {%- for metric in scored_metrics() %}{% for number in [1, 2, 3, 4] %}
        max(case when metric = '{{ metric }}' then b{{ number }} end) as {{ metric }}_b{{ number }},
        {%- endfor %}{% endfor %}
        review_date,
        score_group
    from {{ ref('fct_score_breakpoints') }}
    group by review_date, score_group
{% endmacro %}
