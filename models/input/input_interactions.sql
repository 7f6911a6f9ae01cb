-- Grain: one row as the source sends it for a contact with a customer.
select *
from {{ raw_table('interactions') }}
