{#
    What became of every raw order line, see judged_rows and stg_order_items, whose every reader means all orders. The lines whose key
    occurs twice are judged once, by stg_repeated_order_items.
    orders: stg_orders, or those rows of it whose lines are of interest: the single lines of other orders then pass for orphans,
    and few orders are much quicker to find for tens of millions of lines than all.
#}
{% macro judged_order_items(orders) %}
    {%- call(rows) judged_single_rows('order_items', ref('stg_repeated_order_items'), carried_with_order_items()) -%}{{ placed_order_items(rows, orders) }}{%- endcall %}

union all

select *
from {{ ref('stg_repeated_order_items') }}
{% endmacro %}

{# Typed order lines with their orders, and what is to be said against them: the call block of judged_rows. #}
{% macro placed_order_items(rows, orders) %}
    select
        items.*,
        orders.effective_on,
        orders.customer_id,
        orders.status as order_status,
        orders.promotion_code,
        orders.currency,
        orders.rate_to_reporting,
        {{ as_given('quantity') }} * cast({{ as_given('unit_price') }} as decimal(20, 6)) - {{ as_given('discount_amount') }} as amount_given,
        case
            when {{ is_beyond_reckoning(['items.quantity', 'items.unit_price', 'orders.rate_to_reporting']) }} then 'out_of_range_unit_price'
            when {{ is_beyond_reckoning(['items.discount_amount', 'orders.rate_to_reporting']) }} then 'out_of_range_discount_amount'
            when {{ is_beyond_reckoning(['items.quantity', 'items.unit_cost', 'orders.rate_to_reporting']) }} then 'out_of_range_unit_cost'
            when orders.order_id is null then 'orphan'
        end as quarantine_reason,
        cast(null as string) as repair_reason
    from {{ rows }} as items
    left join {{ orders }} as orders on items.order_id = orders.order_id and orders.outcome = 'current'
{% endmacro %}

{# What order lines take over from their order. #}
{% macro carried_with_order_items() %}
    {{ return(['customer_id', 'order_status', 'promotion_code', 'currency', 'rate_to_reporting', 'amount_given']) }}
{% endmacro %}
