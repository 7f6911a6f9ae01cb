{# True where the whole text matches the regular expression. #}
{% macro is_matched(text, pattern) %}{{ return(adapter.dispatch('is_matched')(text, pattern)) }}{% endmacro %}

{% macro default__is_matched(text, pattern) %}regexp_full_match({{ text }}, '{{ pattern }}'){% endmacro %}

{% macro spark__is_matched(text, pattern) %}({{ text }} rlike '^(?:{{ pattern }})\\z'){% endmacro %}
