-- Grain: one row per day of int_clv_dates and distinct history (x, t_x, T in the literature), with how many customers have it.
{{ config(materialized='view') }}

select as_of_date, repeat_orders, active_days, age_days, cast(count(*) as int) as customers
from {{ ref('int_purchase_histories') }}
group by as_of_date, repeat_orders, active_days, age_days
