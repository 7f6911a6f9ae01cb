{# A date so many days later (earlier, if negative). #}
{% macro add_days(day, days) %}{{ return(adapter.dispatch('add_days')(day, days)) }}{% endmacro %}

{% macro default__add_days(day, days) %}cast({{ day }} + cast({{ days }} as int) as date){% endmacro %}

{% macro spark__add_days(day, days) %}date_add({{ day }}, cast({{ days }} as int)){% endmacro %}
