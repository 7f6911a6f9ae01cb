-- And takes back the cost that was booked with its line: the returned units at the unit cost of the order's day, nothing without units or such a line.
-- Reckoned anew for 20,000 refunds, chosen by their hash.
with booked as (
    select *
    from {{ ref('int_refunds') }}
    order by {{ row_hash(['refund_id']) }}
    limit 20000
),

refunds as (
    select given.*
    from {{ accepted('stg_refunds') }} as given
    semi join booked on given.refund_id = booked.refund_id
),

rates as (
    {{ rates_of('refunds', 'refunded_on') }}
),

their_orders as (
    select orders.*
    from {{ accepted('stg_orders') }} as orders
    semi join refunds on orders.order_id = refunds.order_id
),

their_lines as (
    {{ judged_order_items('their_orders') }}
),

costs as (
    select
        refunds.refund_id,
        cast(lines.unit_cost as decimal(20, 4)) * lines.rate_to_reporting as own_cost,
        cast(max_by(coalesce(products.unit_cost, 0), coalesce(products.valid_from, date '0001-01-01')) as decimal(20, 4)) as product_cost
    from refunds
    inner join their_lines as lines on refunds.order_id = lines.order_id and refunds.line_number = lines.line_number and lines.outcome = 'current'
    left join {{ ref('stg_products') }} as products
        on
            lines.product_id = products.product_id
            and lines.effective_on >= coalesce(products.valid_from, date '0001-01-01')
            and products.outcome = 'current'
    group by refunds.refund_id, lines.unit_cost, lines.rate_to_reporting
)

select
    booked.refund_id,
    booked.refunded_on,
    booked.refund_amount,
    booked.returned_cost
from booked
left join refunds on booked.refund_id = refunds.refund_id
left join rates on refunds.currency = rates.currency and refunds.refunded_on = rates.refunded_on
left join costs on refunds.refund_id = costs.refund_id
where not coalesce(
    booked.refunded_on = refunds.refunded_on
    and booked.refund_amount = round(rates.rate * cast(refunds.refund_amount as decimal(20, 4)), 2)
    -- a cost of 10^12 or more is none
    and booked.returned_cost = coalesce(try_cast(round(coalesce(refunds.returned_quantity, 0) * coalesce(costs.own_cost, costs.product_cost, 0), 2) as decimal(14, 2)), 0),
    false
)
