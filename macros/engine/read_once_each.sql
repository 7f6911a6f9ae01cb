{# Put behind `as` of a CTE that is read more than once: the engine must stream it each time, not keep tens of millions of rows in memory. #}
{% macro read_once_each() %}{{ return(adapter.dispatch('read_once_each')()) }}{% endmacro %}

{% macro default__read_once_each() %}not materialized{% endmacro %}

{% macro spark__read_once_each() %}{% endmacro %}
