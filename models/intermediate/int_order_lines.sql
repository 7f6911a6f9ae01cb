-- Grain: one row per accepted line of a completed order, valued in the reporting currency at the rate of the order's day.
{{ config(materialized='view') }}

select
    items.order_id,
    items.line_number,
    {{ in_reporting_currency('items.quantity * items.unit_price - coalesce(items.discount_amount, 0)', 'items.rate_to_reporting') }} as net,
    case
        when items.unit_cost is not null then {{ in_reporting_currency('items.quantity * items.unit_cost', 'items.rate_to_reporting') }}
        else {{ in_reporting_currency('items.quantity * costs.unit_cost', '1') }}
    end as cost_of_goods,
    coalesce(items.rate_to_reporting * items.unit_cost, costs.unit_cost) as unit_cost
from {{ accepted('stg_order_items') }} as items
left join {{ ref('int_product_costs') }} as costs
    on
        items.unit_cost is null
        and items.product_id = costs.product_id
        and items.effective_on >= costs.valid_from
        and items.effective_on < costs.valid_to
where items.order_status = 'completed'
