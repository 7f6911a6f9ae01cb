{# For data tests: the rate in force on each currency and day of a query of the caller, by the last valid_from and not by stg_daily_rates. #}
{% macro rates_of(rows, day) %}
    select
        days.currency,
        days.{{ day }},
        case
            when days.currency = {{ quoted(var('reporting_currency')) }} then cast(1 as decimal(12, 6))
            else max_by(given.rate_to_reporting, given.valid_from)
        end as rate
    from (select distinct currency, {{ day }} from {{ rows }}) as days
    left join {{ ref('stg_exchange_rates') }} as given
        on days.currency = given.currency and days.{{ day }} >= given.valid_from and given.outcome = 'current'
    group by days.currency, days.{{ day }}
{% endmacro %}
