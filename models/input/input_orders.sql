-- Grain: one row as the source sends it for an order; the same order may come many times.
select *
from {{ raw_table('orders') }}
