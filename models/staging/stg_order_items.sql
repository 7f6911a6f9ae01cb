-- Grain: one row per raw row of order_items: typed, with the day, customer, status, currency and rate of its order, and what became of it.
-- A view: reading tens of millions of lines again is much cheaper than writing them.
{{ config(materialized='view') }}

{{ judged_order_items(ref('stg_orders')) }}
