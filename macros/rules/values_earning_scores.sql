{#
    Columns recency_for_1 to profit_for_5, from a relation with the columns of breakpoints_by_group: the worst value of the metric with
    which a buyer scores at least so much, in whole days and orders, or in cents; null if none does. Where any purchase does it is
    one order, or a value worse than all there are.
#}
{% macro values_earning_scores() -%}
    {%- set columns = [] -%}
    {%- for metric in scored_metrics() -%}
        {%- set any = {'recency': '1000000', 'frequency': '1'}.get(metric, '-1000000000000000') -%}
        {%- do columns.append('cast(' ~ any ~ ' as decimal(22, 4)) as ' ~ metric ~ '_for_1') -%}
        {%- for least in [2, 3, 4, 5] -%}
            {%- set breakpoint = metric ~ '_b' ~ (least - 1) -%}
            {%- set beyond = {
                'recency': 'when ' ~ breakpoint ~ ' > 0 then ' ~ breakpoint ~ ' - 1',
                'frequency': 'when ' ~ breakpoint ~ ' is not null then ' ~ breakpoint ~ ' + 1',
            }.get(metric, 'when ' ~ breakpoint ~ ' is not null then cast(' ~ breakpoint ~ ' as decimal(20, 2)) + 0.01') -%}
            {%- set too_few = 'when ' ~ metric ~ '_b1 is null then ' ~ any ~ ' ' if least <= 3 else '' -%}
            {%- do columns.append('cast(case ' ~ too_few ~ beyond ~ ' end as decimal(22, 4)) as ' ~ metric ~ '_for_' ~ least) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ columns | join(',\n        ') }}
{%- endmacro %}
