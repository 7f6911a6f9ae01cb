-- Grain: one row per raw row of tier_overrides: typed, and what became of it (outcome, outcome_reason).
-- depends_on: {{ ref('tiers') }}
{% call(rows) judged_rows('tier_overrides') %}
    select
        *,
        -- the morning after as_of_date is the last day a tier is given for
        {{ add_days('valid_from', -1) }} as effective_on,
        cast(null as string) as quarantine_reason,
        cast(null as string) as repair_reason
    from {{ rows }}
{% endcall %}
