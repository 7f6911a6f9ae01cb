-- Grain: one row per raw row of interactions: typed, and what became of it (outcome, outcome_reason).
with typed as (
    {{ typed_rows('interactions') }}
),

placed as (
    select
        *,
        {{ business_date('occurred_at') }} as effective_on,
        case when {{ is_future_dated('occurred_at') }} then 'future_dated' end as quarantine_reason,
        cast(null as string) as repair_reason
    from typed
),

{{ judged_rows('interactions') }}
