-- Grain: one row per accepted interaction with a graded customer, under the customer it counts for.
select
    interactions.interaction_id,
    coalesce(identities.customer_id, interactions.customer_id) as customer_id,
    interactions.effective_on as occurred_on,
    interactions.interaction_type,
    interactions.direction,
    coalesce(referred.customer_id, interactions.referred_customer_id) as referred_customer_id,
    interactions.satisfaction_score,
    {{ to_money('coalesce(interactions.handling_cost, 0)') }} as handling_cost
from {{ accepted('stg_interactions') }} as interactions
left join {{ ref('int_identities') }} as identities on interactions.customer_id = identities.given_id
left join {{ ref('int_identities') }} as referred on interactions.referred_customer_id = referred.given_id
where coalesce(identities.is_graded, true)
