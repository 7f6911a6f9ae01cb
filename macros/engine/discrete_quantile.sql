{# The discrete quantile of a group's values, none of them null: the ⌈n·p⌉-th smallest, n·p exact. #}
{% macro discrete_quantile(value, p) %}{{ return(adapter.dispatch('discrete_quantile')(value, p)) }}{% endmacro %}

{% macro default__discrete_quantile(value, p) %}percentile_disc({{ p }}) within group (order by {{ value }}){% endmacro %}

{# Spark's own percentile_disc reckons n·p as a double and gives a double. #}
{% macro spark__discrete_quantile(value, p) -%}
element_at(array_sort(collect_list({{ value }})), cast(greatest(ceil({{ p }} * count(*)), 1) as int))
{%- endmacro %}
