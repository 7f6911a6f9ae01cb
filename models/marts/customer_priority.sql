-- Grain: one row per customer of the last review: whom to attend to first, by value, demand and potential.
{% set weights = weight_rows('priority_weights') %}

with pointed as (
    select
        metrics.customer_id,
        metrics.review_date,
        {{ points_of(weights, 0, 100) }}
    from {{ ref('fct_current_metrics') }} as metrics
    left join {{ ref('fct_customer_clv') }} as clv on metrics.customer_id = clv.customer_id
),

scored as (
    select
        customer_id,
        review_date,
        {%- for part in ['value', 'demand', 'potential'] %}
        {{ mean_points(weights | selectattr('part', 'equalto', part) | list) }} as {{ part }}_points,
        {%- endfor %}
        coalesce({{ mean_points(weights) }}, 0) as priority_score
    from pointed
),

-- ranks are counted within bands of like score and added up, so that no task ever has to sort all customers
banded as (
    select *, cast(floor(priority_score) as int) as band
    from scored
),

bands as (
    select band, count(*) as customers
    from banded
    group by band
),

cumulated_bands as (
    select band, coalesce(sum(customers) over (order by band desc rows between unbounded preceding and 1 preceding), 0) as customers_above
    from bands
)

select
    banded.customer_id,
    banded.review_date as as_of_date,
    cast(cumulated_bands.customers_above + row_number() over (
        partition by banded.band
        order by banded.priority_score desc, banded.value_points desc nulls last, banded.customer_id asc
    ) as int) as priority_rank,
    banded.priority_score,
    banded.value_points,
    banded.demand_points,
    banded.potential_points
from banded
inner join cumulated_bands on banded.band = cumulated_bands.band
