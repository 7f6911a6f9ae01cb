{# The score of a metric: 0 without a purchase in the window, 3 without breakpoints, else 1 and one more for each breakpoint exceeded. #}
{% macro score(column, metric, exceeds='>') -%}
    case
        when facts.frequency = 0 then 0
        when breakpoints.{{ metric }}_b1 is null then 3
        else 1
            {%- for number in [1, 2, 3, 4] %} + cast({{ column }} {{ exceeds }} breakpoints.{{ metric }}_b{{ number }} as int){% endfor %}
    end
{%- endmacro %}
