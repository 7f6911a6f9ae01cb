-- Grain: one row per raw table, outcome, reason and currency: where every raw row went. It adds up to the raw tables.
with judged as (
    {%- for table_name in raw_table_names() %}
    select
        '{{ table_name }}' as table_name,
        judged.outcome,
        judged.effective_on,
        judged.outcome_reason as reason,
        {{ 'judged.currency' if table_name in ['order_items', 'refunds'] else 'cast(null as string)' }} as currency,
        {{ 'judged.amount_given' if table_name in ['order_items', 'refunds'] else 'cast(null as decimal(38, 12))' }} as amount
    from {{ ref('stg_' ~ table_name) }} as judged
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

settled as (
    select
        table_name,
        case
            when outcome = 'current' and effective_on > as_of.as_of_date then 'not_yet_visible'
            when outcome = 'current' then 'accepted'
            else outcome
        end as outcome,
        reason,
        currency,
        amount
    from judged
    cross join {{ ref('int_as_of') }} as as_of
)

select
    table_name,
    outcome,
    case when outcome <> 'not_yet_visible' then reason end as reason,
    currency,
    cast(count(*) as bigint) as row_count,
    -- wider than money, because raw rows may hold anything; one of 10^18 or more would burst the sum
    cast(round(sum(try_cast(amount as decimal(30, 12))), 4) as decimal(38, 4)) as amount
from settled
group by 1, 2, 3, 4
