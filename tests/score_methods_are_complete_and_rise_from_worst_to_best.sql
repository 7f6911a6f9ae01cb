-- Quantiles lie within (0, 1) and rise; fixed values go from worst to best, which for recency, counted in days since, means falling,
-- and stay well below what the type of money holds.
{% set number_pattern = '-?([0-9]+([.][0-9]+)?|[.][0-9]+)' %}
with methods as (
    select
        metric,
        method,
        try_cast(b1 as decimal(38, 10)) as b1,
        try_cast(b2 as decimal(38, 10)) as b2,
        try_cast(b3 as decimal(38, 10)) as b3,
        try_cast(b4 as decimal(38, 10)) as b4,
        count(*) over (partition by metric) as rows_of_metric,
        {{ is_matched('b1', number_pattern) }}
        and {{ is_matched('b2', number_pattern) }}
        and {{ is_matched('b3', number_pattern) }}
        and {{ is_matched('b4', number_pattern) }} as is_readable
    from {{ ref('score_methods') }}
),

judged as (
    select
        metric,
        case
            when rows_of_metric > 1 then 'the metric has more than one row'
            when metric not in ('recency', 'frequency', 'monetary', 'profit') then 'unknown metric'
            when not coalesce(is_readable, false) then 'a breakpoint is not a number'
            when method = 'fixed' and coalesce(abs(b1) + abs(b2) + abs(b3) + abs(b4) >= 1000000000000000, true) then 'a breakpoint is too great'
            when method = 'quantile' and not (0 < b1 and b1 < b2 and b2 < b3 and b3 < b4 and b4 < 1) then 'quantiles do not rise within 0 and 1'
            when method = 'fixed' and metric = 'recency' and not (b1 > b2 and b2 > b3 and b3 > b4) then 'days do not fall from worst to best'
            when method = 'fixed' and metric <> 'recency' and not (b1 < b2 and b2 < b3 and b3 < b4) then 'values do not rise from worst to best'
            when coalesce(method not in ('quantile', 'fixed'), true) then 'unknown method'
        end as problem
    from methods
)

select metric, problem
from judged
where problem is not null or metric is null

union all

select cast(null as string) as metric, 'a metric has no row' as problem
from methods
having count(distinct case when metric in ('recency', 'frequency', 'monetary', 'profit') then metric end) < 4
