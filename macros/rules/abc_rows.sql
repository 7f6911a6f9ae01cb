{#
    The buyers of each review by a metric, greatest first, ties by customer_id: one row per buyer and review, with their place, what they and those
    before them hold of the metric (held), and A, B or C by the share of the positive total that those before them hold.
    Buyers are ranked within bands of like value and the bands added up, so that no task ever has to sort all customers.
#}
{% macro abc_rows(reviews, metric) %}
        with buyers as (
            select
                customer_id,
                review_date,
                {{ metric }} as value,
                case
                    when {{ metric }} > 0 then cast(floor(8 * ln({{ metric }})) as int)
                    when {{ metric }} < 0 then -2000 - cast(floor(8 * ln(-{{ metric }})) as int)
                    else -1000
                end as band
            from {{ reviews }}
            where frequency >= 1
        ),

        bands as (
            select review_date, band, sum(value) as value, count(*) as buyers
            from buyers
            group by review_date, band
        ),

        cumulated_bands as (
            select
                review_date,
                band,
                sum(case when value > 0 then value end) over (partition by review_date) as total,
                coalesce(sum(value) over earlier, 0) as held_above,
                coalesce(sum(buyers) over earlier, 0) as buyers_above
            from bands
            window earlier as (partition by review_date order by band desc rows between unbounded preceding and 1 preceding)
        ),

        ranked as (
            select
                buyers.customer_id,
                buyers.review_date,
                buyers.value,
                cumulated_bands.total,
                cumulated_bands.buyers_above + row_number() over so_far as place,
                cumulated_bands.held_above + coalesce(sum(buyers.value) over so_far, 0) as held
            from buyers
            inner join cumulated_bands
                on buyers.review_date = cumulated_bands.review_date and buyers.band = cumulated_bands.band
            window so_far as (
                partition by buyers.review_date, buyers.band
                order by buyers.value desc, buyers.customer_id
                rows between unbounded preceding and current row
            )
        )

        select
            customer_id,
            review_date,
            cast(place as int) as place,
            held,
            case
                when value > 0 and 100 * (held - value) < 80 * total then 'A'
                when value > 0 and 100 * (held - value) < 95 * total then 'B'
                else 'C'
            end as abc_class
        from ranked
{% endmacro %}
