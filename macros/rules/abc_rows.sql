{#
    A, B or C for each buyer of a review by the share of value held by those before them: one row per buyer and review.
    Buyers are ranked within bands of like value and the bands added up, so that no task ever has to sort all customers.
#}
{% macro abc_rows(reviews) %}
        with buyers as (
            select
                customer_id,
                review_date,
                {{ var('abc_metric') }} as value,
                case when {{ var('abc_metric') }} > 0 then cast(floor(8 * ln({{ var('abc_metric') }})) as int) end as band
            from {{ reviews }}
            where frequency >= 1
        ),

        bands as (
            select review_date, band, sum(value) as value
            from buyers
            where band is not null
            group by review_date, band
        ),

        cumulated_bands as (
            select
                review_date,
                band,
                sum(value) over (partition by review_date) as total,
                coalesce(sum(value) over (partition by review_date order by band desc rows between unbounded preceding and 1 preceding), 0) as held_above
            from bands
        ),

        ranked as (
            select
                buyers.customer_id,
                buyers.review_date,
                cumulated_bands.total,
                cumulated_bands.held_above + coalesce(sum(buyers.value) over (
                    partition by buyers.review_date, buyers.band
                    order by buyers.value desc, buyers.customer_id
                    rows between unbounded preceding and 1 preceding
                ), 0) as held_before
            from buyers
            left join cumulated_bands
                on buyers.review_date = cumulated_bands.review_date and buyers.band = cumulated_bands.band
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
        from ranked
{% endmacro %}
