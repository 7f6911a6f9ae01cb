-- Each offer held against what the customer and all others bought in the window.
with limits as (
    select
        max(case when name = 'sold_within_days' then cast(value as int) end) as sold_within_days,
        max(case when name = 'min_refills' then cast(value as int) end) as min_refills
    from {{ ref('cross_sell_limits') }}
),

offers as (
    select *, {{ add_days('as_of_date', '-limits.sold_within_days') }} as sold_after, limits.min_refills
    from {{ ref('next_best_product') }}
    cross join limits
),

sold as (
    select product_id, max(ordered_on) as last_sold_on
    from {{ ref('int_baskets') }}
    group by product_id
),

asked_about as (
    select customer_id, product_id
    from offers
    union
    select customer_id, because_of_product_id as product_id
    from offers
),

bought as (
    select baskets.customer_id, baskets.product_id, count(distinct baskets.ordered_on) as days
    from {{ ref('int_baskets') }} as baskets
    inner join asked_about on baskets.customer_id = asked_about.customer_id and baskets.product_id = asked_about.product_id
    group by baskets.customer_id, baskets.product_id
)

select offers.customer_id || ': ' || offers.product_id as problem
from offers
left join sold on offers.product_id = sold.product_id
left join bought on offers.customer_id = bought.customer_id and offers.product_id = bought.product_id
left join bought as reason on offers.customer_id = reason.customer_id and offers.because_of_product_id = reason.product_id
where
    coalesce(sold.last_sold_on <= offers.sold_after, true)
    or (offers.kind = 'replenish' and coalesce(bought.days < offers.min_refills or bought.days <> offers.score or offers.due_on is null, true))
    or (offers.kind <> 'replenish' and (bought.days is not null or reason.days is null))

union all

select customer_id || ' has gaps in ' || cast(count(*) as string) || ' ranks' as problem
from offers
group by customer_id
having max(product_rank) <> count(*) or count(distinct product_id) <> count(*) or count(*) > 3
