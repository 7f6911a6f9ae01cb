-- A key with superseded rows has exactly one current row, and that one was not loaded before any of them.
-- The order lines with such keys lie apart, and all others have one row for each key.
{%- for table_name in raw_table_names() %}
{%- set judged_rows = ref('stg_repeated_order_items' if table_name == 'order_items' else 'stg_' ~ table_name) %}
{%- set keys = raw_columns(table_name) | selectattr('key', 'defined') | map(attribute='name') | list or ['outcome'] %}

select '{{ table_name }}' as table_name, count(*) as wrong_keys
from (
    select superseded.{{ keys | join(', superseded.') }}
    from (
        select judged.{{ keys | join(', judged.') }}, max(coalesce(judged.loaded_at, timestamp '1970-01-01 00:00:00')) as loaded_at
        from {{ judged_rows }} as judged
        -- nothing is read where the ledger counts none
        semi join {{ ref('data_quality') }} as ledger
            on judged.outcome = ledger.outcome and ledger.outcome = 'superseded' and ledger.table_name = '{{ table_name }}'
        where judged.outcome = 'superseded'
        group by judged.{{ keys | join(', judged.') }}
    ) as superseded
    left join {{ judged_rows }} as latest
        on
            latest.outcome = 'current'
            {%- for key in keys %}
            and superseded.{{ key }} is not distinct from latest.{{ key }}
            {%- endfor %}
    group by superseded.{{ keys | join(', superseded.') }}
    having
        count(latest.outcome) <> 1
        or max(superseded.loaded_at) > min(coalesce(latest.loaded_at, timestamp '1970-01-01 00:00:00'))
) as wrong
having count(*) > 0
{{ '\nunion all' if not loop.last }}
{%- endfor %}
