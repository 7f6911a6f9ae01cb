-- Grain: one row per graded customer and day with a completed order or a refund.
with events as (
    select customer_id, ordered_on as business_date, 1 as orders, net, cost_of_goods, net_of_known_cost, shipping_cost, cast(0 as decimal(18, 2)) as refund_amount, cast(0 as decimal(18, 2)) as returned_cost
    from {{ ref('int_orders') }}
    where is_graded and status = 'completed'

    union all

    select customer_id, refunded_on as business_date, 0 as orders, 0 as net, 0 as cost_of_goods, 0 as net_of_known_cost, 0 as shipping_cost, refund_amount, returned_cost
    from {{ ref('int_refunds') }}
    where is_graded
)

select
    customer_id,
    business_date,
    cast(sum(orders) as int) as orders,
    {{ sum_money('net') }} as net,
    {{ sum_money('cost_of_goods') }} as cost_of_goods,
    {{ sum_money('net_of_known_cost') }} as net_of_known_cost,
    {{ sum_money('shipping_cost') }} as shipping_cost,
    {{ sum_money('refund_amount') }} as refund_amount,
    {{ sum_money('returned_cost') }} as returned_cost
from events
group by customer_id, business_date
