-- Grain: one row per graded customer and review from which their totals of contacts hold, until the next such row.
-- As in int_purchase_runs: what enters the window and what leaves it, summed up in order. All reviews, made anew or not: contacts are few
-- beside purchases, and whoever asks for them at a review finds them here, instead of in each of millions of rows of reviews.
with movements as (
    select
        customer_id,
        business_date as moved_on,
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
        {{ add_days('business_date', var('window_days')) }} as moved_on,
        -interactions as interactions,
        -inbound as inbound,
        -outbound as outbound,
        -complaints as complaints,
        -events_attended as events_attended,
        -campaign_touches as campaign_touches,
        -campaign_responses as campaign_responses,
        -referrals as referrals,
        0 as converted_referrals,
        -satisfaction_answers as satisfaction_answers,
        -satisfaction_total as satisfaction_total,
        -service_cost as service_cost
    from {{ ref('int_contact_days') }}

    union all

    select
        customer_id,
        converted_on as moved_on,
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

    union all

    select
        customer_id,
        {{ add_days('occurred_on', var('window_days')) }} as moved_on,
        0 as interactions,
        0 as inbound,
        0 as outbound,
        0 as complaints,
        0 as events_attended,
        0 as campaign_touches,
        0 as campaign_responses,
        0 as referrals,
        -1 as converted_referrals,
        0 as satisfaction_answers,
        0 as satisfaction_total,
        0 as service_cost
    from {{ ref('int_conversions') }}
    where converted_on < {{ add_days('occurred_on', var('window_days')) }}
),

by_review as (
    select
        movements.customer_id,
        reviews.first_review_date as review_date,
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
    inner join {{ ref('int_movement_reviews') }} as reviews on movements.moved_on = reviews.moved_on
    group by movements.customer_id, reviews.first_review_date
),

runs as (
    select
        customer_id,
        review_date as holds_from,
        coalesce(lead(review_date) over by_customer, date '9999-12-31') as holds_until,
        cast(sum(interactions) over so_far as int) as interactions,
        cast(sum(inbound) over so_far as int) as inbound,
        cast(sum(outbound) over so_far as int) as outbound,
        cast(sum(complaints) over so_far as int) as complaints,
        cast(sum(events_attended) over so_far as int) as events_attended,
        cast(sum(campaign_touches) over so_far as int) as campaign_touches,
        cast(sum(campaign_responses) over so_far as int) as campaign_responses,
        cast(sum(referrals) over so_far as int) as referrals,
        cast(sum(converted_referrals) over so_far as int) as converted_referrals,
        cast(sum(satisfaction_answers) over so_far as int) as satisfaction_answers,
        cast(sum(satisfaction_total) over so_far as decimal(18, 4)) as satisfaction_total,
        cast(sum(service_cost) over so_far as decimal(18, 2)) as service_cost
    from by_review
    window
        by_customer as (partition by customer_id order by review_date),
        so_far as (partition by customer_id order by review_date rows between unbounded preceding and current row)
)

select *, {{ satisfaction() }} as satisfaction
from runs
