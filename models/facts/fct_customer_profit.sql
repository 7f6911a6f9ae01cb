-- Grain: one row per graded customer and review: what is left of their revenue in the window.
{{ config(materialized='view') }}

select customer_id, review_date, cost_of_goods, gross_profit, service_cost, shipping_cost, net_profit, cost_coverage
from {{ ref('fct_customer_reviews') }}
