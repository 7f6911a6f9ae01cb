-- Grain: one row per combination of the four scores that buyers have at the last review, with how many of them have it.
{{ config(materialized='view') }}

select recency_score, frequency_score, monetary_score, profit_score, cast(count(*) as int) as customers
from {{ ref('fct_current_metrics') }}
where frequency >= 1
group by recency_score, frequency_score, monetary_score, profit_score
