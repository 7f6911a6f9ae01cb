-- Grain: one row per day of int_clv_dates and distinct history: what it promises, by the models fitted to that day.
with scored as (
    select *
    from score_histories(
        table(
            select counts.*, forecasts.* except (as_of_date)
            from {{ ref('int_history_counts') }} as counts
            inner join {{ ref('int_clv_forecasts') }} as forecasts on counts.as_of_date = forecasts.as_of_date
        ) partition by as_of_date
    )
)

select
    as_of_date,
    repeat_orders,
    active_days,
    age_days,
    cast(probability_alive as decimal(7, 6)) as probability_alive,
    cast(expected_orders as decimal(12, 6)) as expected_orders,
    cast(discounted_orders as decimal(12, 6)) as discounted_orders,
    cast(base_order_value as decimal(24, 6)) as base_order_value,
    cast(value_of_revenue as decimal(18, 9)) as value_of_revenue
from scored
