-- The facts come from running sums over what enters and leaves the window. Here the days of all customers are added up window by window.
{% set of_purchases = {'frequency': 'orders', 'monetary': 'monetary', 'cost_of_goods': 'cost_of_goods', 'shipping_cost': 'shipping_cost'} %}
{% set of_contacts = ['interactions', 'inbound', 'outbound', 'complaints', 'events_attended', 'campaign_touches', 'campaign_responses', 'referrals', 'service_cost'] %}
with reviews as (
    select reviews.review_date, {{ add_days('reviews.review_date', -var('window_days')) }} as before_window
    from {{ ref('int_reviews') }} as reviews
    cross join {{ ref('int_recompute') }} as recompute
    where reviews.review_date >= recompute.recompute_from
),

-- a refund may lie before the day its customer is first seen, and counts from that day on
purchase_days as (
    select
        days.business_date,
        greatest(days.business_date, customers.first_seen_on) as counted_from,
        sum(days.orders) as orders,
        sum(days.net - days.refund_amount) as monetary,
        sum(days.cost_of_goods - days.returned_cost) as cost_of_goods,
        sum(days.shipping_cost) as shipping_cost
    from {{ ref('int_purchase_days') }} as days
    inner join {{ ref('int_customers') }} as customers on days.customer_id = customers.customer_id
    group by 1, 2
),

purchases as (
    select
        reviews.review_date,
        {%- for metric, column in of_purchases.items() %}
        coalesce(sum(days.{{ column }}) filter (where days.business_date > reviews.before_window), 0) as {{ metric }},
        {%- endfor %}
        coalesce(sum(days.orders), 0) as lifetime_orders,
        coalesce(sum(days.monetary), 0) as lifetime_monetary
    from reviews
    left join purchase_days as days on reviews.review_date >= days.counted_from
    group by reviews.review_date
),

contact_days as (
    select business_date{% for column in of_contacts %}, sum({{ column }}) as {{ column }}{% endfor %}
    from {{ ref('int_contact_days') }}
    group by business_date
),

contacts as (
    select reviews.review_date{% for column in of_contacts %}, coalesce(sum(days.{{ column }}), 0) as {{ column }}{% endfor %}
    from reviews
    left join contact_days as days on reviews.review_date >= days.business_date and reviews.before_window < days.business_date
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
        review_date,
        {%- for column in of_purchases.keys() | list + of_contacts %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        sum(lifetime_orders) as lifetime_orders,
        sum(lifetime_monetary) as lifetime_monetary,
        sum(converted_referrals) as converted_referrals
    from {{ ref('fct_customer_reviews') }}
    where review_date >= (select recompute_from from {{ ref('int_recompute') }})
    group by review_date
)

select reviews.review_date
from reviews
inner join purchases on reviews.review_date = purchases.review_date
inner join contacts on reviews.review_date = contacts.review_date
inner join conversions on reviews.review_date = conversions.review_date
left join facts on reviews.review_date = facts.review_date
where
    {%- for column in of_purchases.keys() | list + ['lifetime_orders', 'lifetime_monetary'] %}
    purchases.{{ column }} <> coalesce(facts.{{ column }}, 0) or
    {%- endfor %}
    {%- for column in of_contacts %}
    contacts.{{ column }} <> coalesce(facts.{{ column }}, 0) or
    {%- endfor %}
    conversions.converted_referrals <> coalesce(facts.converted_referrals, 0)
