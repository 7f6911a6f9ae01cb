{# A select of every declared column of raw rows, as it came (raw_<name>) and typed (<name>). rows: a relation of them as they came. #}
{% macro typed_rows(columns, rows) %}
        select
            {%- for column in columns %}
            raw_{{ column.name }},
            {%- endfor %}
            {%- for column in columns %}
            {{ parsed(column) }} as {{ column.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ rows }}
{%- endmacro %}

{# Every declared column of a raw table as it came, as raw_<name>. #}
{% macro rows_as_they_came(table_name, columns) -%}
select
                {%- for column in columns %}
                {{ column.given }} as raw_{{ column.name }}{{ ',' if not loop.last }}
                {%- endfor %}
            from {{ ref('input_' ~ table_name) }}
{%- endmacro %}

{# A hash of the typed key of a row: finding the keys that may occur twice by their hash takes half the time; unequal keys with one hash are told apart later. #}
{% macro key_hash(columns) -%}
    {%- set keys = [] -%}
    {%- for column in columns if column.key -%}{%- do keys.append(parsed(column)) -%}{%- endfor -%}
    {{ row_hash(keys) if keys }}
{%- endmacro %}
