{#
    A relation of reviews (fct_customer_reviews or what is made of it) as it is, or with the columns of fct_customer_patterns that are among
    these metrics beside it. Patterns of every review are dear, and few rules ask for any: who asks for none does not pay for them.
    Who looks at few customers or reviews names a relation of the patterns of these alone.
#}
{% macro with_patterns(reviews, metrics, of_few=none) -%}
    {%- set patterns, asked_for = of_few or ref('fct_customer_patterns'), [] -%}  {# named here because dbt looks for refs before it knows the rules #}
    {%- for metric in pattern_metrics() if metric in metrics -%}{%- do asked_for.append(metric) -%}{%- endfor -%}
    {%- if not asked_for -%}{{ reviews }}
    {%- else -%}
    (
        select reviews.*, {{ pattern_columns('patterns', asked_for) }}
        from {{ reviews }} as reviews
        left join {{ patterns }} as patterns on reviews.customer_id = patterns.customer_id and reviews.review_date = patterns.review_date
    )
    {%- endif -%}
{%- endmacro %}

{# The columns of fct_customer_patterns that rules may use. #}
{% macro pattern_metrics() %}
    {{- return(['promotion_share', 'flagship_share', 'categories', 'average_interval_days', 'recency_intervals', 'frequency_trend', 'monetary_trend']) -}}
{% endmacro %}

{# These metrics as columns of a relation that has no row for whoever never bought. #}
{% macro pattern_columns(patterns, metrics) -%}
    {%- for metric in metrics -%}
    {{ 'coalesce(' ~ patterns ~ '.categories, 0) as categories' if metric == 'categories' else patterns ~ '.' ~ metric }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
