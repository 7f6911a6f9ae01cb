-- Grain: one row per raw row of orders: typed, with the rate of its day, and what became of it (outcome, outcome_reason).
with typed as (
    {{ typed_rows('orders') }}
),

dated as (
    select
        *,
        {{ business_date('ordered_at') }} as effective_on
    from typed
),

placed as (
    select
        dated.*,
        {{ rate_in_force('dated.currency', 'rates.rate_to_reporting') }} as rate_to_reporting,
        case
            when {{ rate_in_force('dated.currency', 'rates.rate_to_reporting') }} is null then 'missing_exchange_rate'
            when {{ is_future_dated('ordered_at') }} then 'future_dated'
        end as quarantine_reason,
        case when customer_id is null then 'missing_customer' end as repair_reason
    from dated
    {{ left_join_rates('dated.currency', 'dated.effective_on') }}
),

{{ judged_rows('orders', carried=['rate_to_reporting']) }}
