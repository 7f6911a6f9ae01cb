-- Grain: one row per raw row of refunds: typed, with the rate of its own day, and what became of it (outcome, outcome_reason).
-- A refund is visible from its own date, but not before its order is.
{% call(rows) judged_rows('refunds', carried=['refunded_on', 'currency', 'rate_to_reporting', 'amount_given']) %}
    select
        refunds.*,
        greatest(refunds.refunded_on, orders.effective_on) as effective_on,
        orders.currency,
        {{ rate_in_force('orders.currency', 'rates.rate_to_reporting') }} as rate_to_reporting,
        {{ as_given('refund_amount') }} as amount_given,
        case
            when {{ is_beyond_reckoning(['refunds.refund_amount', rate_in_force('orders.currency', 'rates.rate_to_reporting')]) }} then 'out_of_range_refund_amount'
            when orders.order_id is null then 'orphan'
            when {{ rate_in_force('orders.currency', 'rates.rate_to_reporting') }} is null then 'missing_exchange_rate'
            when {{ is_future_dated('refunds.refunded_at', 'refunds.loaded_at') }} then 'future_dated'
        end as quarantine_reason,
        cast(null as string) as repair_reason
    from (select *, {{ business_date('refunded_at') }} as refunded_on from {{ rows }}) as refunds
    left join {{ ref('stg_orders') }} as orders on refunds.order_id = orders.order_id and orders.outcome = 'current'
    {{ left_join_rates('orders.currency', 'refunds.refunded_on') }}
{% endcall %}
