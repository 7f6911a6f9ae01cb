-- What came in, in money, straight from the raw columns. A plain sum in floating point: it only has to agree to the cent, or to a millionth part.
{% set amount = {} %}
{% for table_name in ['order_items', 'refunds'] %}
    {% for column in raw_columns(table_name) %}
        {% do amount.update({column.name: 'case when ' ~ column.given ~ ' is null then 0 else cast(try_cast(' ~ column.given ~ ' as decimal(19, 6)) as double) end'}) %}
    {% endfor %}
{% endfor %}
with raw_amounts as (
    select 'order_items' as table_name, sum({{ amount.quantity or 0 }} * {{ amount.unit_price or 0 }} - {{ amount.discount_amount or 0 }}) as amount
    from {{ ref('input_order_items') }}

    union all

    select 'refunds' as table_name, sum({{ amount.refund_amount or 0 }}) as amount
    from {{ ref('input_refunds') }}
),

ledger as (
    select table_name, cast(sum(amount) as double) as amount
    from {{ ref('data_quality') }}
    group by table_name
)

select
    raw_amounts.table_name,
    raw_amounts.amount as raw_amount,
    ledger.amount as amount_in_ledger
from raw_amounts
left join ledger on raw_amounts.table_name = ledger.table_name
where abs(coalesce(raw_amounts.amount, 0) - coalesce(ledger.amount, 0)) > 0.01 + 0.000001 * abs(coalesce(ledger.amount, 0))
