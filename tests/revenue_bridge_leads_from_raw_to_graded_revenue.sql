-- In each currency the steps add up, to graded_revenue or to nothing; graded_revenue is what all customers brought up to the last review.
with bridge as (
    select
        coalesce(currency, '') as currency,
        sum(case when step = 'graded_revenue' then 0 else amount end) as amount,
        sum(case when step = 'graded_revenue' then amount else 0 end) as graded_revenue,
        sum(case when step = 'raw' then row_count when step_number between 2 and 6 then -row_count else 0 end) as rows_unaccounted_for,
        count(*) filter (where step_number > 6 and currency <> {{ quoted(var('reporting_currency')) }}) as misplaced_steps
    from {{ ref('revenue_bridge') }}
    group by 1
),

graded as (
    select amount, row_count
    from {{ ref('revenue_bridge') }}
    where step = 'graded_revenue'
),

last_review as (
    select sum(facts.lifetime_monetary) as amount, sum(facts.lifetime_orders) as orders
    from {{ ref('fct_customer_rfm') }} as facts
    inner join {{ ref('int_reviews') }} as reviews on facts.review_date = reviews.review_date
    where reviews.is_last
),

converted as (
    select coalesce(currency, '') as currency, sum(row_count) as row_count
    from {{ ref('revenue_bridge') }}
    where step = 'converted'
    group by 1
),

completed as (
    select coalesce(currency, '') as currency, sum(row_count) as row_count
    from {{ accepted('stg_order_item_ledger') }} as lines
    where order_status = 'completed'
    group by 1
)

select currency, 'the steps do not add up' as problem
from bridge
where amount <> graded_revenue or rows_unaccounted_for <> 0 or misplaced_steps > 0

union all

select converted.currency, 'other lines were converted than those of completed orders' as problem
from converted
full outer join completed on converted.currency = completed.currency
where coalesce(converted.row_count, 0) <> coalesce(completed.row_count, 0)

union all

select cast(null as string) as currency, 'graded revenue is not that of the customers' as problem
from last_review
full outer join graded on true
where
    graded.amount is null
    or (last_review.amount is not null and (graded.amount <> last_review.amount or graded.row_count <> last_review.orders))
