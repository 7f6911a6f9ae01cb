-- Grain: one row per quarantined raw row, as it came, with the reason. Holds personal data: it stays in the warehouse.
-- A table, so that it stays what the ledger counts when the raw files have moved on.
{% for table_name in raw_table_names() -%}
select '{{ table_name }}' as table_name, outcome_reason as reason, raw_row
from {{ ref('stg_' ~ table_name) }}
where outcome = 'quarantined'
{{ 'union all' if not loop.last }}
{% endfor -%}
