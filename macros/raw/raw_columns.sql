{#
    The columns of a raw table as models/input/_input__models.yml declares them, in order. Each is a dict: name, what its
    meta says (type, required, key, values, values_from, otherwise, more_than, at_least, at_most, quarantines), and
    given: the expression that reads it as it came ('' is null, an absent column is null);
    is_native: the column came in the type it has to have, so that there is no text to parse.
#}
{% macro raw_columns(table_name) %}
    {%- set input = ref('input_' ~ table_name) -%}
    {%- set columns = [] -%}
    {%- if execute -%}
        {%- set present = {} -%}
        {%- for column in adapter.get_columns_in_relation(input) -%}
            {%- do present.update({column.name | lower: column.dtype | lower}) -%}
        {%- endfor -%}
        {%- for declared in graph.nodes['model.customer_tiers.input_' ~ table_name].columns.values() -%}
            {%- set column = dict(declared.config.meta, name=declared.name, table_name=table_name) -%}
            {# The rows of a unit test have no catalogue entry: every column is there, as text. #}
            {%- set dtype = present.get(column.name) if present else 'string' -%}
            {%- if dtype is none and column.required -%}
                {{ exceptions.raise_compiler_error(table_name ~ " has no column " ~ column.name ~ ", which is required; models/input/input_" ~ table_name ~ ".sql selects none") }}
            {%- endif -%}
            {%- set native = {'timestamp': 'timestamp|date', 'date': 'timestamp|date', 'integer': 'u?(tiny|small|big|huge)?int'}.get(
                column.type, 'decimal|u?(tiny|small|big|huge)?int' if column.type in decimal_types() else 'no type') -%}
            {%- set is_native = dtype is not none and modules.re.match(native, dtype) is not none -%}
            {%- if dtype is none -%}{%- set given = 'cast(null as string)' -%}
            {%- elif is_native -%}{%- set given = column.name -%}
            {%- else -%}{%- set given = "nullif(cast(" ~ column.name ~ " as string), '')" -%}
            {%- endif -%}
            {%- do column.update({
                'given': given,
                'is_native': is_native,
                'quarantines': column.quarantines or column.required or column.key or column.type in ['amount', 'quantity', 'rate'],
            }) -%}
            {%- do columns.append(column) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{% endmacro %}
