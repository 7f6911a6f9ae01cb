-- Grain: one row as the source sends it for a refund.
select *
from {{ raw_table('refunds') }}
