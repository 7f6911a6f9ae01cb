{# The value of raw_<column> after the words of seeds/rules/accepted_values.csv. #}
{% macro translated(column) %}
    {%- set raw = 'raw_' ~ column.name -%}
    {%- set words = rule_rows('accepted_values', "table_name = '" ~ column.table_name ~ "' and column_name = '" ~ column.name ~ "' order by raw_value") -%}
    {%- if not words -%}{{ return(raw) }}{%- endif -%}
    {%- set cases = [] -%}
    {%- for word in words -%}{%- do cases.append('when ' ~ quoted(word.raw_value) ~ ' then ' ~ quoted(word.value)) -%}{%- endfor -%}
    {{ return('case ' ~ raw ~ ' ' ~ cases | join(' ') ~ ' else ' ~ raw ~ ' end') }}
{% endmacro %}
