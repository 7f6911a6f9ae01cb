-- Grain: one row per raw row of exchange_rates: typed, and what became of it (outcome, outcome_reason).
{% call(rows) judged_rows('exchange_rates') %}
    select
        *,
        cast(null as date) as effective_on,
        cast(null as string) as quarantine_reason,
        cast(null as string) as repair_reason
    from {{ rows }}
{% endcall %}
