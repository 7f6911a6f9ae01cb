{# The last day of the review period a day lies in. #}
{% macro period_end(day) -%}
    {%- set cadence = var('review_cadence') -%}
    {%- if cadence == 'day' -%}{{ day }}
    {%- elif cadence == 'week' -%}{{ add_days("cast(date_trunc('week', " ~ day ~ ") as date)", 6) }}
    {%- elif cadence == 'month' -%}last_day({{ day }})
    {%- elif cadence == 'quarter' -%}last_day(cast(date_trunc('quarter', {{ day }}) + interval 2 month as date))
    {%- endif -%}
{%- endmacro %}
