{# An amount of money in whole cents. Widened first: DuckDB multiplies decimals of up to 18 digits in 64 bits and stops from 10^14 on. #}
{% macro cents(amount) %}cast(cast({{ amount }} as decimal(20, 2)) * 100 as bigint){% endmacro %}
