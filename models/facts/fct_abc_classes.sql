-- Grain: one row per review and customer who bought in its window: A, B or C by the share of value held by those before them.
-- Customers are ranked within bands of like value and the bands added up, so that no task ever has to sort all customers.
{{ config(materialized='view') }}

with buyers as (
    select
        customer_id,
        review_date,
        {{ var('abc_metric') }} as value,
        case when {{ var('abc_metric') }} > 0 then cast(floor(8 * ln({{ var('abc_metric') }})) as int) end as band
    from {{ ref('fct_scored_reviews') }}
    where frequency >= 1
),

bands as (
    select review_date, band, sum(value) as value
    from buyers
    where band is not null
    group by review_date, band
),

above as (
    select
        review_date,
        band,
        sum(value) over (partition by review_date) as total,
        coalesce(sum(value) over (partition by review_date order by band desc rows between unbounded preceding and 1 preceding), 0) as above_band
    from bands
),

placed as (
    select
        buyers.customer_id,
        buyers.review_date,
        above.total,
        above.above_band + coalesce(sum(buyers.value) over (
            partition by buyers.review_date, buyers.band
            order by buyers.value desc, buyers.customer_id
            rows between unbounded preceding and 1 preceding
        ), 0) as held_before
    from buyers
    left join above on buyers.review_date = above.review_date and buyers.band = above.band
)

select
    customer_id,
    review_date,
    case
        when total is null then 'C'
        when 100 * held_before < 80 * total then 'A'
        when 100 * held_before < 95 * total then 'B'
        else 'C'
    end as abc_class
from placed
