-- Grain: one row per closed review, tier before (null: entered) and tier after it: who moved, and what they are worth.
{{ config(materialized=review_table(), incremental_strategy='append', pre_hook="{{ forget_reviews(this.identifier) }}") }}

with moves as (
    select
        tiers.review_date,
        tiers.previous_tier_rank,
        tiers.tier_rank,
        count(*) as customers,
        sum(tiers.monetary) as monetary,
        sum(tiers.net_profit) as net_profit
    from {{ ref('fct_tier_reviews') }} as tiers
    cross join {{ ref('int_recompute') }} as recompute
    where tiers.is_closed and tiers.review_date >= recompute.recompute_from
    group by tiers.review_date, tiers.previous_tier_rank, tiers.tier_rank
)

select
    review_date,
    {{ tier_name('previous_tier_rank') }} as from_tier,
    {{ tier_name('tier_rank') }} as to_tier,
    cast(customers as bigint) as customers,
    cast(monetary as decimal(18, 2)) as monetary,
    cast(net_profit as decimal(18, 2)) as net_profit
from moves
