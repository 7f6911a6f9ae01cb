-- Grain: one row per currency and day, from a currency's first rate to the last day on which any rate changes.
-- A day later than that has the rate of the last day.
with rates as (
    select currency, valid_from, rate_to_reporting
    from {{ ref('stg_exchange_rates') }}
    where outcome = 'current'
),

spans as (
    select
        currency,
        rate_to_reporting,
        valid_from,
        lead(valid_from) over (partition by currency order by valid_from) as next_valid_from
    from rates
),

last_change as (
    select max(valid_from) as last_day
    from rates
),

days as (
    select
        currency,
        rate_to_reporting,
        last_day,
        {{ each_day('valid_from', 'coalesce(' ~ add_days('next_valid_from', -1) ~ ', last_day)') }} as rate_day
    from spans
    cross join last_change
)

select currency, rate_day, last_day, rate_to_reporting
from days
