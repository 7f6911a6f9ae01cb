-- Bounds and dates go into the SQL of the models as they stand, so they must be plain numbers and dates, and min must not be above max.
with rules as (
    select 'tier_rules' as rule_table, valid_from, tier as outcome, metric, min_value, max_value
    from {{ ref('tier_rules') }}

    union all

    select 'class_rules' as rule_table, valid_from, class as outcome, metric, min_value, max_value
    from {{ ref('class_rules') }}
),

judged as (
    select
        *,
        not coalesce({{ is_matched('valid_from', '[0-9]{4}-[0-9]{2}-[0-9]{2}') }} and try_cast(valid_from as date) is not null, false) as is_bad_date,
        not {{ is_matched("coalesce(min_value, '0')", '-?([0-9]+([.][0-9]+)?|[.][0-9]+)') }} as is_bad_min,
        not {{ is_matched("coalesce(max_value, '0')", '-?([0-9]+([.][0-9]+)?|[.][0-9]+)') }} as is_bad_max
    from rules
)

select
    rule_table,
    valid_from,
    outcome,
    metric,
    min_value,
    max_value,
    case
        when is_bad_date then 'valid_from is not a date'
        when is_bad_min then 'min_value is not a number'
        when is_bad_max then 'max_value is not a number'
        else 'min_value is above max_value'
    end as problem
from judged
where
    is_bad_date
    or is_bad_min
    or is_bad_max
    or try_cast(min_value as decimal(38, 10)) > try_cast(max_value as decimal(38, 10))
