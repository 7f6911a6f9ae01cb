-- Grain: one row per customer of the last review: their tier on the morning after as_of_date, and what it rests on.
-- The last closed review decides; while a customer has none, the open one does and the tier is provisional.
with turns as (
    select
        max(review_date) as last_on,
        max(case when is_closed then review_date end) as last_closed_on
    from {{ ref('int_reviews') }}
),

last_reviews as (
    select *
    from {{ ref('fct_tier_reviews') }}
    where review_date = (select turns.last_on from turns)
),

closed_reviews as (
    select *
    from {{ ref('fct_tier_reviews') }}
    where review_date = (select turns.last_closed_on from turns)
),

facts as (
    select customer_id, recency_days, frequency, monetary, gross_profit, net_profit
    from {{ ref('fct_customer_reviews') }}
    where review_date = (select turns.last_on from turns)
),

overrides as (
    select overrides.customer_id, cast(tiers.tier_rank as int) as tier_rank
    from {{ ref('int_overrides') }} as overrides
    inner join {{ ref('tiers') }} as tiers on overrides.tier = tiers.tier
    inner join {{ ref('int_as_of') }} as as_of
        on
            as_of.as_of_date >= {{ add_days('overrides.valid_from', -1) }}
            and as_of.as_of_date < {{ add_days('overrides.valid_to', -1) }}
),

decided as (
    select
        last_reviews.customer_id,
        closed.customer_id is null as is_provisional,
        coalesce(closed.review_date, last_reviews.review_date) as tier_review_date,
        coalesce(overrides.tier_rank, closed.held_rank, last_reviews.held_rank) as tier_rank,
        case when overrides.tier_rank is not null then 'override' else coalesce(closed.held_source, last_reviews.held_source) end as tier_source,
        coalesce(closed.recency_score, last_reviews.recency_score) as recency_score,
        coalesce(closed.frequency_score, last_reviews.frequency_score) as frequency_score,
        coalesce(closed.monetary_score, last_reviews.monetary_score) as monetary_score,
        coalesce(closed.profit_score, last_reviews.profit_score) as profit_score,
        last_reviews.tier as projected_tier
    from last_reviews
    left join closed_reviews as closed on last_reviews.customer_id = closed.customer_id
    left join overrides on last_reviews.customer_id = overrides.customer_id
),

classes as (
    select
        customer_id,
        max(case when scheme = 'behaviour_class' then class end) as behaviour_class,
        max(case when scheme = 'rfm_segment' then class end) as rfm_segment,
        max(case when scheme = 'purchasing_power' then class end) as purchasing_power,
        max(case when scheme = 'purchase_frequency' then class end) as purchase_frequency,
        max(case when scheme = 'loyalty' then class end) as loyalty,
        max(case when scheme = 'abc_class' then class end) as abc_class
    from {{ ref('customer_classes') }}
    group by customer_id
)

select
    decided.customer_id,
    as_of.as_of_date,
    history.valid_from as tier_since,
    decided.tier_review_date,
    tiers.tier,
    tiers.label_en as tier_label_en,
    tiers.label_zh as tier_label_zh,
    decided.tier_source,
    history.previous_tier,
    decided.projected_tier,
    classes.behaviour_class,
    classes.rfm_segment,
    classes.purchasing_power,
    classes.purchase_frequency,
    classes.loyalty,
    classes.abc_class,
    decided.tier_rank,
    decided.recency_score,
    decided.frequency_score,
    decided.monetary_score,
    decided.profit_score,
    facts.recency_days,
    facts.frequency,
    facts.monetary,
    facts.gross_profit,
    facts.net_profit,
    decided.is_provisional
from decided
cross join {{ ref('int_as_of') }} as as_of
inner join {{ ref('tiers') }} as tiers on decided.tier_rank = cast(tiers.tier_rank as int)
inner join facts on decided.customer_id = facts.customer_id
left join {{ ref('customer_tier_history') }} as history on decided.customer_id = history.customer_id and history.is_current
left join classes on decided.customer_id = classes.customer_id
