{# The last day that is over in the business time zone when dbt starts, as a date literal: a day still running is not judged. #}
{% macro yesterday() -%}
    {%- set now = run_started_at.astimezone(modules.pytz.timezone(var('business_timezone'))) -%}
    date '{{ (now - modules.datetime.timedelta(days=1)).strftime('%Y-%m-%d') }}'
{%- endmacro %}
