-- Grain: one row per customer of the last review who will lose their tier by time alone: keep_until, the last day they have it if nothing
-- more happens. The reviews to come are held as those before, on what is left in the window, by the rules and breakpoints of the last one.
{% set ways = tier_ways() %}
{% set entry_ways = ways | selectattr('kind', 'equalto', 'entry') | list %}
{% set grace = var('tier_grace_reviews') %}
{% set lines = ref('int_order_lines') %}  {# named here because dbt looks for refs before it knows the rules #}
{% set patterns = pattern_metrics() | select('in', metrics_of(ways)) | list %}
{% set longest_period = {'day': 1, 'week': 7, 'month': 31}.get(var('review_cadence'), 92) %}

-- up to where everything has left the window and the grace is over
with days_to_come as (
    select {{ each_day(add_days('as_of_date', 1), add_days('as_of_date', var('window_days') + grace * longest_period)) }} as day_to_come
    from {{ ref('int_as_of') }}
),

-- reviews are numbered from the last closed one, 0
coming_days as (
    select
        day_to_come,
        {{ period_end('day_to_come') }} as review_date,
        cast(dense_rank() over (order by {{ period_end('day_to_come') }}) as int) as number
    from days_to_come
),

coming_reviews as (
    select distinct number, review_date
    from coming_days
),

ends as (
    select max(number) + 1 as number
    from coming_reviews
),

breakpoints as (
    {{ breakpoints_by_group() }}
),

last_closed_review as (
    select max(review_number) as review_number
    from {{ ref('int_reviews') }}
    where is_closed
),

-- a tier that no review within the grace has kept may be lost at the next
last_reviews as (
    select
        scored.*,
        tiers.held_rank,
        tiers.is_provisional,
        coalesce(kept.review_number - last_closed_review.review_number, -{{ grace }}) as kept_number,
        {{ rules_version(ways, 'scored.review_date') }} as rules_version
    from {{ ref('fct_current_tiers') }} as tiers
    inner join {{ ref('fct_current_metrics') }} as scored on tiers.customer_id = scored.customer_id
    left join {{ ref('int_reviews') }} as kept on tiers.kept_on = kept.review_date
    cross join last_closed_review
    where
        tiers.tier_source <> 'override'
        and tiers.held_rank > 0
),

at_stake as (
    select *
    from last_reviews
    where is_provisional or not {{ any_way_met(lasting_ways(ways), 'held_rank') }}
),

movements as (
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
    inner join coming_days on {{ add_days('movements.business_date', var('window_days')) }} = coming_days.day_to_come
    inner join at_stake on movements.customer_id = at_stake.customer_id
    group by movements.customer_id, coming_days.number

    union all

    -- and in the end there is nothing
    select
        at_stake.customer_id,
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
    from at_stake
    cross join ends
),

runs as (
    select
        customer_id,
        coalesce(lead(number) over latest_first, 1) as holds_from,
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
),

{% if patterns -%}
-- how they will have bought by then
purchase_days_at_stake as (
    select days.*
    from {{ ref('int_purchase_days') }} as days
    inner join at_stake on days.customer_id = at_stake.customer_id
),

lines_at_stake as (
    select lines.*
    from {{ lines }} as lines
    inner join at_stake on lines.customer_id = at_stake.customer_id
),

patterns as (
    {{ pattern_rows('coming_reviews', 'purchase_days_at_stake', 'lines_at_stake', patterns) }}
),

{% endif -%}
facts as (
    select
        at_stake.customer_id,
        at_stake.review_date,
        at_stake.score_group,
        at_stake.held_rank,
        at_stake.is_provisional,
        at_stake.kept_number,
        at_stake.rules_version,
        coming.number,
        at_stake.recency_days + {{ days_between('at_stake.review_date', 'coming.review_date') }} as recency_days,
        runs.frequency,
        runs.monetary,
        at_stake.lifetime_orders,
        at_stake.lifetime_monetary,
        at_stake.tenure_days + {{ days_between('at_stake.review_date', 'coming.review_date') }} as tenure_days,
        {{ metrics_of_totals('runs', 'runs') }},
        at_stake.industry_standing,
        at_stake.growth_prospect,
        at_stake.strategic_importance,
        at_stake.relationship_strength,
        {%- if patterns %}
        {{ pattern_columns('patterns', patterns) }},
        {%- endif %}
        at_stake.is_company
    from at_stake
    inner join runs on at_stake.customer_id = runs.customer_id
    inner join coming_reviews as coming
        on runs.holds_from <= coming.number and runs.holds_until > coming.number
    {%- if patterns %}
    left join patterns on at_stake.customer_id = patterns.customer_id and coming.review_date = patterns.review_date
    {%- endif %}
),

scored as (
    select
        facts.*,
        {{ scores() }}
    from facts
    left join breakpoints on facts.review_date = breakpoints.review_date and facts.score_group = breakpoints.score_group
),

-- the first review of a customer keeps nothing: what it earns is what they have
judged as (
    select
        customer_id,
        number,
        kept_number,
        case
            when is_provisional and number = 1 then {{ any_way_met(entry_ways, 'held_rank') }}
            else {{ any_way_met(ways, 'held_rank') }}
        end as is_kept
    from scored
),

followed as (
    select
        customer_id,
        number,
        coalesce(max(case when is_kept then number end) over (partition by customer_id order by number), kept_number) as last_kept_number
    from judged
),

lost as (
    select customer_id, min(number) as number
    from followed
    where number - last_kept_number > {{ grace }}
    group by customer_id
)

select lost.customer_id, coming_reviews.review_date as keep_until
from lost
inner join coming_reviews on lost.number = coming_reviews.number

union all

select customer_id, overridden_until as keep_until
from {{ ref('fct_current_tiers') }}
where tier_source = 'override' and overridden_until is not null
