-- Grain: one row per day from which purchases are foretold: as_of_date, and for clv_validation an earlier one, whose future is known.
with history as (
    select
        reviews.review_date as as_of_date,
        {{ days_between('min(purchases.business_date)', 'reviews.review_date') }} + 1 as history_days
    from {{ ref('int_purchase_days') }} as purchases
    inner join {{ ref('int_reviews') }} as reviews on purchases.business_date <= reviews.review_date
    where reviews.is_last and purchases.orders > 0
    group by reviews.review_date
),

-- the end of the history is held out, as far as the model looks ahead, but never more than half of it
holdout as (
    select as_of_date, cast(least({{ var('clv_horizon_days') }}, floor(history_days / 2)) as int) as holdout_days
    from history
),

dates as (
    select as_of_date, false as is_validation, {{ var('clv_horizon_days') }} as horizon_days
    from history

    union all

    select {{ add_days('as_of_date', '-holdout_days') }} as as_of_date, true as is_validation, holdout_days as horizon_days
    from holdout
    where holdout_days > 0
)

select
    as_of_date,
    is_validation,
    horizon_days,
    '{{ var('clv_model') }}' as purchase_model,
    cast({{ var('clv_discount_rate') }} as decimal(9, 6)) as discount_rate
from dates
