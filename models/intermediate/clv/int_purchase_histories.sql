-- Grain: one row per graded customer and day of int_clv_dates by which they had bought: when, how often, for how much.
-- Two orders of one day are one: they are one occasion, and the models of CLV foretell occasions.
with days as (
    select
        purchases.customer_id,
        dates.as_of_date,
        case when purchases.orders > 0 then purchases.business_date end as ordered_on,
        purchases.net,
        purchases.net - purchases.refund_amount - purchases.cost_of_goods + purchases.returned_cost - purchases.shipping_cost as profit
    from {{ ref('int_purchase_days') }} as purchases
    inner join {{ ref('int_clv_dates') }} as dates on purchases.business_date <= dates.as_of_date
),

histories as (
    select
        customer_id,
        as_of_date,
        count(ordered_on) as orders,
        min(ordered_on) as first_ordered_on,
        max(ordered_on) as last_ordered_on,
        {{ sum_money('net') }} as revenue,
        min_by(net, ordered_on) as first_revenue,
        {{ sum_money('profit') }} as profit
    from days
    group by customer_id, as_of_date
)

select
    customer_id,
    as_of_date,
    cast(orders - 1 as int) as repeat_orders,
    {{ days_between('first_ordered_on', 'last_ordered_on') }} as active_days,
    {{ days_between('first_ordered_on', 'as_of_date') }} as age_days,
    revenue,
    cast(greatest(revenue - first_revenue, 0) as decimal(18, 2)) as repeat_revenue,
    profit
from histories
where orders > 0
