-- What came in, in money, straight from the raw columns. A plain sum in floating point: it only has to agree to the cent, or to a millionth part.
-- A row worth 10¹² or more is no amount but an error of entry: the ledger may leave it out.
{%- set given = {} -%}
{%- for column in raw_columns('order_items') + raw_columns('refunds') -%}
{%- set text = 'cast(' ~ column.given ~ ' as string)' -%}
{%- set number = 'cast(' ~ (column.given if column.is_native else 'try_cast(case when ' ~ is_matched(text, number_pattern()) ~ ' then ' ~ text ~ ' end as decimal(18, 6))') ~ ' as double)' -%}
{%- do given.update({column.name: 'case when ' ~ column.given ~ ' is null then 0 else ' ~ number ~ ' end'}) -%}
{%- endfor %}
with raw_amounts as (
    select
        'order_items' as table_name,
        {{ given.quantity or 0 }}
        * {{ given.unit_price or 0 }}
        - {{ given.discount_amount or 0 }} as amount
    from {{ ref('input_order_items') }}

    union all

    select 'refunds' as table_name, {{ given.refund_amount or 0 }} as amount
    from {{ ref('input_refunds') }}
),

raw_sums as (
    select
        table_name,
        coalesce(sum(case when abs(amount) < 1e12 then amount end), 0) as amount,
        coalesce(sum(case when abs(amount) >= 1e12 then abs(amount) end), 0) as beyond
    from raw_amounts
    group by table_name
),

ledger as (
    select table_name, cast(coalesce(sum(amount), 0) as double) as amount
    from {{ ref('data_quality') }}
    where table_name in ('order_items', 'refunds')
    group by table_name
)

select
    coalesce(raw_sums.table_name, ledger.table_name) as table_name,
    raw_sums.amount as raw_amount,
    ledger.amount as amount_in_ledger
from raw_sums
full outer join ledger on raw_sums.table_name = ledger.table_name
where abs(coalesce(raw_sums.amount, 0) - coalesce(ledger.amount, 0)) > 0.01 + 0.000001 * abs(coalesce(raw_sums.amount, 0)) + coalesce(raw_sums.beyond, 0)
