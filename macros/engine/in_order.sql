{# The values of a group that are not null, as an ascending array. #}
{% macro in_order(value) %}{{ return(adapter.dispatch('in_order')(value)) }}{% endmacro %}

{% macro default__in_order(value) %}list_sort(list({{ value }}) filter (where {{ value }} is not null)){% endmacro %}

{% macro spark__in_order(value) %}array_sort(collect_list({{ value }})){% endmacro %}
