-- Grain: one row as the source sends it for a product and the date from which it holds.
select *
from {{ raw_table('products') }}
