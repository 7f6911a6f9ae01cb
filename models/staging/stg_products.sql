-- Grain: one row per raw row of products: typed, and what became of it (outcome, outcome_reason).
with typed as (
    {{ typed_rows('products') }}
),

placed as (
    select
        *,
        cast(null as date) as effective_on,
        cast(null as string) as quarantine_reason,
        cast(null as string) as repair_reason
    from typed
),

{{ judged_rows('products') }}
