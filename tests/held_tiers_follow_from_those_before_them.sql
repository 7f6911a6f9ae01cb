-- Held is never below earned, nor more than one tier below the review before (soft landing), and its source says why; names go with ranks,
-- and what a row calls previous is what the review before it held. That last claim is made by sums of row hashes, review by review.
with tier_reviews as (
    select *
    from {{ ref('fct_tier_reviews') }}
    where review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
),

judged as (
    select
        tiers.customer_id,
        tiers.review_date,
        case
            when coalesce(earned.tier, '') <> tiers.earned_tier or coalesce(held.tier, '') <> tiers.held_tier or coalesce(led_to.tier, '') <> tiers.tier
                then 'a rank does not go with its name'
            when tiers.keep_rank < tiers.earned_rank or tiers.held_rank < tiers.earned_rank then 'kept or held below earned'
            when tiers.previous_held_rank is null and tiers.held_rank <> tiers.earned_rank then 'first review, and not the tier earned'
            {%- if var('tier_soft_landing') %}
            when tiers.held_rank < tiers.previous_held_rank - 1 then 'lost more than one tier at a time'
            {%- endif %}
            when tiers.held_rank > greatest(tiers.earned_rank, tiers.previous_held_rank) then 'risen above what was earned'
            when (tiers.held_source = 'earned') <> (tiers.held_rank = tiers.earned_rank) then 'the source is not earned, or should be'
            when tiers.held_source = 'soft_landing' and tiers.held_rank <> tiers.previous_held_rank - 1 then 'a soft landing that is none'
            when tiers.held_source = 'grace' and tiers.held_rank < tiers.keep_rank and tiers.held_rank < tiers.previous_held_rank then 'less than grace leaves'
            when coalesce(tiers.held_source not in ('earned', 'grace', 'soft_landing'), true) then 'unknown source'
            when tiers.tier_source <> tiers.held_source and tiers.tier_source <> 'override' then 'tier and held disagree on the source'
            when tiers.tier_source <> 'override' and tiers.tier_rank <> tiers.held_rank then 'not overridden, and not the tier held'
        end as problem
    from tier_reviews as tiers
    left join {{ ref('tiers') }} as earned on tiers.earned_rank = cast(earned.tier_rank as int)
    left join {{ ref('tiers') }} as held on tiers.held_rank = cast(held.tier_rank as int)
    left join {{ ref('tiers') }} as led_to on tiers.tier_rank = cast(led_to.tier_rank as int)
),

held_then as (
    select
        reviews.review_date,
        sum(cast({{ row_hash(['tiers.customer_id', 'tiers.held_rank', 'tiers.tier_rank']) }} as decimal(38, 0))) as ranks
    from {{ ref('int_reviews') }} as reviews
    inner join {{ ref('fct_tier_reviews') }} as tiers on reviews.previous_review_date = tiers.review_date
    where reviews.review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
    group by reviews.review_date
),

named_previous as (
    select
        review_date,
        sum(cast({{ row_hash(['customer_id', 'previous_held_rank', 'previous_tier_rank']) }} as decimal(38, 0))) as ranks
    from tier_reviews
    where previous_held_rank is not null
    group by review_date
)

select customer_id, review_date, problem
from judged
where problem is not null

union all

select
    cast(null as string) as customer_id,
    coalesce(held_then.review_date, named_previous.review_date) as review_date,
    'what is called previous is not what the review before it led to' as problem
from held_then
full outer join named_previous on held_then.review_date = named_previous.review_date
where held_then.ranks is distinct from named_previous.ranks
