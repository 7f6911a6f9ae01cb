-- Grain: one row per key (order, line number) that occurs more than once among the raw rows of order_items, as a hash.
-- An order with as many lines as different line numbers has none; only of the others is each key looked at.
{% set columns = raw_columns('order_items') %}
{% set line_number = parsed(columns | selectattr('name', 'equalto', 'line_number') | first) if columns %}
with lines as (
    {{ rows_as_they_came('order_items', columns) }}
),

suspects as (
    select raw_order_id
    from lines
    group by 1
    -- each number is a bit; two numbers may share one, which makes an order suspect and no more
    having count(*) > coalesce(bit_count(bit_or(cast(1 as bigint) << cast(abs({{ line_number }} % 62) as int))), 0)
)

select {{ key_hash(columns) }} as key_hash
from lines
semi join suspects on lines.raw_order_id = suspects.raw_order_id
group by 1
having count(*) > 1
