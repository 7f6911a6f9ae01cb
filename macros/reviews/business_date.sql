{# The date of a UTC timestamp in the business time zone. #}
{% macro business_date(utc_timestamp) -%}
    {%- if var('business_timezone') == 'UTC' -%}cast({{ utc_timestamp }} as date)
    {%- else -%}cast({{ in_time_zone(utc_timestamp, var('business_timezone')) }} as date)
    {%- endif -%}
{%- endmacro %}
