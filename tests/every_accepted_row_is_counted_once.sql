-- Between staging and the days that facts are made of, no order, refund or contact is lost or counted twice.
-- Who is never graded is counted apart, so that both sides have to add up.
{% set numbers = ['orders', 'refunds', 'contacts', 'graded_orders'] %}
{% set amounts = ['net', 'cost_of_goods', 'shipping_cost', 'refund_amount', 'returned_cost', 'handling_cost'] %}
with completed as (
    select order_id
    from {{ ref('int_orders') }}
    where status = 'completed'
),

never_graded as (
    select given_id
    from {{ ref('int_identities') }}
    where not is_graded
),

accepted_rows as (
    select
        coalesce(sum(case when table_name = 'orders' then row_count end), 0) as orders,
        coalesce(sum(case when table_name = 'refunds' then row_count end), 0) as refunds,
        coalesce(sum(case when table_name = 'interactions' then row_count end), 0) as contacts
    from {{ ref('data_quality') }}
    where outcome = 'accepted'
),

orders as (
    select
        count(*) as orders,
        count(*) filter (where status = 'completed' and is_graded) as graded_orders,
        coalesce(sum(net) filter (where status = 'completed' and is_graded), 0) as net,
        coalesce(sum(cost_of_goods) filter (where status = 'completed' and is_graded), 0) as cost_of_goods,
        coalesce(sum(shipping_cost) filter (where status = 'completed' and is_graded), 0) as shipping_cost
    from {{ ref('int_orders') }}
),

refunds as (
    select
        count(*) as refunds,
        coalesce(sum(refund_amount) filter (where is_graded), 0) as refund_amount,
        coalesce(sum(returned_cost) filter (where is_graded), 0) as returned_cost
    from {{ ref('int_refunds') }}
),

refunds_of_open_orders as (
    select count(*) as refunds
    from {{ accepted('stg_refunds') }} as refunds
    anti join completed on refunds.order_id = completed.order_id
),

contacts as (
    select
        count(*) as contacts,
        coalesce(sum(handling_cost), 0) as handling_cost
    from {{ ref('int_contacts') }}
),

contacts_of_nobody_graded as (
    select count(*) as contacts
    from {{ accepted('stg_interactions') }} as interactions
    semi join never_graded on interactions.customer_id = never_graded.given_id
),

purchase_days as (
    select
        coalesce(sum(orders), 0) as orders,
        coalesce(sum(net), 0) as net,
        coalesce(sum(cost_of_goods), 0) as cost_of_goods,
        coalesce(sum(shipping_cost), 0) as shipping_cost,
        coalesce(sum(refund_amount), 0) as refund_amount,
        coalesce(sum(returned_cost), 0) as returned_cost
    from {{ ref('int_purchase_days') }}
),

contact_days as (
    select
        coalesce(sum(interactions), 0) as contacts,
        coalesce(sum(service_cost), 0) as handling_cost
    from {{ ref('int_contact_days') }}
),

sent as (
    select
        accepted_rows.orders,
        accepted_rows.refunds,
        accepted_rows.contacts,
        orders.graded_orders,
        orders.net,
        orders.cost_of_goods,
        orders.shipping_cost,
        refunds.refund_amount,
        refunds.returned_cost,
        contacts.handling_cost
    from accepted_rows
    cross join orders
    cross join refunds
    cross join contacts
),

received as (
    select
        orders.orders,
        refunds.refunds + refunds_of_open_orders.refunds as refunds,
        contact_days.contacts + contacts_of_nobody_graded.contacts as contacts,
        purchase_days.orders as graded_orders,
        purchase_days.net,
        purchase_days.cost_of_goods,
        purchase_days.shipping_cost,
        purchase_days.refund_amount,
        purchase_days.returned_cost,
        contact_days.handling_cost
    from orders
    cross join refunds
    cross join refunds_of_open_orders
    cross join contact_days
    cross join contacts_of_nobody_graded
    cross join purchase_days
)

{%- for name in numbers + amounts %}

select '{{ name }}' as counted, sent.{{ name }} as sent, received.{{ name }} as received
from sent
cross join received
where sent.{{ name }} <> received.{{ name }}
{{ '\nunion all' if not loop.last }}
{%- endfor %}
