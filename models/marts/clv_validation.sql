-- Grain: one row per number of repeat orders up to the day the end of history is held out from: what was foretold, and what came.
-- The naive guess: everyone goes on at the rate and the order value they had so far.
with cut as (
    select as_of_date, horizon_days, {{ add_days('as_of_date', 'horizon_days') }} as ends_on
    from {{ ref('int_clv_forecasts') }}
    where is_validation
),

customers as (
    select
        known.as_of_date,
        cut.horizon_days,
        case when known.repeat_orders < 7 then cast(known.repeat_orders as string) else '7+' end as repeat_orders,
        cast(later.repeat_orders - known.repeat_orders as int) as orders,
        cast(later.revenue - known.revenue as decimal(18, 2)) as revenue,
        scores.expected_orders,
        cast(round(scores.base_order_value + scores.value_of_revenue * cast(known.repeat_revenue as decimal(20, 2)), 2) as decimal(18, 2)) as expected_order_value,
        case when known.age_days > 0 then {{ ratio('known.repeat_orders * cut.horizon_days', 'known.age_days') }} else 0 end as naive_orders,
        {{ ratio(cents('known.revenue'), '(100 * cast(known.repeat_orders + 1 as bigint))', 'decimal(18, 4)') }} as naive_order_value
    from cut
    inner join {{ ref('int_purchase_histories') }} as known on cut.as_of_date = known.as_of_date
    inner join {{ ref('int_purchase_histories') }} as later on cut.ends_on = later.as_of_date and known.customer_id = later.customer_id
    inner join {{ ref('int_clv_scores') }} as scores
        on
            known.as_of_date = scores.as_of_date
            and known.repeat_orders = scores.repeat_orders
            and known.active_days = scores.active_days
            and known.age_days = scores.age_days
)

select
    as_of_date,
    horizon_days,
    repeat_orders,
    cast(count(*) as int) as customers,
    cast(sum(orders) as bigint) as actual_orders,
    cast(sum(expected_orders) as decimal(18, 6)) as predicted_orders,
    cast(sum(naive_orders) as decimal(18, 4)) as naive_orders,
    cast(sum(abs(expected_orders - orders)) as decimal(18, 6)) as predicted_orders_off,
    cast(sum(abs(naive_orders - orders)) as decimal(18, 4)) as naive_orders_off,
    {{ sum_money('revenue') }} as actual_revenue,
    {{ sum_money('round(expected_orders * cast(expected_order_value as decimal(20, 2)), 2)') }} as predicted_revenue,
    {{ sum_money('round(naive_orders * cast(naive_order_value as decimal(20, 4)), 2)') }} as naive_revenue
from customers
group by as_of_date, horizon_days, repeat_orders
