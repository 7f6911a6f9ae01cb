{# The typed value of raw_<column>; null where it does not parse or does not fit, never an error (column_faults tells which). #}
{% macro parsed(column) %}
    {%- set raw = 'raw_' ~ column.name -%}
    {%- if column.type in ['timestamp', 'date'] -%}
        {%- set moment = 'cast(' ~ raw ~ ' as timestamp)' if column.is_native
            else to_utc('case when ' ~ is_matched(raw, iso_8601_pattern()) ~ ' then ' ~ raw ~ ' end') -%}
        {{ return("cast(case when " ~ moment ~ " between timestamp '0001-01-01 00:00:00' and timestamp '9999-12-31 23:59:59.999999' then " ~ moment ~ ' end as ' ~ column.type ~ ')') }}
    {%- elif column.type in decimal_types() -%}
        {{ return('try_cast(' ~ as_number(column) ~ ' as ' ~ decimal_types()[column.type] ~ ')') }}
    {%- elif column.type == 'integer' -%}
        {%- set number = raw if column.is_native else 'try_cast(' ~ as_number(column) ~ ' as decimal(37, 18))' -%}
        {{ return('case when ' ~ number ~ ' = floor(' ~ number ~ ') then try_cast(' ~ number ~ ' as bigint) end') }}
    {%- elif column.type == 'boolean' -%}
        {{ return("case when lower(" ~ raw ~ ") in ('true', 't', 'yes', 'y', '1') then true when lower(" ~ raw ~ ") in ('false', 'f', 'no', 'n', '0') then false end") }}
    {%- elif column.type == 'listed' -%}
        {{ return(translated(column)) }}
    {%- endif -%}
    {{ return(raw) }}
{% endmacro %}

{# The raw value if it is a number, ready for a cast; text that only an engine's own cast would take ('1_000', 'inf') is null. #}
{% macro as_number(column) %}
    {%- set raw = 'raw_' ~ column.name -%}
    {{ return(raw if column.is_native else 'case when ' ~ is_matched(raw, number_pattern()) ~ ' then trim(' ~ raw ~ ') end') }}
{% endmacro %}

{% macro decimal_types() %}
    {{ return({'quantity': 'decimal(10, 3)', 'amount': 'decimal(14, 4)', 'rate': 'decimal(12, 6)', 'score': 'decimal(10, 4)'}) }}
{% endmacro %}

{% macro number_pattern() %}{{ return(' *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})? *') }}{% endmacro %}

{# A number without a fraction, or too great to have one. #}
{% macro whole_number_pattern() %}{{ return(' *[+-]?([0-9]+[.]?0*|[0-9]+[.]?[0-9]*[eE][+]?[0-9]{2,3}) *') }}{% endmacro %}

{# YYYY-MM-DD, then perhaps a time of day, then perhaps Z or an offset. #}
{% macro iso_8601_pattern() %}
    {{ return('[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?)?') }}
{% endmacro %}
