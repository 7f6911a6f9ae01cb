{#
    How each customer buys at each of these reviews, see fct_customer_patterns: one row per customer and review by which they had bought.
    reviews, days and lines: relations with the columns of int_reviews, int_purchase_days and int_order_lines.
    Reviews are paired with the days they look back on, and purchases find them by their day: for one review everything is read once.
    No relation is read twice and the group by comes last: so an engine sees that there is one row per customer and review, and leaves
    all of it out where none of its columns is asked for.
#}
{% macro pattern_rows(reviews, days, lines) %}
{%- set window, half = var('window_days'), var('window_days') // 2 -%}
{%- set intervals = 'cast(sum(order_days) - 1 as bigint)' -%}
{%- set days_of_buying = 'cast(' ~ days_between('min(first_ordered_on)', 'max(last_ordered_on)') ~ ' as bigint)' -%}
{%- set days_since = 'cast(' ~ days_between('max(last_ordered_on)', 'review_date') ~ ' as bigint)' -%}
        with purchases as (
            select customer_id, business_date as ordered_on, cast(null as string) as category, 1 as order_days, orders, net, promoted_net, flagship_net
            from {{ days }}
            where orders > 0

            union all

            select customer_id, ordered_on, category, 0 as order_days, 0 as orders, 0 as net, 0 as promoted_net, 0 as flagship_net
            from {{ lines }}
            where is_graded and category is not null
        ),

        seen_days as (
            select days.business_date, reviews.review_date, {{ days_between('days.business_date', 'reviews.review_date') }} as days_ago
            from (select distinct business_date from {{ days }} where orders > 0) as days
            inner join {{ reviews }} as reviews on days.business_date <= reviews.review_date
        ),

        by_category as (
            select
                purchases.customer_id,
                seen_days.review_date,
                purchases.category,
                sum(purchases.order_days) as order_days,
                min(purchases.ordered_on) as first_ordered_on,
                max(purchases.ordered_on) as last_ordered_on,
                {{ sum_money('case when seen_days.days_ago < ' ~ window ~ ' then purchases.net end') }} as net,
                {{ sum_money('case when seen_days.days_ago < ' ~ window ~ ' then purchases.promoted_net end') }} as promoted_net,
                {{ sum_money('case when seen_days.days_ago < ' ~ window ~ ' then purchases.flagship_net end') }} as flagship_net,
                sum(case when seen_days.days_ago < {{ window }} then purchases.orders else 0 end) as orders,
                sum(case when seen_days.days_ago < {{ half }} then purchases.orders else 0 end) as recent_orders,
                {{ sum_money('case when seen_days.days_ago < ' ~ half ~ ' then purchases.net end') }} as recent_net
            from purchases
            inner join seen_days on purchases.ordered_on = seen_days.business_date
            where purchases.category is null or seen_days.days_ago < {{ window }}
            group by purchases.customer_id, seen_days.review_date, purchases.category
        )

        select
            customer_id,
            review_date,
            case when sum(net) > 0 then {{ ratio(cents('promoted_net'), cents('net'), 'decimal(18, 4)') }} end as promotion_share,
            case when sum(net) > 0 then {{ ratio(cents('flagship_net'), cents('net'), 'decimal(18, 4)') }} end as flagship_share,
            cast(count(category) as int) as categories,
            case when sum(order_days) > 1 then {{ ratio(days_of_buying, intervals) }} end as average_interval_days,
            case when sum(order_days) > 1 then {{ ratio(days_since ~ ' * ' ~ intervals, days_of_buying) }} end as recency_intervals,
            case when sum(orders - recent_orders) > 0 then {{ ratio('cast(sum(recent_orders) as bigint)', 'cast(sum(orders - recent_orders) as bigint)') }} end as frequency_trend,
            case when sum(net - recent_net) > 0 then {{ ratio(cents('recent_net'), cents('net - recent_net'), 'decimal(18, 4)') }} end as monetary_trend
        from by_category
        group by customer_id, review_date
{% endmacro %}

{# A sum of money in whole cents. #}
{% macro cents(amount) %}cast(sum({{ amount }}) * 100 as bigint){% endmacro %}
