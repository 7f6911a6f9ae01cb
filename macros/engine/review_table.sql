{# The materialization of a table of reviews: incremental where single reviews can be deleted from it and made anew. #}
{% macro review_table() %}{{ return(adapter.dispatch('review_table')()) }}{% endmacro %}

{% macro default__review_table() %}{{ return('incremental') }}{% endmacro %}

{# Parquet tables have no delete: every build makes them whole. #}
{% macro spark__review_table() %}{{ return('table') }}{% endmacro %}
