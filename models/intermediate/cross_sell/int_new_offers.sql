-- Grain: one row per customer and product that they did not buy in the window and that goes with, or is a step up from, what they bought.
-- The score is in days: those on which they bought a product, times the share of its orders that the other was in; whole for a step up.
{{ config(materialized='view') }}

with reasons as (
    select
        bought.customer_id,
        related.other_product_id as product_id,
        related.kind,
        bought.product_id as because_of_product_id,
        cast(bought.days_bought * coalesce(related.confidence, 1) as decimal(14, 4)) as days,
        related.confidence,
        related.lift
    from {{ ref('int_customer_products') }} as bought
    inner join {{ ref('int_related_products') }} as related on bought.product_id = related.product_id
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
        sum(case when kind = 'cross_sell' then days end) over (partition by customer_id, product_id) as cross_sell_days,
        sum(days) over (partition by customer_id, product_id) as all_days,
        row_number() over (partition by customer_id, product_id order by kind, days desc, lift desc, because_of_product_id) as place
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
