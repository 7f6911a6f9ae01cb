{# The share of net that lies in lines of known cost; null without net. #}
{% macro cost_coverage() -%}
case when net > 0 then {{ ratio(cents('net_of_known_cost'), cents('net'), 'decimal(18, 4)') }} end
{%- endmacro %}
