-- Grain: one row per customer id that does not simply count for itself: merged into another, or never graded.
with customers as (
    select customer_id, merged_into, customer_type
    from {{ accepted('stg_customers') }} as accepted_customers
),

identities as (
    select
        customers.customer_id as given_id,
        coalesce(customers.merged_into, customers.customer_id) as customer_id,
        coalesce(coalesce(targets.customer_type, case when customers.merged_into is null then customers.customer_type end) not in ('internal', 'anonymous'), true) as is_graded
    from customers
    left join customers as targets on customers.merged_into = targets.customer_id
)

select given_id, customer_id, is_graded
from identities
where given_id <> customer_id or not is_graded
