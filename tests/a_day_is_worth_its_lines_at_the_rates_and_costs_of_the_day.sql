-- Each line counted once and rounded once, at the rate and, where it has no cost of its own, the product's cost in force on the day of the order.
-- Every day of 2,000 customers, chosen by their hash, is reckoned anew.
with customers as (
    select customer_id
    from {{ ref('int_customers') }}
    order by {{ row_hash(['customer_id']) }}
    limit 2000
),

orders as (
    select orders.*, customers.customer_id as counts_for
    from {{ accepted('stg_orders') }} as orders
    left join {{ ref('int_identities') }} as identities on orders.customer_id = identities.given_id
    inner join customers on coalesce(identities.customer_id, orders.customer_id) = customers.customer_id
    where orders.status = 'completed'
),

rates as (
    {{ rates_of('orders', 'effective_on') }}
),

rated as (
    select
        orders.order_id,
        orders.counts_for as customer_id,
        orders.effective_on,
        cast(rates.rate as decimal(20, 6)) as rate,
        coalesce(orders.shipping_cost, 0) as shipping_cost
    from orders
    inner join rates on orders.currency = rates.currency and orders.effective_on = rates.effective_on
),

their_lines as (
    {{ judged_order_items('orders') }}
),

lines as (
    select
        rated.customer_id,
        rated.effective_on,
        rated.rate,
        concat(items.order_id, ' ', cast(items.line_number as string)) as line_key,
        items.product_id,
        items.quantity,
        items.quantity * cast(items.unit_price as decimal(20, 4)) - coalesce(items.discount_amount, 0) as amount,
        items.unit_cost * rated.rate as own_cost
    from rated
    inner join their_lines as items on rated.order_id = items.order_id and items.outcome = 'current'
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
        lines.customer_id,
        lines.effective_on,
        lines.line_key,
        round(lines.rate * lines.amount, 2) as net,
        -- a cost of 10^12 or more is not known
        try_cast(round(lines.quantity * coalesce(lines.own_cost, costs.product_cost), 2) as decimal(14, 2)) as cost_of_goods
    from lines
    left join costs on lines.product_id = costs.product_id and lines.effective_on = costs.effective_on
),

value_of_lines as (
    select
        customer_id,
        effective_on,
        count(distinct line_key) as lines,
        sum(net) as net,
        sum(cost_of_goods) as cost_of_goods,
        sum(case when cost_of_goods is not null then net end) as net_of_known_cost
    from valued
    group by customer_id, effective_on
),

due as (
    select
        customer_id,
        effective_on,
        count(*) as orders,
        sum(round(rate * shipping_cost, 2)) as shipping_cost
    from rated
    group by customer_id, effective_on
),

booked as (
    select days.*
    from {{ ref('int_purchase_days') }} as days
    semi join customers on days.customer_id = customers.customer_id
    where days.orders > 0
)

select
    coalesce(due.customer_id, booked.customer_id) as customer_id,
    coalesce(due.effective_on, booked.business_date) as business_date,
    booked.lines,
    value_of_lines.lines as lines_due,
    booked.net,
    value_of_lines.net as net_due,
    booked.cost_of_goods,
    value_of_lines.cost_of_goods as cost_due
from due
full outer join booked on due.customer_id = booked.customer_id and due.effective_on = booked.business_date
left join value_of_lines on due.customer_id = value_of_lines.customer_id and due.effective_on = value_of_lines.effective_on
where not coalesce(
    booked.orders = due.orders
    and booked.lines = coalesce(value_of_lines.lines, 0)
    and booked.net = coalesce(value_of_lines.net, 0)
    and booked.cost_of_goods = coalesce(value_of_lines.cost_of_goods, 0)
    and booked.net_of_known_cost = coalesce(value_of_lines.net_of_known_cost, 0)
    and booked.shipping_cost = due.shipping_cost,
    false
)
