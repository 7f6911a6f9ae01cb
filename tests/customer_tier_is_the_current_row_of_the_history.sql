-- Who has a history has its current row here; who has none yet is provisional.
with history as (
    select *
    from {{ ref('customer_tier_history') }}
    where is_current
)

select
    coalesce(current_tiers.customer_id, history.customer_id) as customer_id,
    current_tiers.tier,
    history.tier as tier_in_history
from {{ ref('customer_tier') }} as current_tiers
full outer join history on current_tiers.customer_id = history.customer_id
where
    current_tiers.customer_id is null
    or current_tiers.is_provisional <> (history.customer_id is null)
    or current_tiers.tier_since is distinct from history.valid_from
    or current_tiers.previous_tier is distinct from history.previous_tier
    or (not current_tiers.is_provisional and (current_tiers.tier <> history.tier or current_tiers.tier_rank <> history.tier_rank))
