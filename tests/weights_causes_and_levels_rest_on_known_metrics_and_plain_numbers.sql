-- What composite, churn and priority rules say goes into the SQL of the models as it stands: known metrics and parts, plain numbers, words for readers.
{% set number = '-?([0-9]{1,11}([.][0-9]{1,4})?|[.][0-9]{1,4})' %}
{% set forecasts = ['probability_alive', 'expected_orders', 'expected_order_value', 'predicted_revenue', 'profit_share', 'predicted_profit', 'clv'] %}
{% set points = ['composite_score', 'composite_coverage', 'assessment_points', 'tenure_points', 'closeness_points', 'value_points'] %}
{% set own_metrics = {'composite_classes': points, 'priority_weights': forecasts, 'churn_levels': ['causes', 'churn_probability']} %}

with weights as (
    select 'composite_weights' as rule_table, component as name, component in ('assessment', 'tenure', 'closeness', 'value') as is_known, metric, weight, worst, best
    from {{ ref('composite_weights') }}

    union all

    select 'priority_weights' as rule_table, part as name, part in ('value', 'demand', 'potential') as is_known, metric, weight, worst, best
    from {{ ref('priority_weights') }}
),

bounds as (
    select 'composite_classes' as rule_table, class as name, class_rank as name_rank, metric, min_value, max_value
    from {{ ref('composite_classes') }}

    union all

    select 'churn_levels' as rule_table, level as name, level_rank as name_rank, metric, min_value, max_value
    from {{ ref('churn_levels') }}

    union all

    select 'churn_causes' as rule_table, cause as name, '0' as name_rank, metric, min_value, max_value
    from {{ ref('churn_causes') }}
),

labels as (
    select term, count(*) as row_count, count(label_en) as words_en, count(label_zh) as words_zh
    from {{ ref('churn_labels') }}
    group by term
),

known as (
    select rules.rule_table, metrics.metric
    from (select distinct rule_table from bounds union select distinct rule_table from weights) as rules
    cross join (
        select metric from {{ ref('metrics') }}
        {#- a metrics.csv of one's own may list fewer than the shipped causes and weights ask for #}
        {%- for metric in pattern_metrics() %}
        union
        select '{{ metric }}' as metric
        {%- endfor %}
    ) as metrics
    {%- for rule_table, metrics in own_metrics.items() %}{% for metric in metrics %}

    union all

    select '{{ rule_table }}' as rule_table, '{{ metric }}' as metric
    {%- endfor %}{% endfor %}
),

problems as (
    select
        rule_table,
        name,
        metric,
        case
            when not coalesce(is_known, false) then 'it is no part of the score'
            when not coalesce({{ is_matched('weight', number) }}, false) then 'weight is not a number with four places at most'
            when not try_cast(weight as decimal(16, 4)) > 0 then 'weight is not above 0'
            when not coalesce({{ is_matched('worst', number) }}, false) then 'worst is not a number with four places at most'
            when not coalesce({{ is_matched('best', number) }}, false) then 'best is not a number with four places at most'
            when try_cast(worst as decimal(16, 4)) = try_cast(best as decimal(16, 4)) then 'worst and best are the same'
        end as problem
    from weights

    union all

    select
        rule_table,
        name,
        metric,
        case
            when name is null then 'it has no name'
            when not coalesce({{ is_matched('name_rank', '(0|[1-9][0-9]{0,8})') }}, false) then 'its rank is not a whole number'
            when
                min(name_rank) over (partition by rule_table, name) <> max(name_rank) over (partition by rule_table, name)
                or rule_table <> 'churn_causes' and min(name) over (partition by rule_table, name_rank) <> max(name) over (partition by rule_table, name_rank)
                then 'its rank is not its own'
            when not {{ is_matched("coalesce(min_value, '0')", number) }} then 'min_value is not a number'
            when not {{ is_matched("coalesce(max_value, '0')", number) }} then 'max_value is not a number'
            when try_cast(min_value as decimal(16, 4)) > try_cast(max_value as decimal(16, 4)) then 'min_value is above max_value'
            when rule_table = 'churn_causes' and not {{ is_matched('name', '[a-z][a-z0-9_]{0,39}') }} then 'a cause is named in small letters, digits and underscores'
        end as problem
    from bounds

    union all

    select rules.rule_table, rules.name, rules.metric, 'unknown metric' as problem
    from (
        select rule_table, name, metric from weights
        union all
        select rule_table, name, metric from bounds
    ) as rules
    left join known on rules.rule_table = known.rule_table and rules.metric = known.metric
    where known.metric is null

    union all

    select bounds.rule_table, bounds.name, bounds.metric, 'churn_labels has no words for it, or twice' as problem
    from bounds
    left join labels on bounds.name = labels.term and labels.row_count = 1 and labels.words_en = 1 and labels.words_zh = 1
    where bounds.rule_table in ('churn_causes', 'churn_levels') and labels.term is null
)

select rule_table, name, metric, problem
from problems
where problem is not null
