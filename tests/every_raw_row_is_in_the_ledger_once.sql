-- Nothing is lost: the ledger counts as many rows of each raw table as there are, and gives each a known outcome, with a reason where one is due.
with raw_rows as (
    {%- for table_name in raw_table_names() %}
    select '{{ table_name }}' as table_name, count(*) as row_count
    from {{ ref('input_' ~ table_name) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

ledger as (
    select
        table_name,
        sum(row_count) as row_count,
        sum(case when outcome = 'quarantined' then row_count else 0 end) as quarantined_rows,
        count(*) filter (
            where
            coalesce(outcome not in ('accepted', 'superseded', 'quarantined', 'not_yet_visible'), true)
            or (outcome = 'quarantined' and reason is null)
            or (outcome in ('superseded', 'not_yet_visible') and reason is not null)
        ) as bad_entries
    from {{ ref('data_quality') }}
    group by table_name
),

quarantined as (
    select table_name, count(raw_row) as quarantined_rows
    from {{ ref('quarantined_rows') }}
    group by table_name
)

select
    raw_rows.table_name,
    raw_rows.row_count as raw_rows,
    ledger.row_count as rows_in_ledger,
    ledger.quarantined_rows as quarantined_in_ledger,
    quarantined.quarantined_rows as quarantined_to_be_read,
    ledger.bad_entries
from raw_rows
full outer join ledger on raw_rows.table_name = ledger.table_name
left join quarantined on ledger.table_name = quarantined.table_name
where
    coalesce(raw_rows.row_count, 0) <> coalesce(ledger.row_count, 0)
    or coalesce(ledger.quarantined_rows, 0) <> coalesce(quarantined.quarantined_rows, 0)
    or ledger.bad_entries > 0
