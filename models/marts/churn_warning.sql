-- Grain: one row per customer at risk at the last review: how likely they are lost, by which causes, since when, and what is at stake.
{% set ways = churn_ways() %}
{% set causes = ways | map(attribute='cause') | unique | list %}
{% set shipped = ['rhythm_broken', 'frequency_falling', 'amount_falling', 'complaints', 'low_satisfaction', 'silence'] %}

with reviewed as (
    select
        customer_id,
        review_date,
        frequency >= 1 and {{ first_cause_met(ways) }} is not null as has_cause
    from {{ with_metrics(ref('fct_scored_reviews'), metrics_of(ways), ref('int_reviews'), customers=ref('int_churn_risks')) }} as scored
    where customer_id in (select risks.customer_id from {{ ref('int_churn_risks') }} as risks)
),

-- at risk since the review after the last one without a cause, or from the first
runs as (
    select
        customer_id,
        min(review_date) as first_review_date,
        max(case when not has_cause then review_date end) as last_without_cause
    from reviewed
    group by customer_id
),

-- which causes, and the values that met them, each once
worded as (
    select
        *,
        {%- for language, joint in {'en': ', ', 'zh': '，'}.items() %}
        {{ causes_in_words(ways, language, joint) }} as causes_{{ language }},
        {{ values_in_words(ways, language, joint) }} as values_{{ language }},
        {%- endfor %}
        cast(cast(round(100 * churn_probability, 0) as int) as string) as percent_lost
    from {{ ref('int_churn_risks') }}
)

select
    worded.customer_id,
    worded.review_date as as_of_date,
    coalesce(since.review_date, runs.first_review_date) as at_risk_since,
    worded.level,
    labels.label_en as level_label_en,
    labels.label_zh as level_label_zh,
    {{ causes_in_words(ways, 'name', ', ') }} as causes,
    concat(labels.label_en, ', probability of having left ', worded.percent_lost, ' %: ', worded.causes_en, ' (', worded.values_en, ').') as reason_en,
    concat(labels.label_zh, '，流失概率', worded.percent_lost, '%：', worded.causes_zh, '（', worded.values_zh, '）。') as reason_zh,
    {%- for cause in shipped %}
    {{ 'worded.' ~ cause ~ '_way is not null' if cause in causes else 'false' }} as has_{{ cause }},
    {%- endfor %}
    worded.causes as cause_count,
    worded.churn_probability,
    cast(greatest(worded.net_profit, 0) as decimal(18, 2)) as profit_at_risk
from worded
inner join {{ ref('churn_labels') }} as labels on worded.level = labels.term
inner join runs on worded.customer_id = runs.customer_id
left join {{ ref('int_reviews') }} as since on runs.last_without_cause = since.previous_review_date
