-- Each row has to name a column with listed values and one of these as its value; a source's word can mean one thing only.
{% set words = [] %}
{% if execute %}
    {% for table_name in raw_table_names() %}
        {% for column in graph.nodes['model.customer_tiers.input_' ~ table_name].columns.values() if column.config.meta.type == 'listed' %}
            {% set values = column.config.meta.get('values') or rule_rows(column.config.meta.values_from) | map(attribute=column.name) | list %}
            {% for value in values %}{% do words.append([table_name, column.name, value]) %}{% endfor %}
        {% endfor %}
    {% endfor %}
{% endif %}
-- depends_on: {{ ref('tiers') }}

with words as (
    {%- for table_name, column_name, value in words %}
    select {{ quoted(table_name) }} as table_name, {{ quoted(column_name) }} as column_name, {{ quoted(value) }} as value
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as string) as table_name, cast(null as string) as column_name, cast(null as string) as value
    {%- endfor %}
),

given as (
    select *, count(*) over (partition by table_name, column_name, raw_value) as meanings
    from {{ ref('accepted_values') }}
)

select
    given.table_name,
    given.column_name,
    given.raw_value,
    given.value
from given
left join words
    on
        given.table_name = words.table_name
        and given.column_name = words.column_name
        and given.value = words.value
where
    words.value is null
    or given.raw_value is null
    or given.meanings > 1
