{#
    The four scores, as columns, of a relation `facts` by a relation `breakpoints` (see breakpoints_by_group):
    0 without a purchase in the window, 3 without breakpoints, else 1 and one more for each breakpoint exceeded.
#}
{% macro scores() -%}
    {%- for metric, column in scored_metrics().items() %}
    case
        when facts.frequency = 0 then 0
        when breakpoints.{{ metric }}_b1 is null then 3
        else 1
            {%- for number in [1, 2, 3, 4] %} + cast(facts.{{ column }} {{ '<' if metric == 'recency' else '>' }} breakpoints.{{ metric }}_b{{ number }} as int){% endfor %}
    end as {{ metric }}_score{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
