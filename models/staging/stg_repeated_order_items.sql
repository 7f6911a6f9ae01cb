-- Grain: one row per raw row of order_items of an order in which a line number may occur more than once, as it came.
-- An order with as many lines as different line numbers has none.
{% set columns = raw_columns('order_items') %}
{% set line_number = parsed(columns | selectattr('name', 'equalto', 'line_number') | first) if columns %}
with suspects as (
    select raw_order_id
    from ({{ rows_as_they_came('order_items', columns) }}) as as_it_came
    group by 1
    -- each number is a bit; two numbers may share one, which makes an order suspect and no more
    having count(*) > coalesce(bit_count(bit_or(cast(1 as bigint) << cast(abs({{ line_number }} % 62) as int))), 0)
)

select as_it_came.*
from ({{ rows_as_they_came('order_items', columns) }}) as as_it_came
semi join suspects on as_it_came.raw_order_id = suspects.raw_order_id
