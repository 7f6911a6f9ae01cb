-- Grain: one row per customer and product they bought in the window of the last review: on how many days, from when to when.
with days as (
    select distinct customer_id, product_id, ordered_on
    from {{ ref('int_baskets') }}
)

select
    customer_id,
    product_id,
    cast(count(*) as int) as days_bought,
    min(ordered_on) as first_bought_on,
    max(ordered_on) as last_bought_on
from days
group by customer_id, product_id
