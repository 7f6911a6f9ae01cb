-- Each line rounded once, at the rate and, where it has no cost of its own, the product's cost in force on the day of the order.
-- Reckoned anew for an even share of orders where there are more than 100,000.
with shares as (
    select 1 + cast(floor(count(*) / 100000) as bigint) as share
    from {{ ref('int_orders') }}
),

orders as (
    select order_id, effective_on, currency, shipping_cost
    from {{ accepted('stg_orders') }} as orders
    where status = 'completed' and {{ row_hash(['order_id']) }} % (select share from shares) = 0
),

rates as (
    select days.currency, days.effective_on, max_by(rates.rate_to_reporting, rates.valid_from) as rate
    from (select distinct currency, effective_on from orders) as days
    left join {{ ref('stg_exchange_rates') }} as rates
        on days.currency = rates.currency and days.effective_on >= rates.valid_from and rates.outcome = 'current'
    group by days.currency, days.effective_on
),

rated as (
    select
        orders.order_id,
        orders.effective_on,
        case when orders.currency = {{ quoted(var('reporting_currency')) }} then cast(1 as decimal(12, 6)) else rates.rate end as rate,
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
        items.quantity * items.unit_price - coalesce(items.discount_amount, 0) as amount,
        items.unit_cost * rated.rate as own_cost
    from rated
    inner join {{ accepted('stg_order_items') }} as items on rated.order_id = items.order_id
),

costs as (
    select days.product_id, days.effective_on, max_by(coalesce(products.unit_cost, -1), coalesce(products.valid_from, date '0001-01-01')) as product_cost
    from (select distinct product_id, effective_on from lines where own_cost is null) as days
    inner join {{ ref('stg_products') }} as products
        on
            days.product_id = products.product_id
            and days.effective_on >= coalesce(products.valid_from, date '0001-01-01')
            and products.outcome = 'current'
    group by days.product_id, days.effective_on
),

valued as (
    select
        lines.order_id,
        round(lines.rate * lines.amount, 2) as net,
        round(lines.quantity * coalesce(lines.own_cost, nullif(costs.product_cost, -1)), 2) as cost_of_goods
    from lines
    left join costs on lines.product_id = costs.product_id and lines.effective_on = costs.effective_on
),

worth as (
    select
        order_id,
        sum(net) as net,
        sum(cost_of_goods) as cost_of_goods,
        sum(case when cost_of_goods is not null then net end) as net_of_known_cost
    from valued
    group by order_id
)

select rated.order_id, booked.net, worth.net as net_due, booked.cost_of_goods, worth.cost_of_goods as cost_due
from rated
left join worth on rated.order_id = worth.order_id
left join {{ ref('int_orders') }} as booked on rated.order_id = booked.order_id
where not coalesce(
    booked.net = coalesce(worth.net, 0)
    and booked.cost_of_goods = coalesce(worth.cost_of_goods, 0)
    and booked.net_of_known_cost = coalesce(worth.net_of_known_cost, 0)
    and booked.shipping_cost = round(rated.rate * rated.shipping_cost, 2),
    false
)
