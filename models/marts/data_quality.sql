-- Grain: one row per raw table, outcome, reason and currency: where every raw row went. It adds up to the raw tables.
with judged as (
    select 'order_items' as table_name, outcome, effective_on, outcome_reason as reason, currency, row_count, amount_given
    from {{ ref('stg_order_item_ledger') }}
    {%- for table_name in raw_table_names() if table_name != 'order_items' %}

    union all

    select
        '{{ table_name }}' as table_name,
        judged.outcome,
        judged.effective_on,
        judged.outcome_reason as reason,
        {{ 'judged.currency' if table_name == 'refunds' else 'cast(null as string)' }} as currency,
        1 as row_count,
        {{ 'judged.amount_given' if table_name == 'refunds' else 'cast(null as decimal(38, 12))' }} as amount_given
    from {{ ref('stg_' ~ table_name) }} as judged
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
        row_count,
        amount_given
    from judged
    cross join {{ ref('int_as_of') }} as as_of
)

select
    table_name,
    outcome,
    case when outcome <> 'not_yet_visible' then reason end as reason,
    currency,
    cast(sum(row_count) as bigint) as row_count,
    cast(round(sum(amount_given), 4) as decimal(38, 4)) as amount
from settled
group by 1, 2, 3, 4
