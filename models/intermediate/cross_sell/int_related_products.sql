-- Grain: one row per product and other product to offer to who bought it: its five likeliest companions, and the next step up.
with offered as (
    select *
    from {{ ref('int_products_sold') }}
    where is_offered
),

companions as (
    select
        affinity.product_id,
        affinity.other_product_id,
        cast(affinity.confidence - {{ ratio('affinity.other_orders', 'affinity.all_orders') }} as decimal(5, 4)) as weight,
        affinity.confidence,
        affinity.lift,
        row_number() over (partition by affinity.product_id order by affinity.confidence desc, affinity.lift desc, affinity.other_product_id asc) as place
    from {{ ref('product_affinity') }} as affinity
    inner join offered on affinity.other_product_id = offered.product_id
),

steps as (
    select
        product.product_id,
        better.product_id as other_product_id,
        row_number() over (partition by product.product_id order by better.mean_price, better.product_id) as place
    from {{ ref('int_products_sold') }} as product
    inner join offered as better on product.category = better.category
    cross join {{ ref('int_cross_sell_limits') }} as limits
    where better.is_frequent and product.mean_price > 0 and better.mean_price >= limits.min_upsell_step * product.mean_price
)

select product_id, other_product_id, 'cross_sell' as kind, weight, confidence, lift
from companions
where place <= 5

union all

select product_id, other_product_id, 'upsell' as kind, cast(1 as decimal(5, 4)) as weight, cast(null as decimal(5, 4)) as confidence, cast(null as decimal(14, 4)) as lift
from steps
where place = 1
