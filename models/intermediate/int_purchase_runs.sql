-- Grain: one row per graded customer and review from which their purchase totals hold, until the next such row.
-- A day enters the window at the first review on or after it and leaves at the first review window_days later:
-- two movements and a running sum, instead of every day joined to every review that sees it.
{{ config(materialized='view') }}

with purchase_days as (
    select
        customer_id,
        business_date,
        orders,
        net,
        net_of_known_cost,
        shipping_cost,
        net - refund_amount as monetary,
        cost_of_goods - returned_cost as cost_of_goods
    from {{ ref('int_purchase_days') }}
),

movements as (
    select
        customer_id,
        business_date as moved_on,
        orders,
        monetary,
        cost_of_goods,
        net,
        net_of_known_cost,
        shipping_cost,
        orders as lifetime_orders,
        monetary as lifetime_monetary,
        case when orders > 0 then business_date end as last_ordered_on
    from purchase_days

    union all

    select
        customer_id,
        {{ add_days('business_date', var('window_days')) }} as moved_on,
        -orders as orders,
        -monetary as monetary,
        -cost_of_goods as cost_of_goods,
        -net as net,
        -net_of_known_cost as net_of_known_cost,
        -shipping_cost as shipping_cost,
        0 as lifetime_orders,
        0 as lifetime_monetary,
        cast(null as date) as last_ordered_on
    from purchase_days

    union all

    -- a customer is in every review from the one they are first seen in, bought or not
    select
        customer_id,
        first_seen_on as moved_on,
        0 as orders,
        0 as monetary,
        0 as cost_of_goods,
        0 as net,
        0 as net_of_known_cost,
        0 as shipping_cost,
        0 as lifetime_orders,
        0 as lifetime_monetary,
        cast(null as date) as last_ordered_on
    from {{ ref('int_customers') }}
),

by_review as (
    select
        movements.customer_id,
        reviews.review_date,
        cast(sum(movements.orders) as int) as orders,
        {{ sum_money('movements.monetary') }} as monetary,
        {{ sum_money('movements.cost_of_goods') }} as cost_of_goods,
        {{ sum_money('movements.net') }} as net,
        {{ sum_money('movements.net_of_known_cost') }} as net_of_known_cost,
        {{ sum_money('movements.shipping_cost') }} as shipping_cost,
        cast(sum(movements.lifetime_orders) as int) as lifetime_orders,
        {{ sum_money('movements.lifetime_monetary') }} as lifetime_monetary,
        max(movements.last_ordered_on) as last_ordered_on
    from movements
    inner join {{ ref('int_movement_reviews') }} as reviews on movements.moved_on = reviews.moved_on
    where reviews.review_date is not null
    group by movements.customer_id, reviews.review_date
),

runs as (
    select
        customer_id,
        review_date as holds_from,
        coalesce(lead(review_date) over by_customer, date '9999-12-31') as holds_until,
        cast(sum(orders) over so_far as int) as frequency,
        cast(sum(monetary) over so_far as decimal(18, 2)) as monetary,
        cast(sum(cost_of_goods) over so_far as decimal(18, 2)) as cost_of_goods,
        cast(sum(net) over so_far as decimal(18, 2)) as net,
        cast(sum(net_of_known_cost) over so_far as decimal(18, 2)) as net_of_known_cost,
        cast(sum(shipping_cost) over so_far as decimal(18, 2)) as shipping_cost,
        cast(sum(lifetime_orders) over so_far as int) as lifetime_orders,
        cast(sum(lifetime_monetary) over so_far as decimal(18, 2)) as lifetime_monetary,
        max(last_ordered_on) over so_far as last_ordered_on
    from by_review
    window
        by_customer as (partition by customer_id order by review_date),
        so_far as (partition by customer_id order by review_date rows between unbounded preceding and current row)
)

select *, {{ cost_coverage() }} as cost_coverage
from runs
