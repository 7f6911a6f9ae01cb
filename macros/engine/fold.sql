{# What becomes of `start` when `step`, an expression of `so_far` and `value`, of the type of `start`, is applied with each value of an array in turn. #}
{% macro fold(array, start, step) %}{{ return(adapter.dispatch('fold')(array, start, step)) }}{% endmacro %}

{% macro default__fold(array, start, step) %}list_reduce({{ array }}, lambda so_far, value: {{ step }}, {{ start }}){% endmacro %}

{% macro spark__fold(array, start, step) %}aggregate({{ array }}, {{ start }}, (so_far, value) -> {{ step }}){% endmacro %}
