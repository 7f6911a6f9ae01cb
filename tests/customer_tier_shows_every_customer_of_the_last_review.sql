-- With the figures of that review, the tier it leads to, and the scores of the review that decided.
with turns as (
    select
        max(review_date) as last_on,
        max(case when is_closed then review_date end) as last_closed_on
    from {{ ref('int_reviews') }}
),

rfm as (
    select customer_id, recency_days, frequency, monetary
    from {{ ref('fct_customer_rfm') }}
    where review_date = (select turns.last_on from turns)
),

profit as (
    select customer_id, gross_profit, net_profit
    from {{ ref('fct_customer_profit') }}
    where review_date = (select turns.last_on from turns)
),

tiers_of_last_review as (
    select *
    from {{ ref('fct_tier_reviews') }}
    where review_date = (select turns.last_on from turns)
),

last_review as (
    select
        tiers.customer_id,
        tiers.tier as projected_tier,
        tiers.review_date,
        tiers.recency_score,
        tiers.frequency_score,
        tiers.monetary_score,
        tiers.profit_score,
        rfm.recency_days,
        rfm.frequency,
        rfm.monetary,
        profit.gross_profit,
        profit.net_profit
    from tiers_of_last_review as tiers
    inner join rfm on tiers.customer_id = rfm.customer_id
    inner join profit on tiers.customer_id = profit.customer_id
),

last_closed_review as (
    select
        customer_id,
        review_date,
        recency_score,
        frequency_score,
        monetary_score,
        profit_score
    from {{ ref('fct_tier_reviews') }}
    where review_date = (select turns.last_closed_on from turns)
)

select
    coalesce(last_review.customer_id, shown.customer_id) as customer_id,
    shown.tier_review_date
from last_review
full outer join {{ ref('customer_tier') }} as shown on last_review.customer_id = shown.customer_id
left join last_closed_review as decided on last_review.customer_id = decided.customer_id
left join {{ ref('tiers') }} as tiers on shown.tier = tiers.tier
cross join {{ ref('int_as_of') }} as as_of
where not coalesce(
    shown.as_of_date = as_of.as_of_date
    and shown.tier_rank = cast(tiers.tier_rank as int)
    and shown.tier_label_en = tiers.label_en
    and shown.tier_label_zh = tiers.label_zh
    and shown.projected_tier = last_review.projected_tier
    and shown.recency_days is not distinct from last_review.recency_days
    and shown.frequency = last_review.frequency
    and shown.monetary = last_review.monetary
    and shown.gross_profit = last_review.gross_profit
    and shown.net_profit = last_review.net_profit
    and shown.is_provisional = (decided.customer_id is null)
    and shown.tier_review_date = coalesce(decided.review_date, last_review.review_date)
    and shown.recency_score = coalesce(decided.recency_score, last_review.recency_score)
    and shown.frequency_score = coalesce(decided.frequency_score, last_review.frequency_score)
    and shown.monetary_score = coalesce(decided.monetary_score, last_review.monetary_score)
    and shown.profit_score = coalesce(decided.profit_score, last_review.profit_score),
    false
)
