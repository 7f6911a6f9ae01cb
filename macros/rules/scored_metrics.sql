{# What is scored → the metric behind the score. Of recency_days fewer are better, of the others more. #}
{% macro scored_metrics() %}
    {{- return({'recency': 'recency_days', 'frequency': 'frequency', 'monetary': 'monetary', 'profit': 'net_profit'}) -}}
{% endmacro %}
