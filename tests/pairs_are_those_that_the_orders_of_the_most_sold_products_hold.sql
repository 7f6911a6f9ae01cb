-- The pairs of the five products in most orders, counted anew in the orders that each was in: none is missing, none is made up. Every pair has its mirror.
with limits as (
    select
        max(case when name = 'min_orders' then cast(value as int) end) as min_orders,
        max(case when name = 'min_support' then cast(value as decimal(9, 6)) end) as min_support,
        max(case when name = 'min_lift' then cast(value as decimal(9, 4)) end) as min_lift
    from {{ ref('cross_sell_limits') }}
),

counted as (
    select product_id, count(*) as orders
    from {{ ref('int_baskets') }}
    group by product_id
),

most_sold as (
    select product_id, orders
    from counted
    order by orders desc, product_id
    limit 5
),

found as (
    select most_sold.product_id, others.product_id as other_product_id, max(most_sold.orders) as orders, count(distinct others.order_id) as orders_with_both
    from most_sold
    inner join {{ ref('int_baskets') }} as baskets on most_sold.product_id = baskets.product_id
    inner join {{ ref('int_baskets') }} as others on baskets.order_id = others.order_id
    where others.product_id <> most_sold.product_id
    group by most_sold.product_id, others.product_id
),

all_orders as (
    select count(distinct order_id) as orders
    from {{ ref('int_baskets') }}
),

frequent as (
    select count(*) as products
    from counted
    cross join all_orders
    cross join limits
    where counted.orders >= limits.min_orders and counted.orders >= limits.min_support * all_orders.orders
),

expected as (
    select
        found.product_id,
        found.other_product_id,
        found.orders_with_both,
        found.orders_with_both * cast(all_orders.orders as decimal(18, 0)) as together,
        found.orders * cast(counted.orders as decimal(18, 0)) as by_chance,
        all_orders.orders as all_orders,
        found.orders * cast(counted.orders as double) / all_orders.orders as orders_by_chance,
        frequent.products * (frequent.products - 1) / 2 as possible_pairs
    from found
    inner join counted on found.other_product_id = counted.product_id
    cross join all_orders
    cross join limits
    cross join frequent
    where
        found.orders_with_both >= limits.min_orders
        and found.orders_with_both >= limits.min_support * all_orders.orders
        -- lift is rounded before it is held against the limit
        and found.orders_with_both * cast(all_orders.orders as decimal(18, 0)) >= (limits.min_lift - 0.00005) * (found.orders * cast(counted.orders as decimal(18, 0)))
),

surprising as (
    select *
    from expected
    where (orders_with_both - orders_by_chance) / sqrt(orders_by_chance) >= sqrt(2 * ln(possible_pairs))
),

published as (
    select affinity.*
    from {{ ref('product_affinity') }} as affinity
    where affinity.product_id in (select most_sold.product_id from most_sold)
)

select coalesce(surprising.product_id, published.product_id) || ' with ' || coalesce(surprising.other_product_id, published.other_product_id) as problem
from surprising
full outer join published on surprising.product_id = published.product_id and surprising.other_product_id = published.other_product_id
where
    surprising.product_id is null
    or published.product_id is null
    or surprising.orders_with_both <> published.orders_with_both
    or surprising.all_orders <> published.all_orders
    or abs(published.lift * surprising.by_chance - surprising.together) > 0.00005 * surprising.by_chance

union all

select one.product_id || ' without its mirror ' || one.other_product_id as problem
from {{ ref('product_affinity') }} as one
left join {{ ref('product_affinity') }} as mirror
    on
        one.product_id = mirror.other_product_id
        and one.other_product_id = mirror.product_id
        and one.orders_with_both = mirror.orders_with_both
        and one.orders = mirror.other_orders
        and one.lift = mirror.lift
where mirror.product_id is null or one.product_id = one.other_product_id
