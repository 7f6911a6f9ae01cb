{#
    The reviews of the last complete build with their fingerprints (int_built_reviews); none if there was no such build,
    it is to be forgotten (--full-refresh), or a table it filled is gone, or its own was made by code that knew other fingerprints.
    Not a ref: that build came before this one.
#}
{% macro reviews_as_built() %}
    {%- set columns = ['review_date', 'is_closed', 'data_fingerprint', 'rules_fingerprint', 'settings_fingerprint'] -%}
    {%- set found = {} -%}
    {%- if execute and review_table() == 'incremental' and not flags.FULL_REFRESH -%}
        {%- for name in ['int_built_reviews', 'fct_customer_reviews', 'fct_score_breakpoints', 'fct_held_tiers', 'tier_migration'] -%}
            {%- do found.update({name: adapter.get_relation(this.database, this.schema, name)}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set is_complete = found and none not in found.values()
        and not columns | reject('in', adapter.get_columns_in_relation(found.int_built_reviews) | map(attribute='name') | list) | list -%}
    select {{ columns | join(', ') }}
    {%- if is_complete %}
    from {{ found.int_built_reviews }}
    {%- else %}
    from {{ ref('int_review_fingerprints') }}
    where false
    {%- endif %}
{% endmacro %}
