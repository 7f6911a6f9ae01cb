-- A superseded row has exactly one current row of its key, and that one was not loaded before it.
{% for table_name in raw_table_names() %}
{% set keys = [] %}
{% if execute %}
    {% for column in graph.nodes['model.customer_tiers.input_' ~ table_name].columns.values() if column.config.meta.key %}{% do keys.append(column.name) %}{% endfor %}
{% endif %}
select '{{ table_name }}' as table_name, count(*) as superseded_rows
from (
    select superseded.outcome
    from (
        select *, row_number() over (order by loaded_at) as row_id
        from {{ ref('stg_' ~ table_name) }}
        where outcome = 'superseded'
    ) as superseded
    left join {{ ref('stg_' ~ table_name) }} as latest
        on
            latest.outcome = 'current'
            {%- for key in keys %}
            and superseded.{{ key }} is not distinct from latest.{{ key }}
            {%- endfor %}
    group by superseded.row_id, superseded.outcome
    having
        count(latest.outcome) <> 1
        or min(coalesce(latest.loaded_at, timestamp '1970-01-01 00:00:00')) < max(coalesce(superseded.loaded_at, timestamp '1970-01-01 00:00:00'))
) as wrong
having count(*) > 0
{{ 'union all' if not loop.last }}
{% endfor %}
