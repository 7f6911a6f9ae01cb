{# A value as a string literal, safe whatever it holds. #}
{% macro quoted(value) %}{{ return(adapter.dispatch('quoted')(value | string)) }}{% endmacro %}

{% macro default__quoted(value) %}'{{ value | replace("'", "''") }}'{% endmacro %}

{% macro spark__quoted(value) %}'{{ value | replace("\\", "\\\\") | replace("'", "\\'") }}'{% endmacro %}
