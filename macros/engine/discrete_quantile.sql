{#
    Of the discrete quantiles of a group's values, none of them null, the one of this number, counted from 1; that of p is the ⌈n·p⌉-th smallest, n·p exact.
    All are asked for together, each as the same expression: so an engine looks at the values once.
#}
{% macro discrete_quantile(value, ps, number) %}{{ return(adapter.dispatch('discrete_quantile')(value, ps, number)) }}{% endmacro %}

{% macro default__discrete_quantile(value, ps, number) %}list_extract(quantile_disc({{ value }}, [{{ ps | join(', ') }}]), {{ number }}){% endmacro %}

{# Spark's own percentile_disc reckons n·p as a double and gives a double. #}
{% macro spark__discrete_quantile(value, ps, number) -%}
element_at(array_sort(collect_list({{ value }})), cast(greatest(ceil({{ ps[number - 1] }} * count(*)), 1) as int))
{%- endmacro %}
