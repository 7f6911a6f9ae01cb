{# The wall clock of a time zone at a UTC timestamp. #}
{% macro in_time_zone(utc_timestamp, zone) %}{{ return(adapter.dispatch('in_time_zone')(utc_timestamp, zone)) }}{% endmacro %}

{% macro default__in_time_zone(utc_timestamp, zone) %}timezone('{{ zone }}', timezone('UTC', {{ utc_timestamp }})){% endmacro %}

{% macro spark__in_time_zone(utc_timestamp, zone) %}from_utc_timestamp({{ utc_timestamp }}, '{{ zone }}'){% endmacro %}
