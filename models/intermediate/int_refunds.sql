-- Grain: one row per accepted refund of a completed order, with the cost of what came back as it was booked with the order.
with refunds as (
    select refunds.*, orders.customer_id, orders.is_graded
    from {{ accepted('stg_refunds') }} as refunds
    inner join {{ ref('int_orders') }} as orders on refunds.order_id = orders.order_id
    where orders.status = 'completed'
)

select
    refunds.refund_id,
    refunds.customer_id,
    refunds.refunded_on,
    {{ in_reporting_currency('refunds.refund_amount', 'refunds.rate_to_reporting') }} as refund_amount,
    coalesce({{ to_money('refunds.returned_quantity * lines.unit_cost') }}, 0) as returned_cost,
    refunds.is_graded
from refunds
left join {{ ref('int_order_lines') }} as lines
    on refunds.order_id = lines.order_id and refunds.line_number = lines.line_number
