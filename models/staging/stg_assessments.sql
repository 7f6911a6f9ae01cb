-- Grain: one row per raw row of assessments: typed, and what became of it (outcome, outcome_reason).
{% call(rows) judged_rows('assessments') %}
    select
        *,
        assessed_on as effective_on,
        cast(null as string) as quarantine_reason,
        cast(null as string) as repair_reason
    from {{ rows }}
{% endcall %}
