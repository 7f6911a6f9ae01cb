-- The class with the highest rank wins, so within a version of a scheme each class has one rank and each rank one class.
with rules as (
    select
        rules.*,
        metrics.metric is null as is_unknown_metric,
        min(rules.class) over (partition by rules.valid_from, rules.scheme, rules.class_rank)
        <> max(rules.class) over (partition by rules.valid_from, rules.scheme, rules.class_rank) as is_shared_rank,
        min(rules.class_rank) over (partition by rules.valid_from, rules.scheme, rules.class)
        <> max(rules.class_rank) over (partition by rules.valid_from, rules.scheme, rules.class) as is_second_rank
    from {{ ref('class_rules') }} as rules
    left join {{ ref('metrics') }} as metrics on rules.metric = metrics.metric
)

select
    valid_from,
    scheme,
    class,
    class_rank,
    metric,
    case
        when is_unknown_metric then 'unknown metric'
        when scheme = 'abc_class' then 'abc_class is a scheme without rules'
        else 'a class needs a scheme, a name and a rank of its own'
    end as problem
from rules
where
    is_unknown_metric
    or is_shared_rank
    or is_second_rank
    or scheme is null
    or scheme = 'abc_class'
    or class is null
    or not coalesce({{ is_matched('class_rank', '(0|[1-9][0-9]{0,8})') }}, false)
