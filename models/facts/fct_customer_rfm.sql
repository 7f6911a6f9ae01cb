-- Grain: one row per graded customer and review: when they last bought, how often, for how much.
{{ config(materialized='view') }}

select customer_id, review_date, recency_days, frequency, monetary, lifetime_orders, lifetime_monetary, tenure_days
from {{ ref('fct_customer_reviews') }}
