-- Grain: one row per customer who bought in the window of the last review and place, 1 to 3: what to offer them next.
-- First what they come back for, then what goes with what they bought, then a better version of it.
with offers as (
    select
        customer_id,
        product_id,
        'replenish' as kind,
        1 as kind_place,
        cast(null as string) as because_of_product_id,
        cast(days_bought as decimal(14, 4)) as score,
        cast(null as decimal(5, 4)) as confidence,
        cast(null as decimal(14, 4)) as lift,
        interval_days,
        due_on
    from {{ ref('int_due_refills') }}

    union all

    select
        customer_id,
        product_id,
        kind,
        case kind when 'cross_sell' then 2 else 3 end as kind_place,
        because_of_product_id,
        score,
        confidence,
        lift,
        cast(null as decimal(9, 4)) as interval_days,
        cast(null as date) as due_on
    from {{ ref('int_new_offers') }}
),

ranked as (
    select *, row_number() over (partition by customer_id order by kind_place asc, score desc, due_on asc, product_id asc) as product_rank
    from offers
)

select
    ranked.customer_id,
    last_review.review_date as as_of_date,
    cast(ranked.product_rank as int) as product_rank,
    ranked.product_id,
    ranked.kind,
    ranked.because_of_product_id,
    ranked.score,
    ranked.confidence,
    ranked.lift,
    ranked.interval_days,
    ranked.due_on
from ranked
cross join {{ ref('int_reviews') }} as last_review
where ranked.product_rank <= 3 and last_review.is_last
