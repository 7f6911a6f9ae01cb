-- Grain: one row per accepted line of a completed order, under the customer it counts for, valued in the reporting currency at the rate of the order's day.
{{ config(materialized='view') }}

select
    items.order_id,
    items.line_number,
    coalesce(identities.customer_id, items.customer_id) as customer_id,
    items.effective_on as ordered_on,
    items.product_id,
    items.quantity,
    {{ in_reporting_currency('items.quantity * cast(items.unit_price as decimal(20, 4)) - coalesce(items.discount_amount, 0)', 'items.rate_to_reporting') }} as net,
    case
        when items.unit_cost is not null then {{ in_reporting_currency('items.quantity * cast(items.unit_cost as decimal(20, 4))', 'items.rate_to_reporting') }}
        else {{ in_reporting_currency('items.quantity * cast(products.unit_cost as decimal(20, 4))', '1') }}
    end as cost_of_goods,
    items.promotion_code is not null as is_promoted,
    coalesce(products.is_flagship, false) as is_flagship,
    products.category,
    items.customer_id is not null and coalesce(identities.is_graded, true) as is_graded
from {{ accepted('stg_order_items') }} as items
left join {{ ref('int_products') }} as products
    on
        items.product_id = products.product_id
        and items.effective_on >= products.valid_from
        and items.effective_on < products.valid_to
left join {{ ref('int_identities') }} as identities on items.customer_id = identities.given_id
where items.order_status = 'completed'
