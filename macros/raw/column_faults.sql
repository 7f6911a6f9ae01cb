{#
    What can be wrong with a typed column, in the order in which reasons are given: a list of dicts
    kind (missing_key, missing, unparseable, unknown, out_of_range), condition (SQL over typed_rows) and quarantines.
#}
{% macro column_faults(column) %}
    {%- set name, raw, faults = column.name, 'raw_' ~ column.name, [] -%}
    {%- if column.required -%}
        {%- do faults.append({'kind': 'missing_key' if column.key else 'missing_' ~ name, 'condition': raw ~ ' is null', 'quarantines': true}) -%}
    {%- endif -%}
    {%- set unread = '(' ~ name ~ ' is null and ' ~ raw ~ ' is not null)' -%}
    {%- if column.type in decimal_types() or column.type == 'integer' -%}
        {%- set too_great = 'true' if column.is_native
            else is_matched(raw, number_pattern() if column.type != 'integer' else whole_number_pattern()) -%}
        {%- do faults.append({'kind': 'unparseable_' ~ name, 'condition': unread ~ ' and not ' ~ too_great, 'quarantines': column.quarantines}) -%}
        {%- set beyond = [unread ~ ' and ' ~ too_great] -%}
        {%- if column.more_than is defined -%}{%- do beyond.append(name ~ ' <= ' ~ column.more_than) -%}{%- endif -%}
        {%- if column.at_least is defined -%}{%- do beyond.append(name ~ ' < ' ~ column.at_least) -%}{%- endif -%}
        {%- if column.at_most is defined -%}{%- do beyond.append(name ~ ' > ' ~ column.at_most) -%}{%- endif -%}
        {%- do faults.append({'kind': 'out_of_range_' ~ name, 'condition': beyond | join(' or '), 'quarantines': column.quarantines}) -%}
    {%- elif column.type in ['timestamp', 'date', 'boolean'] -%}
        {%- do faults.append({'kind': 'unparseable_' ~ name, 'condition': unread, 'quarantines': column.quarantines}) -%}
    {%- elif column.type == 'listed' -%}
        {%- do faults.append({'kind': 'unknown_' ~ name, 'condition': name ~ ' not in (' ~ listed_values(column) ~ ')', 'quarantines': column.quarantines and not column.otherwise}) -%}
    {%- endif -%}
    {{ return(faults) }}
{% endmacro %}

{# The values a listed column may take, as SQL literals: from its meta, or from a rule seed. #}
{% macro listed_values(column) %}
    {%- set values = column.get('values') or rule_rows(column.values_from) | map(attribute=column.name) | list -%}
    {%- set literals = [] -%}
    {%- for value in values -%}{%- do literals.append(quoted(value)) -%}{%- endfor -%}
    {{ return(literals | join(', ')) }}
{% endmacro %}
