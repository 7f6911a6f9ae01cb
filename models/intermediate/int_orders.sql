-- Grain: one row per accepted order of any status, under the customer it counts for.
{{ config(materialized='view') }}

select
    orders.order_id,
    coalesce(identities.customer_id, orders.customer_id) as customer_id,
    orders.effective_on as ordered_on,
    orders.status,
    coalesce({{ in_reporting_currency('orders.shipping_cost', 'orders.rate_to_reporting') }}, 0) as shipping_cost,
    orders.customer_id is not null and coalesce(identities.is_graded, true) as is_graded
from {{ accepted('stg_orders') }} as orders
left join {{ ref('int_identities') }} as identities on orders.customer_id = identities.given_id
