{# A set-returning expression for a select list: every date from start to finish, both included; none if finish is before start. #}
{% macro each_day(start, finish) %}{{ return(adapter.dispatch('each_day')(start, finish)) }}{% endmacro %}

{% macro default__each_day(start, finish) %}cast(unnest(generate_series(cast({{ start }} as timestamp), cast({{ finish }} as timestamp), interval 1 day)) as date){% endmacro %}

{% macro spark__each_day(start, finish) %}explode(case when {{ start }} <= {{ finish }} then sequence({{ start }}, {{ finish }}, interval 1 day) end){% endmacro %}
