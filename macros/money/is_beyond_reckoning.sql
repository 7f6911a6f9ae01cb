{#
    True from a million million on, null where a factor is: a single amount of that size is an error of entry, and would not fit the sums to come.
    The amount is SQL over typed columns; doubles do for a limit, and cannot overflow.
#}
{% macro is_beyond_reckoning(factors) -%}
abs({% for factor in factors %}cast({{ factor }} as double){{ ' * ' if not loop.last }}{% endfor %}) >= 1e12
{%- endmacro %}
