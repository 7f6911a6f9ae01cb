{# The relation that holds a raw table: the shipped sample, a table of the raw schema, or no rows where an optional table is absent. #}
{% macro raw_table(table_name) %}
    {%- if var('raw_schema') == '' -%}
        {{ return(ref('sample_' ~ table_name)) }}
    {%- endif -%}
    {%- set relation = source('raw', table_name) -%}
    {%- if not execute -%}{{ return(relation) }}{%- endif -%}
    {%- set found = adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
    {%- if found -%}
        {{ return(found) }}
    {%- elif table_name in ['orders', 'order_items'] -%}
        {{ exceptions.raise_compiler_error("the table " ~ relation.schema ~ "." ~ table_name ~ " is missing: orders and order_items must exist") }}
    {%- endif -%}
    {%- set columns = [] -%}
    {%- for name in graph.nodes['model.customer_tiers.input_' ~ table_name].columns -%}
        {%- do columns.append('cast(null as string) as ' ~ name) -%}
    {%- endfor -%}
    {{ return('(select ' ~ columns | join(', ') ~ ') as absent where false') }}
{% endmacro %}
