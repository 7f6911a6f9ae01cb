{# An exact amount rounded once to cents, half away from zero; null from a million million on (see is_beyond_reckoning), so that sums have room. #}
{% macro to_money(amount) %}try_cast(round({{ amount }}, 2) as decimal(14, 2)){% endmacro %}

{#
    An exact amount of up to seven places times a rate, rounded once. The rate 1 of the reporting currency is not multiplied,
    and what then fits into 64 bits is rounded there: rounding 128 bits takes ten times as long.
    DuckDB multiplies two decimals of 18 digits or fewer in 64 bits and stops at what does not fit: one factor must be wider.
#}
{% macro in_reporting_currency(amount, rate) -%}
case
        when {{ rate }} = 1 then coalesce(cast(round(try_cast({{ amount }} as decimal(18, 7)), 2) as decimal(18, 2)), {{ to_money(amount) }})
        else {{ to_money('cast(' ~ rate ~ ' as decimal(20, 6)) * (' ~ amount ~ ')') }}
    end
{%- endmacro %}

{# A sum of money, back in the type of money: sum() widens. #}
{% macro sum_money(amount) %}cast(coalesce(sum({{ amount }}), 0) as decimal(18, 2)){% endmacro %}
