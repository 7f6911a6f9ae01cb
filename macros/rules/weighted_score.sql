{#
    A seed of weights (metric, weight, worst, best; whoever has one adds a column that says which part of the score a row belongs to)
    as SQL, exact to 4 places. Every metric earns points in proportion to where it lies between worst and best; beyond them it earns
    no less and no more. A score is the mean of the points that are known, by weight; a metric that is null has none.
    A model adds the points of all rows as columns (points_of), then takes means (mean_points) and the share that is known (known_share).
#}

{# The rows of a seed of weights, numbered; weight, worst and best as whole numbers of ten-thousandths. #}
{% macro weight_rows(seed_name) %}
    {%- set rows = [] -%}
    {%- for row in rule_rows(seed_name) -%}
        {%- set in_units = {'number': loop.index} -%}
        {%- for column in ['weight', 'worst', 'best'] -%}
            {%- do in_units.update({column: ((row[column] | float) * 10000) | round | int}) -%}
        {%- endfor -%}
        {%- do rows.append(dict(row, **in_units)) -%}
    {%- endfor -%}
    {{ return(rows) }}
{% endmacro %}

{# Columns point_1, point_2 …: what the metric of each row earns, `least` at worst or beyond, `most` at best or beyond; null if it is null. #}
{% macro points_of(rows, least, most) -%}
    {%- for row in rows %}
    {%- set low, high = [row.worst, row.best] | min, [row.worst, row.best] | max %}
    {%- set value = 'cast(cast(' ~ row.metric ~ ' as decimal(38, 4)) * 10000 as decimal(38, 0))' %}
    {%- set from_worst = '(cast(least(greatest(' ~ value ~ ', ' ~ low ~ '), ' ~ high ~ ') as bigint) - ' ~ row.worst ~ ')' %}
    {%- set span = row.best - row.worst %}
    case when {{ row.metric }} is not null then {{ ratio((least * (high - low)) ~ ' + ' ~ ((most - least) * (1 if span > 0 else -1)) ~ ' * ' ~ from_worst, high - low) }} end as point_{{ row.number }}{{ ',' if not loop.last }}
    {%- else %}
    cast(null as decimal(14, 4)) as point_0
    {%- endfor %}
{%- endmacro %}

{# The mean of the points of these rows that are known, by weight; null if none is. #}
{% macro mean_points(rows) -%}
    {%- if rows -%}
    {%- set earned, known = [], [] -%}
    {%- for row in rows -%}
        {%- do earned.append(row.weight ~ ' * coalesce(cast(point_' ~ row.number ~ ' * 10000 as bigint), 0)') -%}
        {%- do known.append('case when point_' ~ row.number ~ ' is null then 0 else ' ~ row.weight ~ ' end') -%}
    {%- endfor -%}
    case when coalesce({{ points_named(rows) }}) is not null then {{ ratio('(' ~ earned | join(' + ') ~ ')', '(10000 * cast(' ~ known | join(' + ') ~ ' as bigint))') }} end
    {%- else -%}
    cast(null as decimal(14, 4))
    {%- endif -%}
{%- endmacro %}

{# The share of the weight of these rows whose points are known, 0 to 1. #}
{% macro known_share(rows) -%}
    {%- if rows -%}
    {%- set known = [] -%}
    {%- for row in rows -%}
        {%- do known.append('case when point_' ~ row.number ~ ' is null then 0 else ' ~ row.weight ~ ' end') -%}
    {%- endfor -%}
    {{ ratio('cast(' ~ known | join(' + ') ~ ' as bigint)', rows | sum(attribute='weight'), 'decimal(5, 4)') }}
    {%- else -%}
    cast(0 as decimal(5, 4))
    {%- endif -%}
{%- endmacro %}

{% macro points_named(rows) -%}
    {%- for row in rows -%}point_{{ row.number }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}
