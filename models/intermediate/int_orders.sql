-- Grain: one row per accepted order of any status, under the customer it counts for, with what its lines add up to if it is completed.
with order_values as (
    select
        order_id,
        {{ sum_money('net') }} as net,
        {{ sum_money('cost_of_goods') }} as cost_of_goods,
        {{ sum_money('case when unit_cost is not null then net end') }} as net_of_known_cost
    from {{ ref('int_order_lines') }}
    group by order_id
)

select
    orders.order_id,
    coalesce(identities.customer_id, orders.customer_id) as customer_id,
    orders.effective_on as ordered_on,
    orders.status,
    coalesce(order_values.net, 0) as net,
    coalesce(order_values.cost_of_goods, 0) as cost_of_goods,
    coalesce(order_values.net_of_known_cost, 0) as net_of_known_cost,
    coalesce({{ in_reporting_currency('orders.shipping_cost', 'orders.rate_to_reporting') }}, 0) as shipping_cost,
    orders.customer_id is not null and coalesce(identities.is_graded, true) as is_graded
from {{ accepted('stg_orders') }} as orders
left join order_values on orders.order_id = order_values.order_id
left join {{ ref('int_identities') }} as identities on orders.customer_id = identities.given_id
