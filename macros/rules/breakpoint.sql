{#
    Breakpoint b1…b4 of a metric among a group of buyers, in the metric's own unit, as score_methods says: the discrete
    quantile of its goodness (null with too few buyers) or a fixed value. Recency is good when it is short: its sign turns.
#}
{% macro breakpoint(metric, column, number) -%}
    {%- set method = rule_rows('score_methods', "metric = '" ~ metric ~ "'") | first -%}
    {%- set sign = '-' if metric == 'recency' else '' -%}
    {%- if not method -%}null
    {%- elif method.method == 'fixed' -%}cast({{ method['b' ~ number] }} as decimal(22, 4))
    {%- else -%}
    case when count(*) >= {{ var('min_scored_customers') }} then cast({{ sign }}{{ discrete_quantile(sign ~ column, [method.b1, method.b2, method.b3, method.b4], number) }} as decimal(22, 4)) end
    {%- endif -%}
{%- endmacro %}
