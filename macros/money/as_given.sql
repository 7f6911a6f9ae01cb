{# An amount as it came, to six places, for the ledger: empty counts as 0, what is not a number is null. #}
{% macro as_given(name) -%}
case when raw_{{ name }} is null then 0 when {{ name }} is not null then try_cast(raw_{{ name }} as decimal(18, 6)) when {{ is_matched('cast(raw_' ~ name ~ ' as string)', number_pattern()) }} then try_cast(cast(raw_{{ name }} as string) as decimal(18, 6)) end
{%- endmacro %}
