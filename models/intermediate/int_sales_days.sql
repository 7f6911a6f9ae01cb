-- Grain: one row per customer, graded or not or unknown, and day with a completed order or a refund.
-- Lines, orders and refunds are summed up by day before they meet: no line is joined to its order again, and each day is joined once.
with value_of_lines as (
    select
        customer_id,
        ordered_on as business_date,
        cast(count(*) as int) as lines,
        {{ sum_money('net') }} as net,
        {{ sum_money('cost_of_goods') }} as cost_of_goods,
        {{ sum_money('case when cost_of_goods is not null then net end') }} as net_of_known_cost,
        {{ sum_money('case when is_promoted then net end') }} as promoted_net,
        {{ sum_money('case when is_flagship then net end') }} as flagship_net
    from {{ ref('int_order_lines') }}
    group by customer_id, ordered_on
),

order_days as (
    select
        customer_id,
        is_graded,
        ordered_on as business_date,
        cast(count(*) as int) as orders,
        {{ sum_money('shipping_cost') }} as shipping_cost
    from {{ ref('int_orders') }}
    where status = 'completed'
    group by customer_id, is_graded, ordered_on
),

refund_days as (
    select
        customer_id,
        is_graded,
        refunded_on as business_date,
        {{ sum_money('refund_amount') }} as refund_amount,
        {{ sum_money('returned_cost') }} as returned_cost
    from {{ ref('int_refunds') }}
    group by customer_id, is_graded, refunded_on
)

-- every line has its order, so every day with lines is one with orders
select
    coalesce(order_days.customer_id, refund_days.customer_id) as customer_id,
    coalesce(order_days.business_date, refund_days.business_date) as business_date,
    coalesce(order_days.orders, 0) as orders,
    coalesce(value_of_lines.lines, 0) as lines,
    coalesce(value_of_lines.net, 0) as net,
    coalesce(value_of_lines.cost_of_goods, 0) as cost_of_goods,
    coalesce(value_of_lines.net_of_known_cost, 0) as net_of_known_cost,
    coalesce(value_of_lines.promoted_net, 0) as promoted_net,
    coalesce(value_of_lines.flagship_net, 0) as flagship_net,
    coalesce(order_days.shipping_cost, 0) as shipping_cost,
    coalesce(refund_days.refund_amount, 0) as refund_amount,
    coalesce(refund_days.returned_cost, 0) as returned_cost,
    coalesce(order_days.is_graded, refund_days.is_graded) as is_graded
from order_days
left join value_of_lines
    on
        order_days.customer_id is not distinct from value_of_lines.customer_id
        and order_days.business_date = value_of_lines.business_date
full outer join refund_days
    on
        order_days.customer_id is not distinct from refund_days.customer_id
        and order_days.business_date = refund_days.business_date
