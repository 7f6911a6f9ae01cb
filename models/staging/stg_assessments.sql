-- Grain: one row per raw row of assessments: typed, and what became of it (outcome, outcome_reason).
with typed as (
    {{ typed_rows('assessments') }}
),

placed as (
    select
        *,
        assessed_on as effective_on,
        cast(null as string) as quarantine_reason,
        cast(null as string) as repair_reason
    from typed
),

{{ judged_rows('assessments') }}
