-- Grain: one row per graded customer and day with a contact.
select
    customer_id,
    occurred_on as business_date,
    cast(count(*) as int) as interactions,
    cast(count(*) filter (where direction = 'inbound') as int) as inbound,
    cast(count(*) filter (where direction = 'outbound') as int) as outbound,
    cast(count(*) filter (where interaction_type = 'complaint') as int) as complaints,
    cast(count(*) filter (where interaction_type = 'event_attendance') as int) as events_attended,
    cast(count(*) filter (where interaction_type = 'campaign_touch') as int) as campaign_touches,
    cast(count(*) filter (where interaction_type = 'campaign_response') as int) as campaign_responses,
    cast(count(*) filter (where interaction_type = 'referral') as int) as referrals,
    cast(count(satisfaction_score) as int) as satisfaction_answers,
    cast(coalesce(sum(satisfaction_score), 0) as decimal(18, 4)) as satisfaction_total,
    {{ sum_money('handling_cost') }} as service_cost
from {{ ref('int_contacts') }}
group by customer_id, occurred_on
