-- Grain: one row as the source sends it for a currency and the date from which its rate holds.
select *
from {{ raw_table('exchange_rates') }}
