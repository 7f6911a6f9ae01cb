-- Grain: one row per raw row of exchange_rates: typed, and what became of it (outcome, outcome_reason).
-- A rule table with a mistake stops the build here, before anything is made of the raw rows.
-- depends_on: {{ ref('tiers') }}, {{ ref('tier_rules') }}, {{ ref('class_rules') }}, {{ ref('score_methods') }}, {{ ref('metrics') }}
{% call(rows) judged_rows('exchange_rates') %}
    select
        *,
        cast(null as date) as effective_on,
        cast(null as string) as quarantine_reason,
        cast(null as string) as repair_reason
    from {{ rows }}
{% endcall %}
