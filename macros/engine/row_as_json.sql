{# One JSON text of the given columns, so that a row can be shown as it came. columns: name → expression. #}
{% macro row_as_json(columns) %}{{ return(adapter.dispatch('row_as_json')(columns)) }}{% endmacro %}

{% macro default__row_as_json(columns) -%}
cast(to_json(struct_pack({% for name, value in columns.items() %}{{ name }} := {{ value }}{{ ", " if not loop.last }}{% endfor %})) as string)
{%- endmacro %}

{% macro spark__row_as_json(columns) -%}
to_json(named_struct({% for name, value in columns.items() %}'{{ name }}', {{ value }}{{ ", " if not loop.last }}{% endfor %}), map('ignoreNullFields', 'false'))
{%- endmacro %}
