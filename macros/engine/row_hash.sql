{# A 64-bit hash of the given expressions; equal rows hash equally, the value is the engine's own. #}
{% macro row_hash(expressions) %}{{ return(adapter.dispatch('row_hash')(expressions)) }}{% endmacro %}

{% macro default__row_hash(expressions) %}hash({{ expressions | join(', ') }}){% endmacro %}

{% macro spark__row_hash(expressions) %}xxhash64({{ expressions | join(', ') }}){% endmacro %}
