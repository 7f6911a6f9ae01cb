-- Grain: one row per customer of the last review: their tier on the morning after as_of_date, and what it rests on.
with classes as (
    select
        customer_id,
        max(case when scheme = 'behaviour_class' then class end) as behaviour_class,
        max(case when scheme = 'rfm_segment' then class end) as rfm_segment,
        max(case when scheme = 'purchasing_power' then class end) as purchasing_power,
        max(case when scheme = 'purchase_frequency' then class end) as purchase_frequency,
        max(case when scheme = 'loyalty' then class end) as loyalty,
        max(case when scheme = 'abc_class' then class end) as abc_class
    from {{ ref('customer_classes') }}
    group by customer_id
),

first_offers as (
    select customer_id, product_id
    from {{ ref('next_best_product') }}
    where product_rank = 1
)

select
    decided.customer_id,
    as_of.as_of_date,
    history.valid_from as tier_since,
    decided.tier_review_date,
    tiers.tier,
    tiers.label_en as tier_label_en,
    tiers.label_zh as tier_label_zh,
    decided.tier_source,
    history.previous_tier,
    decided.projected_tier,
    next_tiers.next_tier,
    next_tiers.next_tier_metric,
    next_tiers.next_tier_gap,
    expiry.keep_until,
    reasons.reason_en,
    reasons.reason_zh,
    classes.behaviour_class,
    classes.rfm_segment,
    classes.purchasing_power,
    classes.purchase_frequency,
    classes.loyalty,
    classes.abc_class,
    abc_classes.abc_by_profit,
    abc_classes.abc_by_revenue,
    composites.strategic_class,
    composites.composite_coverage,
    clusters.cluster,
    clv.probability_alive,
    clv.expected_orders,
    clv.predicted_profit,
    clv.clv,
    warnings.level as churn_level,
    warnings.at_risk_since,
    priorities.priority_score,
    priorities.priority_rank,
    first_offers.product_id as next_best_product_id,
    decided.tier_rank,
    decided.recency_score,
    decided.frequency_score,
    decided.monetary_score,
    decided.profit_score,
    facts.recency_days,
    facts.frequency,
    facts.monetary,
    facts.gross_profit,
    facts.net_profit,
    decided.is_provisional
from {{ ref('fct_current_tiers') }} as decided
cross join {{ ref('int_as_of') }} as as_of
inner join {{ ref('tiers') }} as tiers on decided.tier_rank = cast(tiers.tier_rank as int)
inner join {{ ref('fct_current_metrics') }} as facts on decided.customer_id = facts.customer_id
left join {{ ref('customer_tier_history') }} as history on decided.customer_id = history.customer_id and history.is_current
left join classes on decided.customer_id = classes.customer_id
left join {{ ref('fct_next_tiers') }} as next_tiers on decided.customer_id = next_tiers.customer_id
left join {{ ref('fct_tier_expiry') }} as expiry on decided.customer_id = expiry.customer_id
inner join {{ ref('fct_tier_reasons') }} as reasons on decided.customer_id = reasons.customer_id
left join {{ ref('fct_abc_classes') }} as abc_classes on decided.customer_id = abc_classes.customer_id
left join {{ ref('fct_customer_composite') }} as composites on decided.customer_id = composites.customer_id
left join {{ ref('fct_customer_clusters') }} as clusters on decided.customer_id = clusters.customer_id
left join {{ ref('fct_customer_clv') }} as clv on decided.customer_id = clv.customer_id
left join {{ ref('churn_warning') }} as warnings on decided.customer_id = warnings.customer_id
left join {{ ref('customer_priority') }} as priorities on decided.customer_id = priorities.customer_id
left join first_offers on decided.customer_id = first_offers.customer_id
