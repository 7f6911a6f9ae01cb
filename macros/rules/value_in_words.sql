{# A value of a metric as a reader would write it, in English (en) or Chinese (zh), as arguments of concat: days with their unit, money with cents, other decimals without zeros at their end. #}
{% macro value_in_words(metric, unit, language) %}
    {%- set whole = 'cast(' ~ metric ~ ' as string)' -%}
    {%- set trimmed = "trim(trailing '.' from trim(trailing '0' from cast(cast(" ~ metric ~ ' as decimal(22, 4)) as string)))' -%}
    {%- if unit == 'money' -%}
        {{ return('cast(cast(' ~ metric ~ ' as decimal(18, 2)) as string)') }}
    {%- elif unit == 'days' and language == 'zh' -%}
        {{ return(trimmed ~ ", '天'") }}
    {%- elif unit == 'days' -%}
        {{ return(trimmed ~ ', case when ' ~ metric ~ " = 1 then ' day' else ' days' end") }}
    {%- elif unit in ('score', 'share', 'ratio') and metric.removesuffix('_score') not in scored_metrics() -%}
        {{ return(trimmed) }}
    {%- else -%}
        {{ return(whole) }}
    {%- endif -%}
{% endmacro %}
