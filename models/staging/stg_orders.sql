-- Grain: one row per raw row of orders: typed, with the rate of its day, and what became of it (outcome, outcome_reason).
{% call(rows) judged_rows('orders', carried=['rate_to_reporting']) %}
    select
        orders.*,
        {{ rate_in_force('orders.currency', 'rates.rate_to_reporting') }} as rate_to_reporting,
        case
            when {{ is_beyond_reckoning(['orders.shipping_cost', rate_in_force('orders.currency', 'rates.rate_to_reporting')]) }} then 'out_of_range_shipping_cost'
            when {{ rate_in_force('orders.currency', 'rates.rate_to_reporting') }} is null then 'missing_exchange_rate'
            when {{ is_future_dated('orders.ordered_at', 'orders.loaded_at') }} then 'future_dated'
        end as quarantine_reason,
        case when orders.customer_id is null then 'missing_customer' end as repair_reason
    from (select *, {{ business_date('ordered_at') }} as effective_on from {{ rows }}) as orders
    {{ left_join_rates('orders.currency', 'orders.effective_on') }}
{% endcall %}
