-- Grain: one row per raw row of interactions: typed, and what became of it (outcome, outcome_reason).
{% call(rows) judged_rows('interactions') %}
    select
        *,
        {{ business_date('occurred_at') }} as effective_on,
        case when {{ is_future_dated('occurred_at', 'loaded_at') }} then 'future_dated' end as quarantine_reason,
        cast(null as string) as repair_reason
    from {{ rows }}
{% endcall %}
