{#
    The reviews of the last complete build with their fingerprints (int_built_reviews); none if there was no such build,
    it is to be forgotten (--full-refresh), or a table it filled is gone. Not a ref: that build came before this one.
#}
{% macro reviews_as_built() %}
    {%- set complete = [] -%}
    {%- if execute -%}
        {%- for name in ['int_built_reviews', 'fct_customer_reviews', 'fct_score_breakpoints', 'fct_held_tiers', 'tier_migration'] -%}
            {%- do complete.append(adapter.get_relation(this.database, this.schema, name) is not none) -%}
        {%- endfor -%}
    {%- endif -%}
    select review_date, is_closed, data_fingerprint, rules_fingerprint, settings_fingerprint
    {%- if complete and complete | min and not flags.FULL_REFRESH and review_table() == 'incremental' %}
    from {{ this.incorporate(path={'identifier': 'int_built_reviews'}) }}
    {%- else %}
    from {{ ref('int_review_fingerprints') }}
    where false
    {%- endif %}
{% endmacro %}
