{# A select over a raw table: every declared column as it came (raw_<name>) and typed (<name>). #}
{% macro typed_rows(table_name, only_keys=false) %}
    {%- set columns = [] -%}
    {%- for column in raw_columns(table_name) if column.key or not only_keys -%}
        {%- do columns.append(dict(column, table_name=table_name)) -%}
    {%- endfor -%}
    {%- set input = ref('input_' ~ table_name) -%}
    {%- do rule_rows('accepted_values', 'false') -%}
    select
        *,
        {%- for column in columns %}
        {{ parsed(column) }} as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {%- for column in columns %}
            {{ column.given }} as raw_{{ column.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ input }}
    ) as as_it_came
{% endmacro %}
