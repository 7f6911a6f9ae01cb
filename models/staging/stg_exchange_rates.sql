-- Grain: one row per raw row of exchange_rates: typed, and what became of it (outcome, outcome_reason).
with typed as (
    {{ typed_rows('exchange_rates') }}
),

placed as (
    select
        *,
        cast(null as date) as effective_on,
        cast(null as string) as quarantine_reason,
        cast(null as string) as repair_reason
    from typed
),

{{ judged_rows('exchange_rates') }}
