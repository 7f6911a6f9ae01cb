-- Grain: one row per graded customer and review: every metric a rule may use, with the four scores.
{{ config(materialized='view') }}

-- one row per review and score group, so that a question about few reviews reads no others
with breakpoints as (
    select
        {%- for metric in ['recency', 'frequency', 'monetary', 'profit'] %}{% for number in [1, 2, 3, 4] %}
        max(case when metric = '{{ metric }}' then b{{ number }} end) as {{ metric }}_b{{ number }},
        {%- endfor %}{% endfor %}
        review_date,
        score_group
    from {{ ref('fct_score_breakpoints') }}
    group by review_date, score_group
)

select
    facts.*,
    {{ score('facts.recency_days', 'recency', exceeds='<') }} as recency_score,
    {{ score('facts.frequency', 'frequency') }} as frequency_score,
    {{ score('facts.monetary', 'monetary') }} as monetary_score,
    {{ score('facts.net_profit', 'profit') }} as profit_score
from {{ ref('fct_customer_reviews') }} as facts
left join breakpoints on facts.review_date = breakpoints.review_date and facts.score_group = breakpoints.score_group
