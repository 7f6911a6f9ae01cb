-- Every limit of cross_sell_limits.csv is there once, a number within its bounds; every row of cluster_words.csv names a score, from when, and words.
with limits as (
    select name, value, try_cast(value as decimal(18, 6)) as number
    from {{ ref('cross_sell_limits') }}
),

least as (
    select 'min_orders' as name, 1 as least, true as is_whole
    union all
    select 'min_support' as name, 0 as least, false as is_whole
    union all
    select 'min_lift' as name, 1 as least, false as is_whole
    union all
    select 'min_refills' as name, 2 as least, true as is_whole
    union all
    select 'due_within_days' as name, 0 as least, true as is_whole
    union all
    select 'sold_within_days' as name, 1 as least, true as is_whole
    union all
    select 'min_upsell_step' as name, 1 as least, false as is_whole
)

select 'cross_sell_limits: ' || coalesce(least.name, max(limits.name), 'a row without a name') as problem
from least
full outer join limits on least.name = limits.name
group by least.name, least.least, least.is_whole, limits.name
having
    count(least.name) <> 1
    or count(limits.number) <> 1
    or max(limits.number) < least.least
    or max(limits.number) > case least.name when 'min_support' then 1 else 99999 end
    or (least.is_whole and max(limits.number) <> floor(max(limits.number)))

union all

select 'cluster_words: ' || coalesce(metric, 'no metric') || ' from ' || coalesce(min_value, 'no value') as problem
from {{ ref('cluster_words') }}
where
    coalesce(metric not in ('recency_score', 'frequency_score', 'monetary_score', 'profit_score'), true)
    or try_cast(min_value as decimal(9, 4)) is null
    or words_en is null
    or words_zh is null
