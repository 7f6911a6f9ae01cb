-- Grain: one row per graded customer and day with a completed order or a refund.
{{ config(materialized='view') }}

select *
from {{ ref('int_sales_days') }}
where is_graded
