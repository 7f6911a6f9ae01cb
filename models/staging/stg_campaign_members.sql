-- Grain: one row per raw row of campaign_members: typed, and what became of it (outcome, outcome_reason).
{% call(rows) judged_rows('campaign_members') %}
    select
        *,
        {{ business_date('assigned_at') }} as effective_on,
        cast(null as string) as quarantine_reason,
        cast(null as string) as repair_reason
    from {{ rows }}
{% endcall %}
