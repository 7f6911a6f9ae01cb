-- Grain: one row per outcome, reason, currency, order status and order day of the raw order lines: how many, and what they come to.
-- What is counted of tens of millions of lines is counted here, once.
select
    outcome,
    outcome_reason,
    currency,
    order_status,
    effective_on,
    cast(count(*) as bigint) as row_count,
    -- wider than money, because raw rows may hold anything; one of 10^18 or more would burst the sum
    sum(try_cast(amount_given as decimal(30, 12))) as amount_given
from {{ ref('stg_order_items') }}
group by 1, 2, 3, 4, 5
