-- Grain: one row per graded customer and review: their contacts in the window and the latest assessments.
{{ config(materialized='view') }}

select
    customer_id,
    review_date,
    interactions,
    inbound,
    outbound,
    complaints,
    events_attended,
    campaign_touches,
    campaign_responses,
    referrals,
    converted_referrals,
    satisfaction,
    industry_standing,
    growth_prospect,
    strategic_importance,
    relationship_strength
from {{ with_metrics(ref('fct_customer_reviews'), contact_metrics() + assessment_metrics(), ref('int_reviews')) }}
