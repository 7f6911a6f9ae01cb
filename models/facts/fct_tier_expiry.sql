-- Grain: one row per customer of the last review who will lose their tier by time alone: keep_until, the last day they have it if nothing
-- more happens. The reviews to come are held as those before, on what is left in the window, by the rules and breakpoints of the last one.
{% set ways = tier_ways() %}
{% set entry_ways = ways | selectattr('kind', 'equalto', 'entry') | list %}
{% set grace = var('tier_grace_reviews') %}
{% set metrics = pattern_metrics() | select('in', metrics_of(ways)) | list %}

with coming_reviews as (
    select distinct number, review_date
    from {{ ref('int_coming_days') }}
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

-- how they will have bought by then; used where a rule asks for it
patterns as ( -- noqa: ST03
    {{ pattern_rows('coming_reviews', metrics, customers='at_stake') }}
),

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
        {{ profit_of_totals('runs', 'runs') }},
        {{ metric_columns('runs', contact_metrics()) }},
        {{ metric_columns('at_stake', assessment_metrics()) }},
        {%- if metrics %}
        {{ metric_columns('patterns', metrics) }},
        {%- endif %}
        at_stake.is_company
    from at_stake
    inner join {{ ref('int_remaining_runs') }} as runs on at_stake.customer_id = runs.customer_id
    inner join coming_reviews as coming
        on runs.holds_from <= coming.number and runs.holds_until > coming.number
    {%- if metrics %}
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
