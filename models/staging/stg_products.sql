-- Grain: one row per raw row of products: typed, and what became of it (outcome, outcome_reason).
{% call(rows) judged_rows('products') %}
    select
        *,
        cast(null as date) as effective_on,
        cast(null as string) as quarantine_reason,
        cast(null as string) as repair_reason
    from {{ rows }}
{% endcall %}
