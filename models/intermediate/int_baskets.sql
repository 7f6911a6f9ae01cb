-- Grain: one row per completed order of a graded customer in the window of the last review and product in it. A table: the lines are read once for
-- all that describes the present.
with last_review as (
    select {{ add_days('review_date', -var('window_days')) }} as day_before, review_date
    from {{ ref('int_reviews') }}
    where is_last
)

select
    order_id,
    customer_id,
    ordered_on,
    product_id,
    category,
    cast(sum(quantity) as decimal(18, 3)) as quantity,
    {{ sum_money('net') }} as net
from {{ ref('int_order_lines') }}
where
    is_graded
    and product_id is not null
    -- a join with the one row of it would take much longer
    and ordered_on > (select last_review.day_before from last_review)
    and ordered_on <= (select last_review.review_date from last_review)
-- a product has one category on a day
group by order_id, customer_id, ordered_on, product_id, category
