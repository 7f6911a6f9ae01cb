-- Grain: one row: the limits of cross_sell_limits.csv, as columns.
{{ config(materialized='view') }}

select
    max(case when name = 'min_orders' then cast(value as int) end) as min_orders,
    max(case when name = 'min_support' then cast(value as decimal(9, 6)) end) as min_support,
    max(case when name = 'min_lift' then cast(value as decimal(9, 4)) end) as min_lift,
    max(case when name = 'min_refills' then cast(value as int) end) as min_refills,
    max(case when name = 'due_within_days' then cast(value as int) end) as due_within_days,
    max(case when name = 'sold_within_days' then cast(value as int) end) as sold_within_days,
    max(case when name = 'min_upsell_step' then cast(value as decimal(9, 4)) end) as min_upsell_step
from {{ ref('cross_sell_limits') }}
