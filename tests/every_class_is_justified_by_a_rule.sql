-- As for tiers: the rules as rows joined to the metrics of the last review. A class is the highest-ranked one of its scheme with a rule that is met,
-- and who meets none has no class. 10,000 customers, chosen by their hash, are held to it.
with last_reviews as (
    select review_date
    from {{ ref('int_reviews') }}
    where is_last
),

chosen as (
    select customer_id
    from {{ ref('int_customers') }}
    order by {{ row_hash(['customer_id']) }}
    limit 10000
),

scored as (
    select scored.*
    from {{ ref('fct_current_metrics') }} as scored
    inner join chosen on scored.customer_id = chosen.customer_id
),

-- versions count per scheme; before the first one, the first holds
versions as (
    select
        versions.scheme,
        coalesce(
            max(case when cast(versions.valid_from as date) <= last_reviews.review_date then versions.valid_from end),
            min(versions.valid_from)
        ) as valid_from
    from {{ ref('class_rules') }} as versions
    cross join last_reviews
    group by versions.scheme
),

conditions as (
    select
        rules.scheme,
        rules.class,
        cast(rules.class_rank as int) as class_rank,
        coalesce(rules.alternative, '') as alternative,
        rules.metric,
        cast(rules.min_value as decimal(28, 10)) as min_value,
        cast(rules.max_value as decimal(28, 10)) as max_value
    from {{ ref('class_rules') }} as rules
    inner join versions on rules.scheme = versions.scheme and rules.valid_from = versions.valid_from
),

met as (
    {{ alternatives_met('class_rules', ['customer_id', 'scheme', 'class_rank', 'class', 'alternative']) }}
),

by_rule as (
    select customer_id, scheme, max_by(class, class_rank) as class
    from met
    group by customer_id, scheme
),

shown as (
    select classes.customer_id, classes.scheme, classes.class
    from {{ ref('customer_classes') }} as classes
    inner join chosen on classes.customer_id = chosen.customer_id
    where classes.scheme <> 'abc_class'
)

select
    coalesce(by_rule.customer_id, shown.customer_id) as customer_id,
    coalesce(by_rule.scheme, shown.scheme) as scheme,
    by_rule.class as class_by_rule,
    shown.class
from by_rule
full outer join shown on by_rule.customer_id = shown.customer_id and by_rule.scheme = shown.scheme
where by_rule.class is distinct from shown.class
