-- Grain: one row per completed order of a graded customer in the window of the last review and product in it.
with last_review as (
    select review_date
    from {{ ref('int_reviews') }}
    where is_last
)

select
    lines.order_id,
    lines.customer_id,
    lines.ordered_on,
    lines.product_id,
    cast(sum(lines.quantity) as decimal(18, 3)) as quantity,
    {{ sum_money('lines.net') }} as net
from {{ ref('int_order_lines') }} as lines
inner join last_review
    on lines.ordered_on > {{ add_days('last_review.review_date', -var('window_days')) }} and lines.ordered_on <= last_review.review_date
where lines.is_graded and lines.product_id is not null
group by lines.order_id, lines.customer_id, lines.ordered_on, lines.product_id
