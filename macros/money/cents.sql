{# An amount of money in whole cents. DuckDB multiplies 18 digits in 64 bits and stops at what does not fit, from 10^14 on; 128 bits take thirty times as long. #}
{% macro cents(amount) -%}
case
        when {{ amount }} between -99999999999999 and 99999999999999 then cast({{ amount }} * 100 as bigint)
        else cast(cast({{ amount }} as decimal(20, 2)) * 100 as bigint)
    end
{%- endmacro %}
