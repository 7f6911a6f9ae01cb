-- Tiers are compared by rank and lowered one rank at a time, so ranks have to be 0, 1, 2 … (two digits at most) and names must not repeat.
with ranked as (
    select
        tier,
        tier_rank,
        count(*) over (partition by tier) as rows_of_tier,
        case
            when {{ is_matched('tier_rank', '(0|[1-9][0-9]?)') }} then try_cast(tier_rank as int) - row_number() over (order by try_cast(tier_rank as int), tier) + 1
        end as rank_gap,
        label_en,
        label_zh
    from {{ ref('tiers') }}
)

select
    tier,
    tier_rank,
    'tiers need a name of their own, two labels and the ranks 0, 1, 2 …' as problem
from ranked
where
    rows_of_tier > 1
    or tier is null
    or label_en is null
    or label_zh is null
    or coalesce(rank_gap, 1) <> 0
