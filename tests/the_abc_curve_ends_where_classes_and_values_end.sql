-- For either metric: the last point is all buyers and all they brought, none holds more than those above 0 do, each class ends once with as many buyers
-- as have it or a better one, and there is a point for each full percent of the buyers, or for each buyer.
with buyers as (
    {%- for metric, name in {'net_profit': 'profit', 'monetary': 'revenue'}.items() %}
    select '{{ metric }}' as metric, facts.{{ metric }} as worth, classes.abc_by_{{ name }} as abc_class
    from {{ ref('fct_current_metrics') }} as facts
    left join {{ ref('fct_abc_classes') }} as classes on facts.customer_id = classes.customer_id
    where facts.frequency >= 1
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

due as (
    select
        metric,
        count(*) as buyers,
        sum(worth) as total,
        greatest(coalesce(sum(worth) filter (where worth > 0), 0), max(worth)) as greatest_total,
        count(*) filter (where abc_class = 'A') as a,
        count(*) filter (where abc_class in ('A', 'B')) as b,
        count(distinct abc_class) as classes
    from buyers
    group by metric
),

shown as (
    select
        metric,
        max(customers) as buyers,
        max_by(held_value, customers) as total,
        max(held_value) as greatest_total,
        max(customers) filter (where is_end_of_class and abc_class = 'A') as a,
        max(customers) filter (where is_end_of_class and abc_class = 'B') as b,
        count(*) filter (where is_end_of_class) as classes,
        count(*) as points
    from {{ ref('abc_curve') }}
    group by metric
)

select coalesce(due.metric, shown.metric) as metric
from due
full outer join shown on due.metric = shown.metric
where not coalesce(
    due.buyers = shown.buyers
    and due.total = shown.total
    and due.greatest_total >= shown.greatest_total
    and due.a = coalesce(shown.a, 0)
    and (due.b = shown.b or (shown.b is null and due.b = due.a))
    and due.classes = shown.classes
    and shown.points between least(due.buyers, 100) and least(due.buyers, 100) + 3,
    false
)
