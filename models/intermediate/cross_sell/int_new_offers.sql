-- Grain: one row per customer and product that they did not buy in the window and that goes with, or is a step up from, what they bought.
-- The score is in days on which they bought what speaks for it, each as much as the weight of int_related_products says.
{{ config(materialized='view') }}

with reasons as (
    select
        bought.customer_id,
        related.other_product_id as product_id,
        related.kind,
        bought.product_id as because_of_product_id,
        cast(bought.days_bought * related.weight as decimal(14, 4)) as days_for_it,
        related.confidence,
        related.lift
    from {{ ref('int_customer_products') }} as bought
    inner join {{ ref('int_related_products') }} as related on bought.product_id = related.product_id
    -- a better version of what they bought again, so that they are known to like it
    where related.kind = 'cross_sell' or bought.days_bought >= 2
),

new_reasons as (
    select reasons.*
    from reasons
    left join {{ ref('int_customer_products') }} as known on reasons.customer_id = known.customer_id and reasons.product_id = known.product_id
    where known.customer_id is null
),

ranked as (
    select
        *,
        sum(case when kind = 'cross_sell' then days_for_it end) over (partition by customer_id, product_id) as cross_sell_days,
        sum(days_for_it) over (partition by customer_id, product_id) as all_days,
        row_number() over (partition by customer_id, product_id order by kind asc, days_for_it desc, lift desc, because_of_product_id asc) as place
    from new_reasons
)

select
    customer_id,
    product_id,
    kind,
    because_of_product_id,
    cast(coalesce(cross_sell_days, all_days) as decimal(14, 4)) as score,
    confidence,
    lift
from ranked
where place = 1
