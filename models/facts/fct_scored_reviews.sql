-- Grain: one row per graded customer and review: every metric a rule may use, with the four scores.
{{ config(materialized='view') }}

with breakpoints as (
    select review_date, score_group, metric, b1, b2, b3, b4
    from {{ ref('fct_score_breakpoints') }}
)

select
    facts.*,
    {{ score('facts.recency_days', 'recency', exceeds='<') }} as recency_score,
    {{ score('facts.frequency', 'frequency') }} as frequency_score,
    {{ score('facts.monetary', 'monetary') }} as monetary_score,
    {{ score('facts.net_profit', 'profit') }} as profit_score
from {{ ref('fct_customer_reviews') }} as facts
left join breakpoints as recency
    on facts.review_date = recency.review_date and facts.score_group = recency.score_group and recency.metric = 'recency'
left join breakpoints as frequency
    on facts.review_date = frequency.review_date and facts.score_group = frequency.score_group and frequency.metric = 'frequency'
left join breakpoints as monetary
    on facts.review_date = monetary.review_date and facts.score_group = monetary.score_group and monetary.metric = 'monetary'
left join breakpoints as profit
    on facts.review_date = profit.review_date and facts.score_group = profit.score_group and profit.metric = 'profit'
