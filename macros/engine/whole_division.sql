{# Whole-number division of values that are not negative. #}
{% macro whole_division(dividend, divisor) %}{{ return(adapter.dispatch('whole_division')(dividend, divisor)) }}{% endmacro %}

{% macro default__whole_division(dividend, divisor) %}({{ dividend }} // {{ divisor }}){% endmacro %}

{% macro spark__whole_division(dividend, divisor) %}({{ dividend }} div {{ divisor }}){% endmacro %}
