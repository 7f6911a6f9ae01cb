-- Between staging and the days that facts are made of, no order, refund or contact is lost or counted twice.
-- Who is never graded is counted apart, so that both sides have to add up.
with accepted_rows as (
    select table_name, sum(row_count) as row_count
    from {{ ref('data_quality') }}
    where outcome = 'accepted'
    group by table_name
),

orders as (
    select
        count(*) as orders,
        count(*) filter (where status = 'completed' and is_graded) as graded_orders,
        sum(net) filter (where status = 'completed' and is_graded) as net,
        sum(cost_of_goods) filter (where status = 'completed' and is_graded) as cost_of_goods,
        sum(shipping_cost) filter (where status = 'completed' and is_graded) as shipping_cost
    from {{ ref('int_orders') }}
),

refunds as (
    select
        count(*) as refunds,
        sum(refund_amount) filter (where is_graded) as refund_amount,
        sum(returned_cost) filter (where is_graded) as returned_cost
    from {{ ref('int_refunds') }}
),

uncounted_refunds as (
    select count(*) as refunds
    from {{ accepted('stg_refunds') }} as refunds
    anti join (select order_id from {{ ref('int_orders') }} where status = 'completed') as completed on refunds.order_id = completed.order_id
),

contacts as (
    select count(*) as contacts, sum(handling_cost) as handling_cost
    from {{ ref('int_contacts') }}
),

uncounted_contacts as (
    select count(*) as contacts
    from {{ accepted('stg_interactions') }} as interactions
    semi join (select given_id from {{ ref('int_identities') }} where not is_graded) as never_graded on interactions.customer_id = never_graded.given_id
),

purchase_days as (
    select
        sum(orders) as orders,
        sum(net) as net,
        sum(cost_of_goods) as cost_of_goods,
        sum(shipping_cost) as shipping_cost,
        sum(refund_amount) as refund_amount,
        sum(returned_cost) as returned_cost
    from {{ ref('int_purchase_days') }}
),

contact_days as (
    select sum(interactions) as contacts, sum(service_cost) as service_cost
    from {{ ref('int_contact_days') }}
),

claims as (
    select 'accepted orders' as counted, (select row_count from accepted_rows where table_name = 'orders') as before, orders as after from orders
    union all
    select 'accepted refunds', (select row_count from accepted_rows where table_name = 'refunds'), refunds.refunds + uncounted_refunds.refunds from refunds cross join uncounted_refunds
    union all
    select 'accepted interactions', (select row_count from accepted_rows where table_name = 'interactions'), contacts.contacts + uncounted_contacts.contacts from contacts cross join uncounted_contacts
    union all
    select 'orders of graded customers', orders.graded_orders, days.orders from orders cross join purchase_days as days
    union all
    select 'net', orders.net, days.net from orders cross join purchase_days as days
    union all
    select 'cost of goods', orders.cost_of_goods, days.cost_of_goods from orders cross join purchase_days as days
    union all
    select 'shipping', orders.shipping_cost, days.shipping_cost from orders cross join purchase_days as days
    union all
    select 'refunds', refunds.refund_amount, days.refund_amount from refunds cross join purchase_days as days
    union all
    select 'returned goods', refunds.returned_cost, days.returned_cost from refunds cross join purchase_days as days
    union all
    select 'contacts', contacts.contacts, days.contacts from contacts cross join contact_days as days
    union all
    select 'handling cost', contacts.handling_cost, days.service_cost from contacts cross join contact_days as days
)

select counted, before, after
from claims
where coalesce(before, 0) <> coalesce(after, 0)
