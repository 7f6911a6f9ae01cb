-- Grain: one row per graded customer and span of reviews to come, by number: what their window will still hold if nothing more happens.
-- As in int_purchase_runs: what is in the window of the last review leaves it at the first review window_days later.
{{ config(materialized='view') }}

with movements as (
    select
        customer_id,
        business_date,
        orders,
        net - refund_amount as monetary,
        cost_of_goods - returned_cost as cost_of_goods,
        net,
        net_of_known_cost,
        shipping_cost,
        0 as interactions,
        0 as inbound,
        0 as outbound,
        0 as complaints,
        0 as events_attended,
        0 as campaign_touches,
        0 as campaign_responses,
        0 as referrals,
        0 as converted_referrals,
        0 as satisfaction_answers,
        0 as satisfaction_total,
        0 as service_cost
    from {{ ref('int_purchase_days') }}

    union all

    select
        customer_id,
        business_date,
        0 as orders,
        0 as monetary,
        0 as cost_of_goods,
        0 as net,
        0 as net_of_known_cost,
        0 as shipping_cost,
        interactions,
        inbound,
        outbound,
        complaints,
        events_attended,
        campaign_touches,
        campaign_responses,
        referrals,
        0 as converted_referrals,
        satisfaction_answers,
        satisfaction_total,
        service_cost
    from {{ ref('int_contact_days') }}

    union all

    select
        customer_id,
        occurred_on as business_date,
        0 as orders,
        0 as monetary,
        0 as cost_of_goods,
        0 as net,
        0 as net_of_known_cost,
        0 as shipping_cost,
        0 as interactions,
        0 as inbound,
        0 as outbound,
        0 as complaints,
        0 as events_attended,
        0 as campaign_touches,
        0 as campaign_responses,
        0 as referrals,
        1 as converted_referrals,
        0 as satisfaction_answers,
        0 as satisfaction_total,
        0 as service_cost
    from {{ ref('int_conversions') }}
    where converted_on < {{ add_days('occurred_on', var('window_days')) }}
),

ends as (
    select max(number) + 1 as number
    from {{ ref('int_coming_days') }}
),

-- what is in the window of the last review, by the review that will no longer see it
leaving as (
    select
        movements.customer_id,
        coming_days.number,
        cast(sum(movements.orders) as int) as orders,
        {{ sum_money('movements.monetary') }} as monetary,
        {{ sum_money('movements.cost_of_goods') }} as cost_of_goods,
        {{ sum_money('movements.net') }} as net,
        {{ sum_money('movements.net_of_known_cost') }} as net_of_known_cost,
        {{ sum_money('movements.shipping_cost') }} as shipping_cost,
        cast(sum(movements.interactions) as int) as interactions,
        cast(sum(movements.inbound) as int) as inbound,
        cast(sum(movements.outbound) as int) as outbound,
        cast(sum(movements.complaints) as int) as complaints,
        cast(sum(movements.events_attended) as int) as events_attended,
        cast(sum(movements.campaign_touches) as int) as campaign_touches,
        cast(sum(movements.campaign_responses) as int) as campaign_responses,
        cast(sum(movements.referrals) as int) as referrals,
        cast(sum(movements.converted_referrals) as int) as converted_referrals,
        cast(sum(movements.satisfaction_answers) as int) as satisfaction_answers,
        cast(sum(movements.satisfaction_total) as decimal(18, 4)) as satisfaction_total,
        {{ sum_money('movements.service_cost') }} as service_cost
    from movements
    inner join {{ ref('int_coming_days') }} as coming_days on {{ add_days('movements.business_date', var('window_days')) }} = coming_days.day_to_come
    group by movements.customer_id, coming_days.number

    union all

    -- and in the end there is nothing
    select
        customers.customer_id,
        ends.number,
        0 as orders,
        0 as monetary,
        0 as cost_of_goods,
        0 as net,
        0 as net_of_known_cost,
        0 as shipping_cost,
        0 as interactions,
        0 as inbound,
        0 as outbound,
        0 as complaints,
        0 as events_attended,
        0 as campaign_touches,
        0 as campaign_responses,
        0 as referrals,
        0 as converted_referrals,
        0 as satisfaction_answers,
        0 as satisfaction_total,
        0 as service_cost
    from {{ ref('int_customers') }} as customers
    cross join ends
),

runs as (
    select
        customer_id,
        coalesce(lead(number) over latest_first, 0) as holds_from,
        number as holds_until,
        cast(sum(orders) over from_here_on as int) as frequency,
        cast(sum(monetary) over from_here_on as decimal(18, 2)) as monetary,
        cast(sum(cost_of_goods) over from_here_on as decimal(18, 2)) as cost_of_goods,
        cast(sum(net) over from_here_on as decimal(18, 2)) as net,
        cast(sum(net_of_known_cost) over from_here_on as decimal(18, 2)) as net_of_known_cost,
        cast(sum(shipping_cost) over from_here_on as decimal(18, 2)) as shipping_cost,
        cast(sum(interactions) over from_here_on as int) as interactions,
        cast(sum(inbound) over from_here_on as int) as inbound,
        cast(sum(outbound) over from_here_on as int) as outbound,
        cast(sum(complaints) over from_here_on as int) as complaints,
        cast(sum(events_attended) over from_here_on as int) as events_attended,
        cast(sum(campaign_touches) over from_here_on as int) as campaign_touches,
        cast(sum(campaign_responses) over from_here_on as int) as campaign_responses,
        cast(sum(referrals) over from_here_on as int) as referrals,
        cast(sum(converted_referrals) over from_here_on as int) as converted_referrals,
        cast(sum(satisfaction_answers) over from_here_on as int) as satisfaction_answers,
        cast(sum(satisfaction_total) over from_here_on as decimal(18, 4)) as satisfaction_total,
        cast(sum(service_cost) over from_here_on as decimal(18, 2)) as service_cost
    from leaving
    window
        latest_first as (partition by customer_id order by number desc),
        from_here_on as (partition by customer_id order by number desc rows between unbounded preceding and current row)
)

select *, {{ cost_coverage() }} as cost_coverage, {{ satisfaction() }} as satisfaction
from runs
