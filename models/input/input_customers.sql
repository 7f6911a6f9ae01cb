-- Grain: one row as the source sends it for a customer; the same customer may come many times.
select *
from {{ raw_table('customers') }}
