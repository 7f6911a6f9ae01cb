-- Grain: one row per review whose facts, tiers and history are complete, with the fingerprint they were built with. Made last.
{{ config(materialized=review_table(), incremental_strategy='append', pre_hook="{{ forget_reviews(this.identifier) }}") }}
-- depends_on: {{ ref('customer_tier') }}, {{ ref('tier_migration') }}, {{ ref('revenue_bridge') }}, {{ ref('quarantined_rows') }}
-- depends_on: {{ ref('fct_customer_rfm') }}, {{ ref('fct_customer_profit') }}, {{ ref('fct_customer_engagement') }}, {{ ref('fct_customer_classes') }}, {{ ref('metrics') }}

select fingerprints.*
from {{ ref('int_review_fingerprints') }} as fingerprints
cross join {{ ref('int_recompute') }} as recompute
where fingerprints.review_date >= recompute.recompute_from
