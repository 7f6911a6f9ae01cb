-- Grain: one row per step and currency: the way from the raw order lines to the revenue that customers are graded by.
-- Amounts are signed: in each currency the steps before graded_revenue add up, to graded_revenue in the reporting currency, to 0 in any other.
with ledger as (
    select currency, outcome, sum(row_count) as row_count, sum(coalesce(amount, 0)) as amount
    from {{ ref('data_quality') }}
    where table_name = 'order_items'
    group by currency, outcome
),

not_completed as (
    select currency, sum(row_count) as row_count, sum(amount_given) as amount
    from {{ accepted('stg_order_item_ledger') }} as lines
    where order_status <> 'completed'
    group by currency
),

sales as (
    select
        coalesce(sum(orders), 0) as orders,
        coalesce(sum(case when is_graded then orders end), 0) as graded_orders,
        coalesce(sum(net), 0) as net,
        coalesce(sum(case when is_graded then net end), 0) as graded_net
    from {{ ref('int_sales_days') }}
),

refunds as (
    select
        count(*) as refunds,
        coalesce(sum(refund_amount), 0) as refunded,
        coalesce(sum(refund_amount) filter (where is_graded), 0) as graded_refunded
    from {{ ref('int_refunds') }}
),

before_conversion as (
    select 1 as step_number, 'raw' as step, currency, sum(row_count) as row_count, round(sum(amount), 2) as amount
    from ledger
    group by currency

    union all

    select
        case outcome when 'superseded' then 2 when 'quarantined' then 3 else 4 end as step_number,
        outcome as step,
        currency,
        row_count,
        -round(amount, 2) as amount
    from ledger
    where outcome <> 'accepted'

    union all

    select 5 as step_number, 'not_completed' as step, currency, row_count, -round(amount, 2) as amount
    from not_completed
),

-- what is left leaves its currency and arrives in the reporting currency, line by line rounded to cents
converted as (
    select currency, sum(case when step = 'raw' then row_count else -row_count end) as row_count, -sum(amount) as amount
    from before_conversion
    group by currency

    union all

    select {{ quoted(var('reporting_currency')) }} as currency, 0 as row_count, net as amount
    from sales
),

after_conversion as (
    select 7 as step_number, 'refunded' as step, refunds.refunds as row_count, -refunds.refunded as amount
    from refunds

    union all

    select
        8 as step_number,
        'unattributed' as step,
        sales.orders - sales.graded_orders as row_count,
        (refunds.refunded - refunds.graded_refunded) - (sales.net - sales.graded_net) as amount
    from sales
    cross join refunds

    union all

    select 9 as step_number, 'graded_revenue' as step, sales.graded_orders as row_count, sales.graded_net - refunds.graded_refunded as amount
    from sales
    cross join refunds
),

steps as (
    select step_number, step, currency, row_count, amount
    from before_conversion

    union all

    select 6 as step_number, 'converted' as step, currency, sum(row_count) as row_count, sum(amount) as amount
    from converted
    group by currency

    union all

    select step_number, step, {{ quoted(var('reporting_currency')) }} as currency, row_count, amount
    from after_conversion
)

select
    step_number,
    step,
    currency,
    cast(row_count as bigint) as row_count,
    cast(amount as decimal(38, 2)) as amount
from steps
