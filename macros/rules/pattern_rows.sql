{#
    How each customer buys at each of these reviews, see fct_customer_patterns: one row per customer and review by which they had bought.
    reviews: a relation with their review_date. customers: a relation of customer_id, if only some customers are of interest.
    lines: what they bought and when, if something smaller than int_order_lines has all of it.
    Reviews are paired with the days they look back on, and purchases find them by their day: for one review everything is read once.
    Each further review costs as much again, so whoever describes the present asks for the last one only, and lines, which only one metric
    needs, are not read where that one is not among the metrics asked for.
#}
{% macro pattern_rows(reviews, metrics=pattern_metrics(), customers=none, lines=none) %}
{%- set window, half = var('window_days'), var('window_days') // 2 %}
{%- set of_these = ' and customer_id in (select few.customer_id from ' ~ customers ~ ' as few)' if customers else '' %}
        with days as (
            select *
            from {{ ref('int_purchase_days') }}
            where orders > 0{{ of_these }}
        ),

        seen_days as (
            select days.business_date, reviews.review_date, {{ days_between('days.business_date', 'reviews.review_date') }} as days_ago
            from (select distinct business_date from days) as days
            inner join {{ reviews }} as reviews on days.business_date <= reviews.review_date
        ),

        days_in_window as (
            select *
            from seen_days
            where days_ago < {{ window }}
        ),

        categories as (
            select customer_id, review_date, cast(count(*) as int) as categories
            from (
                select distinct lines.customer_id, days_in_window.review_date, lines.category
                from (
                    select customer_id, ordered_on, category
                    from {{ lines or '(select * from ' ~ ref('int_order_lines') ~ ' where is_graded) as graded' }}
                    where category is not null{{ ' and false' if 'categories' not in metrics }}{{ of_these }}
                ) as lines
                inner join days_in_window on lines.ordered_on = days_in_window.business_date
            ) as bought
            group by customer_id, review_date
        ),

        totals as (
            select
                days.customer_id,
                seen_days.review_date,
                cast(count(*) - 1 as bigint) as intervals,
                cast(max(seen_days.days_ago) - min(seen_days.days_ago) as bigint) as days_of_buying,
                cast(min(seen_days.days_ago) as bigint) as recency_days,
                {{ cents('coalesce(sum(case when seen_days.days_ago < ' ~ window ~ ' then days.net end), 0)') }} as net,
                {{ cents('coalesce(sum(case when seen_days.days_ago < ' ~ window ~ ' then days.promoted_net end), 0)') }} as promoted_net,
                {{ cents('coalesce(sum(case when seen_days.days_ago < ' ~ window ~ ' then days.flagship_net end), 0)') }} as flagship_net,
                {{ cents('coalesce(sum(case when seen_days.days_ago < ' ~ half ~ ' then days.net end), 0)') }} as recent_net,
                cast(coalesce(sum(case when seen_days.days_ago < {{ window }} then days.orders end), 0) as bigint) as orders,
                cast(coalesce(sum(case when seen_days.days_ago < {{ half }} then days.orders end), 0) as bigint) as recent_orders
            from days
            inner join seen_days on days.business_date = seen_days.business_date
            group by days.customer_id, seen_days.review_date
        )

        select
            totals.customer_id,
            totals.review_date,
            case when net > 0 then {{ ratio('promoted_net', 'net', 'decimal(18, 4)') }} end as promotion_share,
            case when net > 0 then {{ ratio('flagship_net', 'net', 'decimal(18, 4)') }} end as flagship_share,
            coalesce(categories.categories, 0) as categories,
            case when intervals > 0 then {{ ratio('days_of_buying', 'intervals') }} end as average_interval_days,
            case when intervals > 0 then {{ ratio('recency_days * intervals', 'days_of_buying') }} end as recency_intervals,
            case when orders > recent_orders then {{ ratio('recent_orders', '(orders - recent_orders)') }} end as frequency_trend,
            case when net > recent_net then {{ ratio('recent_net', '(net - recent_net)', 'decimal(18, 4)') }} end as monetary_trend
        from totals
        left join categories on totals.customer_id = categories.customer_id and totals.review_date = categories.review_date
{% endmacro %}
