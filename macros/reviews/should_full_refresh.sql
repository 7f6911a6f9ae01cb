{#
    In place of dbt's own macro: whether an incremental model or a seed is made from nothing. So it is, besides when somebody asks for it,
    for a table of reviews of which no review stays: what other code has built may lack a column or have one too many.
#}
{% macro should_full_refresh() %}
    {%- if config.get('full_refresh') is not none -%}{{ return(config.get('full_refresh')) }}{%- endif -%}
    {{ return(flags.FULL_REFRESH or (model.config.materialized == 'incremental' and not keeps_reviews())) }}
{% endmacro %}

{# Whether a review stays as the last complete build has left it. #}
{% macro keeps_reviews() %}
    {%- set reviews, recompute = adapter.get_relation(this.database, this.schema, 'int_reviews'), adapter.get_relation(this.database, this.schema, 'int_recompute') -%}
    {%- if not (execute and reviews and recompute) -%}{{ return(false) }}{%- endif -%}
    {%- set kept -%}
        select count(*)
        from {{ reviews }} as reviews
        cross join {{ recompute }} as recompute
        where recompute.recompute_from is null or reviews.review_date < recompute.recompute_from
    {%- endset -%}
    {{ return(run_query(kept).rows[0][0] > 0) }}
{% endmacro %}
