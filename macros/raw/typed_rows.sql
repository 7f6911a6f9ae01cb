{# A select over a raw table: every declared column as it came (raw_<name>) and typed (<name>), of all rows or only of those whose key is in `repeated_keys`. #}
{% macro typed_rows(table_name, columns, only_repeated=false) %}
        select
            *,
            {%- for column in columns %}
            {{ parsed(column) }} as {{ column.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from ({{ rows_as_they_came(table_name, columns) }}) as as_it_came
        {%- if only_repeated %}
        semi join repeated_keys on {{ key_hash(columns) }} = repeated_keys.key_hash
        {%- endif %}
{% endmacro %}

{# Every declared column of a raw table as it came, as raw_<name>. #}
{% macro rows_as_they_came(table_name, columns) -%}
select
                {%- for column in columns %}
                {{ column.given }} as raw_{{ column.name }}{{ ',' if not loop.last }}
                {%- endfor %}
            from {{ ref('input_' ~ table_name) }}
{%- endmacro %}

{# A hash of the typed key of a row: finding the keys that occur twice by their hash takes half the time; unequal keys with one hash are told apart later. #}
{% macro key_hash(columns) -%}
    {%- set keys = [] -%}
    {%- for column in columns if column.key -%}{%- do keys.append(parsed(column)) -%}{%- endfor -%}
    {{ row_hash(keys) if keys }}
{%- endmacro %}
