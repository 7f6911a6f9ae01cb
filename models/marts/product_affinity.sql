-- Grain: one row per product and other product that is bought together with it more often than by chance, both ways round.
with frequent_products as (
    select *, count(*) over () as products
    from {{ ref('int_products_sold') }}
    where is_frequent
),

baskets as (
    select baskets.order_id, baskets.product_id
    from {{ ref('int_baskets') }} as baskets
    inner join frequent_products on baskets.product_id = frequent_products.product_id
),

pairs as (
    select
        baskets.product_id,
        companions.product_id as other_product_id,
        cast(count(*) as bigint) as orders_with_both
    from baskets
    inner join baskets as companions on baskets.order_id = companions.order_id and baskets.product_id < companions.product_id
    group by baskets.product_id, companions.product_id
),

both_ways as (
    select product_id, other_product_id, orders_with_both
    from pairs

    union all

    select other_product_id as product_id, product_id as other_product_id, orders_with_both
    from pairs
),

measured as (
    select
        pairs.product_id,
        pairs.other_product_id,
        product.as_of_date,
        pairs.orders_with_both,
        product.orders,
        companions.orders as other_orders,
        product.all_orders,
        {{ ratio('pairs.orders_with_both', 'product.all_orders', 'decimal(5, 4)') }} as support,
        {{ ratio('pairs.orders_with_both', 'product.orders', 'decimal(5, 4)') }} as confidence,
        {{ ratio('pairs.orders_with_both * product.all_orders', '(product.orders * companions.orders)') }} as lift,
        product.products * (product.products - 1) / 2 as possible_pairs
    from both_ways as pairs
    inner join frequent_products as product on pairs.product_id = product.product_id
    inner join frequent_products as companions on pairs.other_product_id = companions.product_id
)

select
    measured.product_id,
    measured.other_product_id,
    measured.as_of_date,
    measured.orders_with_both,
    measured.orders,
    measured.other_orders,
    measured.all_orders,
    measured.support,
    measured.confidence,
    measured.lift
from measured
cross join {{ ref('int_cross_sell_limits') }} as limits
where
    measured.orders_with_both >= greatest(limits.min_orders, limits.min_support * measured.all_orders)
    and measured.lift >= limits.min_lift
    -- (n − e)² ÷ e beyond what the luckiest of so many pairs would come to by chance
    and power(cast(measured.orders_with_both * measured.all_orders - measured.orders * measured.other_orders as double), 2)
    >= 2 * ln(measured.possible_pairs) * measured.all_orders * cast(measured.orders * measured.other_orders as double)
