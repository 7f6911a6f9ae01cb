{# Whole days from the first date to the second. #}
{% macro days_between(start, finish) %}{{ return(adapter.dispatch('days_between')(start, finish)) }}{% endmacro %}

{% macro default__days_between(start, finish) %}cast({{ finish }} - {{ start }} as int){% endmacro %}

{% macro spark__days_between(start, finish) %}datediff({{ finish }}, {{ start }}){% endmacro %}
