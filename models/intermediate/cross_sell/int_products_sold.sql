-- Grain: one row per product sold in the window of the last review: how often, for how much, and whether it may be offered.
with sales as (
    select
        product_id,
        cast(count(*) as bigint) as orders,
        max(ordered_on) as last_sold_on,
        {{ ratio('cast(sum(net) * 1000 as bigint)', 'cast(sum(quantity) * 1000 as bigint)', 'decimal(18, 4)') }} as mean_price
    from {{ ref('int_baskets') }}
    group by product_id
),

all_sales as (
    select count(distinct order_id) as orders
    from {{ ref('int_baskets') }}
),

last_review as (
    select review_date
    from {{ ref('int_reviews') }}
    where is_last
)

select
    sales.product_id,
    last_review.review_date as as_of_date,
    products.category,
    sales.orders,
    cast(all_sales.orders as bigint) as all_orders,
    sales.last_sold_on,
    sales.mean_price,
    sales.orders >= greatest(limits.min_orders, limits.min_support * all_sales.orders) as is_frequent,
    sales.last_sold_on > {{ add_days('last_review.review_date', '-limits.sold_within_days') }} as is_offered
from sales
cross join all_sales
cross join last_review
cross join {{ ref('int_cross_sell_limits') }} as limits
left join {{ ref('int_products') }} as products
    on
        sales.product_id = products.product_id
        and last_review.review_date >= products.valid_from
        and last_review.review_date < products.valid_to
