-- Who has bought by the last review has one forecast, and nobody else has; of equal buyers known for equally long, the one who bought last
-- is the likelier to be alive.
with buyers as (
    select facts.customer_id
    from {{ ref('fct_customer_reviews') }} as facts
    inner join {{ ref('int_reviews') }} as reviews on facts.review_date = reviews.review_date
    where reviews.is_last and facts.lifetime_orders > 0
),

likelier as (
    select
        as_of_date,
        repeat_orders,
        active_days,
        age_days,
        probability_alive,
        expected_orders,
        discounted_orders,
        base_order_value,
        max(probability_alive) over (
            partition by as_of_date, repeat_orders, age_days
            order by active_days
            rows between unbounded preceding and 1 preceding
        ) as likeliest_before
    from {{ ref('int_clv_scores') }}
)

select coalesce(buyers.customer_id, clv.customer_id) as problem
from buyers
full outer join {{ ref('fct_customer_clv') }} as clv on buyers.customer_id = clv.customer_id
where buyers.customer_id is null or clv.customer_id is null

union all

select cast(repeat_orders as string) || ' after ' || cast(active_days as string) || ' of ' || cast(age_days as string) || ' days' as problem
from likelier
where
    probability_alive < likeliest_before
    or coalesce(probability_alive not between 0 and 1, true)
    or coalesce(expected_orders < 0, true)
    or coalesce(discounted_orders not between 0 and expected_orders, true)
    or coalesce(base_order_value < 0, true)
