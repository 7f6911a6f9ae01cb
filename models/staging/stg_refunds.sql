-- Grain: one row per raw row of refunds: typed, with the rate of its own day, and what became of it (outcome, outcome_reason).
with typed as (
    {{ typed_rows('refunds') }}
),

orders as (
    select order_id, effective_on as ordered_on, currency
    from {{ ref('stg_orders') }}
    where outcome = 'current'
),

dated as (
    select
        typed.*,
        {{ business_date('refunded_at') }} as refunded_on,
        orders.order_id is null as is_orphan,
        orders.ordered_on,
        orders.currency
    from typed
    left join orders on typed.order_id = orders.order_id
),

placed as (
    select
        dated.*,
        greatest(refunded_on, ordered_on) as effective_on,
        {{ rate_in_force('dated.currency', 'rates.rate_to_reporting') }} as rate_to_reporting,
        {{ as_given('refund_amount') }} as amount_given,
        case
            when is_orphan then 'orphan'
            when {{ rate_in_force('dated.currency', 'rates.rate_to_reporting') }} is null then 'missing_exchange_rate'
            when {{ is_future_dated('refunded_at') }} then 'future_dated'
        end as quarantine_reason,
        cast(null as string) as repair_reason
    from dated
    {{ left_join_rates('dated.currency', 'dated.refunded_on') }}
),

{{ judged_rows('refunds', carried=['refunded_on', 'currency', 'rate_to_reporting', 'amount_given']) }}
