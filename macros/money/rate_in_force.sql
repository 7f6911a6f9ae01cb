{# The rate to the reporting currency: 1 for that currency itself, else what left_join_rates found; null if there is none yet. #}
{% macro rate_in_force(currency, rate) -%}
case when {{ currency }} = {{ quoted(var('reporting_currency')) }} then cast(1 as decimal(12, 6)) else {{ rate }} end
{%- endmacro %}

{# Joins stg_daily_rates as `rates`: the row of a currency in force on a day. #}
{% macro left_join_rates(currency, day) -%}
left join (select max(last_day) as last_day from {{ ref('stg_daily_rates') }}) as last_rates
        on true
    left join {{ ref('stg_daily_rates') }} as rates
        on {{ currency }} = rates.currency and least({{ day }}, last_rates.last_day) = rates.rate_day
{%- endmacro %}
