{# The rows of a rule seed as dicts, read when the model is compiled; none while dbt parses. The model must depend on the seed. #}
{% macro rule_rows(seed_name, condition='true') %}
    {%- set seed = ref(seed_name) -%}
    {%- set rows = [] -%}
    {%- if execute -%}
        {%- set answer = run_query('select * from ' ~ seed ~ ' where ' ~ condition) -%}
        {%- for row in answer.rows -%}
            {%- do rows.append(dict(zip(answer.column_names, row.values()))) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(rows) }}
{% endmacro %}
