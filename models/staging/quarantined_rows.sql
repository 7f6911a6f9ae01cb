-- Grain: one row per quarantined raw row, as it came, with the reason. Holds personal data: it stays in the warehouse.
-- A table, so that it stays what the ledger counts when the raw files have moved on.
with quarantined_lines as (
    -- nothing is read where the ledger counts none
    select items.outcome_reason, items.raw_row
    from {{ ref('stg_order_items') }} as items
    semi join {{ ref('stg_order_item_ledger') }} as ledger on items.outcome = ledger.outcome and ledger.outcome = 'quarantined'
    where items.outcome = 'quarantined'
)

select 'order_items' as table_name, outcome_reason as reason, raw_row
from quarantined_lines
{%- for table_name in raw_table_names() if table_name != 'order_items' %}

union all

select '{{ table_name }}' as table_name, outcome_reason as reason, raw_row
from {{ ref('stg_' ~ table_name) }}
where outcome = 'quarantined'
{%- endfor %}
