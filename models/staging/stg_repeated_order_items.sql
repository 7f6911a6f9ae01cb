-- Grain: one row per raw row of order_items whose key (order, line number) occurs more than once, judged as in stg_order_items, which takes it from here.
-- An order with as many lines as different line numbers has none; only of the others is each key looked at.
{% set columns = raw_columns('order_items') %}
{% set line_number = parsed(columns | selectattr('name', 'equalto', 'line_number') | first) if columns %}
with suspects as (
    select raw_order_id
    from ({{ rows_as_they_came('order_items', columns) }}) as as_it_came
    group by 1
    -- each number is a bit; two numbers may share one, which makes an order suspect and no more
    having count(*) > coalesce(bit_count(bit_or(cast(1 as bigint) << cast(abs({{ line_number }} % 62) as int))), 0)
),

their_lines as (
    select as_it_came.*, {{ line_number }} as line_number
    from ({{ rows_as_they_came('order_items', columns) }}) as as_it_came
    semi join suspects on as_it_came.raw_order_id = suspects.raw_order_id
),

repeated_keys as (
    select raw_order_id, line_number
    from their_lines
    group by 1, 2
    having count(*) > 1
),

repeated_rows as (
    select their_lines.*
    from their_lines
    semi join repeated_keys
        on
            their_lines.raw_order_id = repeated_keys.raw_order_id
            and their_lines.line_number is not distinct from repeated_keys.line_number
),

judged as (
    {%- call(rows) judged_repeated_rows('order_items', 'repeated_rows', carried_with_order_items()) -%}{{ placed_order_items(rows, ref('stg_orders')) }}{%- endcall %}
)

select *
from judged
