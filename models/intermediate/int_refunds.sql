-- Grain: one row per accepted refund of a completed order, with the cost of what came back as it was booked with the order.
with refunds as (
    select refunds.*, orders.customer_id, orders.is_graded
    from {{ accepted('stg_refunds') }} as refunds
    inner join {{ ref('int_orders') }} as orders on refunds.order_id = orders.order_id
    where orders.status = 'completed'
),

refunded_orders as (
    select orders.*
    from {{ ref('stg_orders') }} as orders
    semi join refunds on orders.order_id = refunds.order_id
),

lines as (
    select
        items.order_id,
        items.line_number,
        coalesce(items.rate_to_reporting * cast(items.unit_cost as decimal(20, 4)), products.unit_cost) as unit_cost
    from ({{ judged_order_items('refunded_orders') }}) as items
    left join {{ ref('int_products') }} as products
        on
            items.product_id = products.product_id
            and items.effective_on >= products.valid_from
            and items.effective_on < products.valid_to
    where items.outcome = 'current'
)

select
    refunds.refund_id,
    refunds.customer_id,
    refunds.refunded_on,
    {{ in_reporting_currency('refunds.refund_amount', 'refunds.rate_to_reporting') }} as refund_amount,
    coalesce({{ to_money('refunds.returned_quantity * lines.unit_cost') }}, 0) as returned_cost,
    refunds.is_graded
from refunds
left join lines on refunds.order_id = lines.order_id and refunds.line_number = lines.line_number
