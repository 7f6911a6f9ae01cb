-- Grain: one row per referral whose customer has bought: it counts from converted_on, for as long as the referral itself is in the window.
with first_purchases as (
    select customer_id, min(ordered_on) as first_ordered_on
    from {{ ref('int_orders') }}
    where status = 'completed' and customer_id is not null
    group by customer_id
)

select
    contacts.interaction_id,
    contacts.customer_id,
    contacts.occurred_on,
    greatest(contacts.occurred_on, first_purchases.first_ordered_on) as converted_on
from {{ ref('int_contacts') }} as contacts
inner join first_purchases on contacts.referred_customer_id = first_purchases.customer_id
where contacts.interaction_type = 'referral'
