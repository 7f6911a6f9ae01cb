-- Grain: one row per graded customer who has bought: what they are expected to bring in the clv_horizon_days after as_of_date.
-- The models foretell orders and revenue; cost, returns and service then take the share of it that they took so far.
with forecast as (
    select as_of_date, is_fallback
    from {{ ref('int_clv_forecasts') }}
    where not is_validation
),

service as (
    select customer_id, {{ sum_money('service_cost') }} as service_cost
    from {{ ref('int_contact_days') }}
    where service_cost > 0
    group by customer_id
),

customers as (
    select
        histories.*,
        forecast.is_fallback,
        cast(histories.profit - coalesce(service.service_cost, 0) as decimal(18, 2)) as net_profit
    from {{ ref('int_purchase_histories') }} as histories
    inner join forecast on histories.as_of_date = forecast.as_of_date
    left join service on histories.customer_id = service.customer_id
),

average_order as (
    select
        {{ ratio(cents('sum(revenue)'), '(100 * cast(sum(repeat_orders + 1) as bigint))', 'decimal(18, 4)') }} as revenue,
        {{ ratio(cents('sum(net_profit)'), '(100 * cast(sum(repeat_orders + 1) as bigint))', 'decimal(18, 4)') }} as net_profit
    from customers
),

-- one average order is added to a customer's own, so that a single order does not decide
shares as (
    select
        customers.*,
        cast(cast(customers.net_profit + average_order.net_profit as decimal(22, 4)) * 10000 as decimal(24, 0)) as kept,
        cast(cast(greatest(customers.revenue + average_order.revenue, 0) as decimal(22, 4)) * 10000 as decimal(24, 0)) as taken
    from customers
    cross join average_order
),

expected as (
    select
        shares.customer_id,
        shares.as_of_date,
        scores.probability_alive,
        scores.expected_orders,
        scores.discounted_orders,
        cast(round(scores.base_order_value + scores.value_of_revenue * cast(shares.repeat_revenue as decimal(20, 2)), 2) as decimal(18, 2)) as expected_order_value,
        case when shares.taken > 0 then {{ ratio('shares.kept', 'shares.taken', 'decimal(18, 4)') }} else 0 end as profit_share,
        shares.is_fallback
    from shares
    inner join {{ ref('int_clv_scores') }} as scores
        on
            shares.as_of_date = scores.as_of_date
            and shares.repeat_orders = scores.repeat_orders
            and shares.active_days = scores.active_days
            and shares.age_days = scores.age_days
),

revenue as (
    select
        *,
        cast(round(expected_orders * cast(expected_order_value as decimal(20, 2)), 2) as decimal(18, 2)) as predicted_revenue,
        cast(round(discounted_orders * cast(expected_order_value as decimal(20, 2)), 2) as decimal(18, 2)) as discounted_revenue
    from expected
)

select
    customer_id,
    as_of_date,
    probability_alive,
    expected_orders,
    expected_order_value,
    predicted_revenue,
    profit_share,
    cast(round(cast(predicted_revenue as decimal(20, 2)) * profit_share, 2) as decimal(18, 2)) as predicted_profit,
    cast(round(cast(discounted_revenue as decimal(20, 2)) * profit_share, 2) as decimal(18, 2)) as clv,
    is_fallback
from revenue
