{# Text known to be ISO 8601 as a timestamp in UTC: an offset is converted, none means UTC; null where there is no such moment (30 February). #}
{% macro to_utc(text) %}{{ return(adapter.dispatch('to_utc')(text)) }}{% endmacro %}

{# Sessions run in UTC, so the last cast only drops the zone. #}
{% macro default__to_utc(text) %}cast(try_cast({{ text }} as timestamptz) as timestamp){% endmacro %}

{# Spark takes an offset only behind seconds. #}
{% macro spark__to_utc(text) %}try_cast(regexp_replace({{ text }}, '^(.{16})([Z+-]|$)', '$1:00$2') as timestamp){% endmacro %}
