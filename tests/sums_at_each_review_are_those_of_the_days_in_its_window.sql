-- The facts come from running sums over what enters and leaves the window. Here the days of all customers are added up window by window.
{% set of_purchases = ['frequency', 'monetary', 'cost_of_goods', 'shipping_cost'] %}
{% set of_contacts = ['interactions', 'inbound', 'outbound', 'complaints', 'events_attended', 'campaign_touches'] %}
{% set of_contacts = of_contacts + ['campaign_responses', 'referrals'] %}
{% set of_a_lifetime = ['lifetime_orders', 'lifetime_monetary'] %}
with reviews as (
    select reviews.review_date, {{ add_days('reviews.review_date', -var('window_days')) }} as before_window
    from {{ ref('int_reviews') }} as reviews
    cross join {{ ref('int_recompute') }} as recompute
    where reviews.review_date >= recompute.recompute_from
),

-- a refund may lie before the day its customer is first seen, and counts from that day on
purchase_days as (
    select
        purchases.business_date,
        greatest(purchases.business_date, customers.first_seen_on) as counted_from,
        sum(purchases.orders) as frequency,
        sum(purchases.net - purchases.refund_amount) as monetary,
        sum(purchases.cost_of_goods - purchases.returned_cost) as cost_of_goods,
        sum(purchases.shipping_cost) as shipping_cost
    from {{ ref('int_purchase_days') }} as purchases
    inner join {{ ref('int_customers') }} as customers on purchases.customer_id = customers.customer_id
    group by purchases.business_date, greatest(purchases.business_date, customers.first_seen_on)
),

purchases as (
    select
        reviews.review_date,
        {%- for column in of_purchases %}
        coalesce(sum(purchase_days.{{ column }}) filter (where purchase_days.business_date > reviews.before_window), 0) as {{ column }},
        {%- endfor %}
        coalesce(sum(purchase_days.frequency), 0) as lifetime_orders,
        coalesce(sum(purchase_days.monetary), 0) as lifetime_monetary
    from reviews
    left join purchase_days on reviews.review_date >= purchase_days.counted_from
    group by reviews.review_date
),

contact_days as (
    select
        {%- for column in of_contacts + ['service_cost'] %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        business_date
    from {{ ref('int_contact_days') }}
    group by business_date
),

contacts as (
    select
        {%- for column in of_contacts + ['service_cost'] %}
        coalesce(sum(contact_days.{{ column }}), 0) as {{ column }},
        {%- endfor %}
        reviews.review_date
    from reviews
    left join contact_days
        on reviews.review_date >= contact_days.business_date and reviews.before_window < contact_days.business_date
    group by reviews.review_date
),

conversions as (
    select reviews.review_date, count(referrals.interaction_id) as converted_referrals
    from reviews
    left join {{ ref('int_conversions') }} as referrals
        on
            reviews.review_date >= referrals.converted_on
            and reviews.review_date >= referrals.occurred_on
            and reviews.before_window < referrals.occurred_on
    group by reviews.review_date
),

facts as (
    select
        {%- for column in of_purchases + of_a_lifetime + ['service_cost'] %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        review_date
    from {{ ref('fct_customer_reviews') }}
    where review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
    group by review_date
),

engagement as (
    select
        {%- for column in of_contacts + ['converted_referrals'] %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        review_date
    from {{ ref('fct_customer_engagement') }}
    where review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
    group by review_date
)

select reviews.review_date
from reviews
inner join purchases on reviews.review_date = purchases.review_date
inner join contacts on reviews.review_date = contacts.review_date
inner join conversions on reviews.review_date = conversions.review_date
left join facts on reviews.review_date = facts.review_date
left join engagement on reviews.review_date = engagement.review_date
where
    contacts.service_cost <> coalesce(facts.service_cost, 0)
    or conversions.converted_referrals <> coalesce(engagement.converted_referrals, 0)
    {%- for column in of_purchases + of_a_lifetime %}
    or purchases.{{ column }} <> coalesce(facts.{{ column }}, 0)
    {%- endfor %}
    {%- for column in of_contacts %}
    or contacts.{{ column }} <> coalesce(engagement.{{ column }}, 0)
    {%- endfor %}
