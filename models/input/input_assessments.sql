-- Grain: one row as the source sends it for a judgement of a customer on one criterion.
select *
from {{ raw_table('assessments') }}
