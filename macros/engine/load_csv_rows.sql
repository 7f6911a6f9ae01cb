{#
    How dbt fills a seed on Spark: dbt-spark binds an empty cell as the text None and stops at an apostrophe.
    Here an empty cell is null and every other one is quoted.
#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model.config.column_types -%}
    {%- for batch in agate_table.rows | batch(get_batch_size()) -%}
        {%- set rows = [] -%}
        {%- for row in batch -%}
            {%- set cells = [] -%}
            {%- for cell in row -%}
                {%- set type = types.get(agate_table.column_names[loop.index0], adapter.convert_type(agate_table, loop.index0)) -%}
                {%- do cells.append('cast(' ~ ('null' if cell is none else quoted(cell)) ~ ' as ' ~ type ~ ')') -%}
            {%- endfor -%}
            {%- do rows.append('(' ~ cells | join(', ') ~ ')') -%}
        {%- endfor -%}
        {%- do adapter.add_query('insert into ' ~ this ~ ' values ' ~ rows | join(', '), abridge_sql_log=true) -%}
    {%- endfor -%}
{% endmacro %}
