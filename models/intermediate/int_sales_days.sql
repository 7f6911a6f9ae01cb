-- Grain: one row per customer, graded or not or unknown, and day with a completed order or a refund.
-- Orders, lines and refunds are summed up side by side: no line is joined to its order again, and no order needs a total of its own.
with sales as (
    select
        customer_id,
        is_graded,
        ordered_on as business_date,
        1 as orders,
        0 as lines,
        0 as net,
        0 as cost_of_goods,
        0 as net_of_known_cost,
        0 as promoted_net,
        0 as flagship_net,
        shipping_cost,
        0 as refund_amount,
        0 as returned_cost
    from {{ ref('int_orders') }}
    where status = 'completed'

    union all

    select
        customer_id,
        is_graded,
        ordered_on as business_date,
        0 as orders,
        1 as lines,
        net,
        cost_of_goods,
        case when unit_cost is not null then net end as net_of_known_cost,
        case when is_promoted then net end as promoted_net,
        case when is_flagship then net end as flagship_net,
        0 as shipping_cost,
        0 as refund_amount,
        0 as returned_cost
    from {{ ref('int_order_lines') }}

    union all

    select
        customer_id,
        is_graded,
        refunded_on as business_date,
        0 as orders,
        0 as lines,
        0 as net,
        0 as cost_of_goods,
        0 as net_of_known_cost,
        0 as promoted_net,
        0 as flagship_net,
        0 as shipping_cost,
        refund_amount,
        returned_cost
    from {{ ref('int_refunds') }}
)

select
    customer_id,
    business_date,
    cast(sum(orders) as int) as orders,
    cast(sum(lines) as int) as lines,
    {{ sum_money('net') }} as net,
    {{ sum_money('cost_of_goods') }} as cost_of_goods,
    {{ sum_money('net_of_known_cost') }} as net_of_known_cost,
    {{ sum_money('promoted_net') }} as promoted_net,
    {{ sum_money('flagship_net') }} as flagship_net,
    {{ sum_money('shipping_cost') }} as shipping_cost,
    {{ sum_money('refund_amount') }} as refund_amount,
    {{ sum_money('returned_cost') }} as returned_cost,
    bool_or(is_graded) as is_graded
from sales
group by customer_id, business_date
