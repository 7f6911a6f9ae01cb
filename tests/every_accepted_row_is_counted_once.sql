-- Between staging and the days that facts are made of, no order, refund or contact is lost or counted twice.
-- Contacts of those who are never graded are counted apart, so that both sides have to add up.
{% set numbers = ['orders', 'completed_orders', 'lines', 'refunds', 'contacts'] %}
{% set amounts = ['shipping_cost', 'refund_amount', 'returned_cost', 'handling_cost'] %}
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
        count(*) filter (where status = 'completed') as completed_orders,
        coalesce(sum(shipping_cost) filter (where status = 'completed'), 0) as shipping_cost
    from {{ ref('int_orders') }}
),

lines as (
    select coalesce(sum(row_count), 0) as lines
    from {{ accepted('stg_order_item_ledger') }} as accepted_lines
    where order_status = 'completed'
),

refunds as (
    select
        count(*) as refunds,
        coalesce(sum(refund_amount), 0) as refund_amount,
        coalesce(sum(returned_cost), 0) as returned_cost
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

sales_days as (
    select
        coalesce(sum(orders), 0) as orders,
        coalesce(sum(lines), 0) as lines,
        coalesce(sum(shipping_cost), 0) as shipping_cost,
        coalesce(sum(refund_amount), 0) as refund_amount,
        coalesce(sum(returned_cost), 0) as returned_cost
    from {{ ref('int_sales_days') }}
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
        orders.completed_orders,
        lines.lines,
        accepted_rows.refunds,
        accepted_rows.contacts,
        orders.shipping_cost,
        refunds.refund_amount,
        refunds.returned_cost,
        contacts.handling_cost
    from accepted_rows
    cross join orders
    cross join lines
    cross join refunds
    cross join contacts
),

received as (
    select
        orders.orders,
        sales_days.orders as completed_orders,
        sales_days.lines,
        refunds.refunds + refunds_of_open_orders.refunds as refunds,
        contact_days.contacts + contacts_of_nobody_graded.contacts as contacts,
        sales_days.shipping_cost,
        sales_days.refund_amount,
        sales_days.returned_cost,
        contact_days.handling_cost
    from orders
    cross join refunds
    cross join refunds_of_open_orders
    cross join contact_days
    cross join contacts_of_nobody_graded
    cross join sales_days
)

{%- for name in numbers + amounts %}

select '{{ name }}' as counted, sent.{{ name }} as sent, received.{{ name }} as received
from sent
cross join received
where sent.{{ name }} <> received.{{ name }}
{{ '\nunion all' if not loop.last }}
{%- endfor %}
