-- Grain: one row per review: a fingerprint of everything that can change it and was not in an earlier review already.
-- Sums of row hashes do not depend on order; each holds its own day, because a row may move within its period. What happened before the first review's period belongs to the first.
{% set contact_columns = [
    'business_date', 'customer_id', 'interactions', 'inbound', 'outbound', 'complaints',
    'events_attended', 'campaign_touches', 'campaign_responses', 'referrals', 'satisfaction_answers', 'satisfaction_total', 'service_cost',
] %}
{% set purchase_columns = ['business_date', 'customer_id', 'orders', 'net', 'cost_of_goods', 'net_of_known_cost', 'shipping_cost', 'refund_amount', 'returned_cost'] %}
{# What no stored review is made of need not be watched: promotions, flagship products and categories only where a tier rule asks for them. #}
{% set lines, asked_for = ref('int_order_lines'), rule_rows('tier_rules') | map(attribute='metric') | list %}
{% if 'promotion_share' in asked_for %}{% do purchase_columns.append('promoted_net') %}{% endif %}
{% if 'flagship_share' in asked_for %}{% do purchase_columns.append('flagship_net') %}{% endif %}
with facts_by_day as (
    select business_date, {{ row_hash(purchase_columns) }} as row_hash
    from {{ ref('int_purchase_days') }}
    {%- if 'categories' in asked_for %}

    union all

    select ordered_on as business_date, {{ row_hash(["'category'", 'ordered_on', 'customer_id', 'category']) }} as row_hash
    from {{ lines }}
    where is_graded and category is not null
    {%- endif %}

    union all

    select business_date, {{ row_hash(["'contacts'"] + contact_columns) }} as row_hash
    from {{ ref('int_contact_days') }}

    union all

    select converted_on as business_date, {{ row_hash(["'conversion'", 'converted_on', 'customer_id', 'occurred_on', 'interaction_id']) }} as row_hash
    from {{ ref('int_conversions') }}

    union all

    select assessed_on as business_date, {{ row_hash(["'assessment'", 'assessed_on', 'customer_id', 'criterion', 'score']) }} as row_hash
    from {{ ref('int_assessments') }}

    union all

    select first_seen_on as business_date, {{ row_hash(["'customer'", 'first_seen_on', 'customer_id', 'score_group', 'is_company']) }} as row_hash
    from {{ ref('int_customers') }}
    where first_seen_on is not null

    union all

    -- the tier a review leads to is the one of the day after it
    select {{ add_days('valid_from', -1) }} as business_date, {{ row_hash(["'override'", 'valid_from', 'customer_id', 'tier', 'valid_to']) }} as row_hash
    from {{ ref('int_overrides') }}
),

by_day as (
    select business_date, sum(cast(row_hash as decimal(38, 0))) as fingerprint
    from facts_by_day
    group by business_date
),

first_days as (
    select min(calendar_day) as first_day
    from {{ ref('int_calendar') }}
),

by_review as (
    select calendar.review_date, sum(by_day.fingerprint) as fingerprint
    from by_day
    cross join first_days
    inner join {{ ref('int_calendar') }} as calendar
        on greatest(by_day.business_date, first_days.first_day) = calendar.calendar_day
    group by calendar.review_date
),

rule_versions as (
    select
        cast(valid_from as date) as valid_from,
        sum(cast({{ row_hash(['valid_from', 'tier', 'kind', 'alternative', 'metric', 'min_value', 'max_value']) }} as decimal(38, 0))) as fingerprint
    from {{ ref('tier_rules') }}
    group by cast(valid_from as date)
),

rules_in_force as (
    select
        reviews.review_date,
        coalesce(
            max_by(rule_versions.fingerprint, rule_versions.valid_from) filter (where rule_versions.valid_from <= reviews.review_date),
            min_by(rule_versions.fingerprint, rule_versions.valid_from)
        ) as fingerprint
    from {{ ref('int_reviews') }} as reviews
    cross join rule_versions
    group by reviews.review_date
)

select
    reviews.review_date,
    reviews.is_closed,
    cast(coalesce(by_review.fingerprint, 0) as string) as data_fingerprint,
    cast(rules_in_force.fingerprint as string) as rules_fingerprint,
    '{{ settings_fingerprint() }}' as settings_fingerprint
from {{ ref('int_reviews') }} as reviews
inner join rules_in_force on reviews.review_date = rules_in_force.review_date
left join by_review on reviews.review_date = by_review.review_date
