-- A rule is rendered into SQL: a name that nothing answers to would break a model in the middle of the build, or silently never hold.
select
    rules.valid_from,
    rules.tier,
    rules.kind,
    rules.metric,
    case
        when tiers.tier is null then 'unknown tier'
        when metrics.metric is null then 'unknown metric'
        else 'unknown kind'
    end as problem
from {{ ref('tier_rules') }} as rules
left join {{ ref('tiers') }} as tiers on rules.tier = tiers.tier
left join {{ ref('metrics') }} as metrics on rules.metric = metrics.metric
where
    tiers.tier is null
    or metrics.metric is null
    or coalesce(rules.kind not in ('entry', 'retain'), true)
