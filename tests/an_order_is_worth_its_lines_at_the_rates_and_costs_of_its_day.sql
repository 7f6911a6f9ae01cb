-- Each line rounded once, at the rate and, where it has no cost of its own, the product's cost in force on the day of the order.
-- Reckoned anew for 20,000 orders, chosen by their hash.
with orders as (
    select
        order_id,
        effective_on,
        currency,
        shipping_cost
    from {{ accepted('stg_orders') }} as accepted_orders
    where status = 'completed'
    order by {{ row_hash(['order_id']) }}
    limit 20000
),

days_to_convert as (
    select distinct currency, effective_on
    from orders
),

rates as (
    select
        days_to_convert.currency,
        days_to_convert.effective_on,
        case
            when days_to_convert.currency = {{ quoted(var('reporting_currency')) }} then cast(1 as decimal(12, 6))
            else max_by(given.rate_to_reporting, given.valid_from)
        end as rate
    from days_to_convert
    left join {{ ref('stg_exchange_rates') }} as given
        on days_to_convert.currency = given.currency and days_to_convert.effective_on >= given.valid_from and given.outcome = 'current'
    group by days_to_convert.currency, days_to_convert.effective_on
),

rated as (
    select
        orders.order_id,
        orders.effective_on,
        cast(rates.rate as decimal(20, 6)) as rate,
        coalesce(orders.shipping_cost, 0) as shipping_cost
    from orders
    inner join rates on orders.currency = rates.currency and orders.effective_on = rates.effective_on
),

lines as (
    select
        rated.order_id,
        rated.effective_on,
        rated.rate,
        items.product_id,
        items.quantity,
        items.quantity * cast(items.unit_price as decimal(20, 4)) - coalesce(items.discount_amount, 0) as amount,
        items.unit_cost * rated.rate as own_cost
    from rated
    inner join {{ accepted('stg_order_items') }} as items on rated.order_id = items.order_id
),

days_to_cost as (
    select distinct product_id, effective_on
    from lines
    where own_cost is null
),

-- -1 stands for a cost that is not known, which max_by would pass over
costs as (
    select
        days_to_cost.product_id,
        days_to_cost.effective_on,
        cast(nullif(max_by(coalesce(given.unit_cost, -1), coalesce(given.valid_from, date '0001-01-01')), -1) as decimal(20, 4)) as product_cost
    from days_to_cost
    inner join {{ ref('stg_products') }} as given
        on
            days_to_cost.product_id = given.product_id
            and days_to_cost.effective_on >= coalesce(given.valid_from, date '0001-01-01')
            and given.outcome = 'current'
    group by days_to_cost.product_id, days_to_cost.effective_on
),

valued as (
    select
        lines.order_id,
        round(lines.rate * lines.amount, 2) as net,
        -- a cost of 10^12 or more is none
        try_cast(round(lines.quantity * coalesce(lines.own_cost, costs.product_cost), 2) as decimal(14, 2)) as cost_of_goods,
        coalesce(lines.own_cost, costs.product_cost) is not null as is_of_known_cost
    from lines
    left join costs on lines.product_id = costs.product_id and lines.effective_on = costs.effective_on
),

due as (
    select
        order_id,
        sum(net) as net,
        sum(cost_of_goods) as cost_of_goods,
        sum(case when is_of_known_cost then net end) as net_of_known_cost
    from valued
    group by order_id
)

select
    rated.order_id,
    booked.net,
    due.net as net_due,
    booked.cost_of_goods,
    due.cost_of_goods as cost_due
from rated
left join due on rated.order_id = due.order_id
left join {{ ref('int_orders') }} as booked on rated.order_id = booked.order_id
where not coalesce(
    booked.net = coalesce(due.net, 0)
    and booked.cost_of_goods = coalesce(due.cost_of_goods, 0)
    and booked.net_of_known_cost = coalesce(due.net_of_known_cost, 0)
    and booked.shipping_cost = round(rated.rate * rated.shipping_cost, 2),
    false
)
