{# Element number `position` of an array, counted from 1; null where there is none. #}
{% macro nth(array, position) %}{{ return(adapter.dispatch('nth')(array, position)) }}{% endmacro %}

{% macro default__nth(array, position) %}list_extract({{ array }}, {{ position }}){% endmacro %}

{% macro spark__nth(array, position) %}get({{ array }}, cast({{ position }} as int) - 1){% endmacro %}
