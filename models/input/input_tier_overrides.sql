-- Grain: one row as the source sends it for a tier granted by hand.
select *
from {{ raw_table('tier_overrides') }}
