-- Grain: one row per day of int_clv_dates, number of repeat orders and what they came to, with how many customers these are.
{{ config(materialized='view') }}

select
    as_of_date,
    repeat_orders,
    repeat_revenue,
    cast(count(*) as int) as customers,
    cast(sum(revenue) as decimal(38, 2)) as revenue
from {{ ref('int_purchase_histories') }}
group by as_of_date, repeat_orders, repeat_revenue
