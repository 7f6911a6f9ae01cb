-- What has to hold between the numbers of one row, whatever the data: profit is revenue less every cost, a buyer of the window bought in it, and so on.
with facts as (
    select
        *,
        not coalesce(
            gross_profit = monetary - cost_of_goods
            and net_profit = gross_profit - service_cost - shipping_cost
            and service_cost >= 0
            and shipping_cost >= 0,
            false
        ) as is_wrong_profit,
        not coalesce(
            (recency_days is null) = (lifetime_orders = 0)
            and (frequency > 0) = coalesce(recency_days < {{ var('window_days') }}, false)
            and frequency between 0 and lifetime_orders
            and coalesce(recency_days between 0 and tenure_days, true)
            and tenure_days >= 0,
            false
        ) as is_wrong_purchase
    from {{ ref('fct_customer_reviews') }}
    where review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
),

engagement as (
    select
        *,
        not coalesce(
            inbound + outbound <= interactions
            and complaints + events_attended + campaign_touches + campaign_responses + referrals <= interactions
            and least(inbound, outbound, complaints, events_attended, campaign_touches, campaign_responses) >= 0
            and converted_referrals between 0 and referrals
            and (satisfaction is null or (satisfaction between 1 and 5 and interactions > 0)),
            false
        ) as is_wrong_contact
    from {{ ref('fct_customer_engagement') }}
    where review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
)

select
    customer_id,
    review_date,
    is_wrong_profit,
    is_wrong_purchase,
    false as is_wrong_contact
from facts
where is_wrong_profit or is_wrong_purchase

union all

select
    customer_id,
    review_date,
    false as is_wrong_profit,
    false as is_wrong_purchase,
    is_wrong_contact
from engagement
where is_wrong_contact
