-- Grain: one row per product and span of days in which one row of it is in force: its cost, in the reporting currency, and what it is.
select
    product_id,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(lead(valid_from) over (partition by product_id order by valid_from nulls first), date '9999-12-31') as valid_to,
    unit_cost,
    category,
    is_flagship
from {{ accepted('stg_products') }} as products
