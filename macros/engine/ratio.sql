{# numerator ÷ denominator to 4 places, half away from zero, exactly; both are whole numbers, the denominator greater than 0. Null if it is more than the type holds. #}
{% macro ratio(numerator, denominator, type='decimal(14, 4)') %}{{ return(adapter.dispatch('ratio')(numerator, denominator, type)) }}{% endmacro %}

{#
    `/` on decimals is a double here; division of whole numbers is exact: floor((20000 n + d) ÷ 2 d) rounds half up.
    128 bits take twenty times as long as the 64 in which 20000 times 4 × 10^14 has room.
#}
{% macro default__ratio(numerator, denominator, type) -%}
case
        when try_cast({{ numerator }} as bigint) between -400000000000000 and 400000000000000 and try_cast({{ denominator }} as bigint) <= 400000000000000
            then {{ rounded_ratio(numerator, denominator, 'bigint', type) }}
        else {{ rounded_ratio(numerator, denominator, 'hugeint', type) }}
    end
{%- endmacro %}

{% macro rounded_ratio(numerator, denominator, whole_number, type) -%}
try_cast(try_cast(sign({{ numerator }}) * ((20000 * abs(cast({{ numerator }} as {{ whole_number }})) + cast({{ denominator }} as {{ whole_number }})) // (2 * cast({{ denominator }} as {{ whole_number }}))) as decimal(18, 0)) * 0.0001 as {{ type }})
{%- endmacro %}

{% macro spark__ratio(numerator, denominator, type) -%}
try_cast(if({{ numerator }} < 0, -1, 1) * ((20000 * abs(cast({{ numerator }} as decimal(24, 0))) + {{ denominator }}) div (2 * cast({{ denominator }} as decimal(24, 0)))) / cast(10000 as decimal(5, 0)) as {{ type }})
{%- endmacro %}
