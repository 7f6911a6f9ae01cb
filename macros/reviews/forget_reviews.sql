{#
    As a hook: removes the reviews from recompute_from on from a table of reviews, if there is one, and any that is no
    review now: what a killed run left behind, nobody remembers but the table itself.
    int_recompute forgets that they were built before any of them is touched, so that a killed run makes them again.
#}
{% macro forget_reviews(table_name) %}
    {%- set table = adapter.get_relation(this.database, this.schema, table_name) if execute and review_table() == 'incremental' -%}
    {%- if table and not (table_name == this.identifier and should_full_refresh()) -%}
    delete from {{ table }}
    where
        review_date >= (select recompute_from from {{ this.incorporate(path={'identifier': 'int_recompute'}) }})
        or review_date not in (select review_date from {{ this.incorporate(path={'identifier': 'int_reviews'}) }})
    {%- else -%}
    select 1
    {%- endif -%}
{% endmacro %}
