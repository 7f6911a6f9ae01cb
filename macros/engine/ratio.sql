{# numerator ÷ denominator to 4 places, half away from zero, exactly; both are whole numbers, the denominator greater than 0. Null if it is more than the type holds. #}
{% macro ratio(numerator, denominator, type='decimal(14, 4)') %}{{ return(adapter.dispatch('ratio')(numerator, denominator, type)) }}{% endmacro %}

{# `/` on decimals is a double here; hugeint division is exact: floor((20000 n + d) ÷ 2 d) rounds half up. #}
{% macro default__ratio(numerator, denominator, type) -%}
try_cast(try_cast(sign({{ numerator }}) * ((20000 * abs(cast({{ numerator }} as hugeint)) + {{ denominator }}) // (2 * cast({{ denominator }} as hugeint))) as decimal(18, 0)) / 10000 as {{ type }})
{%- endmacro %}

{% macro spark__ratio(numerator, denominator, type) -%}
try_cast(if({{ numerator }} < 0, -1, 1) * ((20000 * abs(cast({{ numerator }} as decimal(20, 0))) + {{ denominator }}) div (2 * cast({{ denominator }} as decimal(20, 0)))) / cast(10000 as decimal(5, 0)) as {{ type }})
{%- endmacro %}
