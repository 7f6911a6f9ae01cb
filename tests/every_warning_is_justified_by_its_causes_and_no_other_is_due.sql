-- The rules as rows joined to the metrics: who bought in the window is warned of if the causes they meet come to a level, with these causes and this level.
-- 10,000 customers, chosen by their hash, are held to it.
with chosen as (
    select metrics.*, cast(1 - clv.probability_alive as decimal(7, 6)) as churn_probability
    from {{ ref('fct_current_metrics') }} as metrics
    inner join {{ ref('fct_customer_clv') }} as clv on metrics.customer_id = clv.customer_id
    where metrics.frequency >= 1
    order by {{ row_hash(['metrics.customer_id']) }}
    limit 10000
),

causes_met as (
    select customer_id, cause
    from (
        with scored as (select * from chosen),

        conditions as (
            select cause, alternative, metric, cast(min_value as decimal(28, 10)) as min_value, cast(max_value as decimal(28, 10)) as max_value
            from {{ ref('churn_causes') }}
        )

        {{ alternatives_met('churn_causes', ['customer_id', 'cause', 'alternative']) }}
    ) as met
    group by customer_id, cause
),

counted as (
    select customer_id, count(*) as causes
    from causes_met
    group by customer_id
),

levels_met as (
    with scored as (
        select chosen.*, counted.causes
        from chosen
        inner join counted on chosen.customer_id = counted.customer_id
    ),

    conditions as (
        select
            level,
            cast(level_rank as int) as level_rank,
            alternative,
            metric,
            cast(min_value as decimal(28, 10)) as min_value,
            cast(max_value as decimal(28, 10)) as max_value
        from {{ ref('churn_levels') }}
    )

    {{ alternatives_met('churn_levels', ['customer_id', 'level', 'level_rank', 'alternative']) }}
),

due as (
    select levels.customer_id, levels.level, counted.causes
    from (select customer_id, max_by(level, level_rank) as level from levels_met group by customer_id) as levels
    inner join counted on levels.customer_id = counted.customer_id
),

shown as (
    select warnings.customer_id, warnings.level, warnings.cause_count, warnings.causes
    from {{ ref('churn_warning') }} as warnings
    inner join chosen on warnings.customer_id = chosen.customer_id
)

select coalesce(due.customer_id, shown.customer_id) as customer_id, due.level as level_due, shown.level, shown.causes
from due
full outer join shown on due.customer_id = shown.customer_id
where due.level is distinct from shown.level or due.causes is distinct from shown.cause_count

union all

select shown.customer_id, causes_met.cause as level_due, shown.level, shown.causes
from shown
inner join causes_met on shown.customer_id = causes_met.customer_id
where instr(concat(', ', shown.causes, ','), concat(', ', causes_met.cause, ',')) = 0

union all

select warnings.customer_id, cast(null as string) as level_due, warnings.level, warnings.causes
from {{ ref('churn_warning') }} as warnings
left join {{ ref('fct_current_metrics') }} as metrics on warnings.customer_id = metrics.customer_id and metrics.frequency >= 1
where metrics.customer_id is null or warnings.profit_at_risk < 0 or warnings.at_risk_since > warnings.as_of_date
