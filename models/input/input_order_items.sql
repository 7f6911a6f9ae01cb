-- Grain: one row as the source sends it for a line of an order.
select *
from {{ raw_table('order_items') }}
