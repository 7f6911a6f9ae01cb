-- Internal and anonymous customers, and ids merged into another, are not among the graded; everyone else is,
-- from their first order or contact on at the latest.
with customers as (
    select *
    from {{ accepted('stg_customers') }} as accepted_customers
),

-- everyone under the id they count for
members as (
    select
        customers.customer_id as given_id,
        coalesce(customers.merged_into, customers.customer_id) as customer_id,
        coalesce(targets.customer_type, case when customers.merged_into is null then customers.customer_type end, '') as customer_type
    from customers
    left join customers as targets on customers.merged_into = targets.customer_id
)

select graded.customer_id, 'graded, though never to be' as problem
from {{ ref('int_customers') }} as graded
inner join members on graded.customer_id = members.given_id
where members.customer_type in ('internal', 'anonymous') or members.customer_id <> members.given_id

union all

select members.given_id, 'not graded, though a customer' as problem
from members
anti join {{ ref('int_customers') }} as graded on members.customer_id = graded.customer_id
where members.customer_type not in ('internal', 'anonymous')

union all

select orders.customer_id, 'ordered before being seen' as problem
from {{ ref('int_orders') }} as orders
left join {{ ref('int_customers') }} as graded on orders.customer_id = graded.customer_id
where orders.is_graded and coalesce(orders.ordered_on < graded.first_seen_on, true)

union all

select contacts.customer_id, 'in contact before being seen' as problem
from {{ ref('int_contacts') }} as contacts
left join {{ ref('int_customers') }} as graded on contacts.customer_id = graded.customer_id
where coalesce(contacts.occurred_on < graded.first_seen_on, true)
