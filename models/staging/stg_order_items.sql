-- Grain: one row per raw row of order_items: typed, with the day, currency and rate of its order, and what became of it (outcome, outcome_reason).
-- The order's columns are carried so that tens of millions of lines are joined to their orders once.
with typed as (
    {{ typed_rows('order_items') }}
),

orders as (
    select order_id, effective_on, status as order_status, currency, rate_to_reporting
    from {{ ref('stg_orders') }}
    where outcome = 'current'
),

placed as (
    select
        typed.*,
        orders.effective_on,
        orders.order_status,
        orders.currency,
        orders.rate_to_reporting,
        {{ as_given('quantity') }} * {{ as_given('unit_price') }} - {{ as_given('discount_amount') }} as amount_given,
        case when orders.order_id is null then 'orphan' end as quarantine_reason,
        cast(null as string) as repair_reason
    from typed
    left join orders on typed.order_id = orders.order_id
),

{{ judged_rows('order_items', carried=['order_status', 'currency', 'rate_to_reporting', 'amount_given']) }}
