-- Grain: one row per metric and point of its Pareto curve at the last review: each full percent of the buyers, and the last buyer of each class.
with places as (
    select review_date, 'net_profit' as metric, place_by_profit as place, held_by_profit as held, abc_by_profit as abc_class
    from {{ ref('fct_abc_classes') }}

    union all

    select review_date, 'monetary' as metric, place_by_revenue as place, held_by_revenue as held, abc_by_revenue as abc_class
    from {{ ref('fct_abc_classes') }}
),

-- what all before the first loss hold is the most that anyone holds with those before them
totals as (
    select metric, cast(count(*) as bigint) as buyers, max(held) as total
    from places
    group by metric
),

classes as (
    select metric, abc_class, max(place) as last_place
    from places
    group by metric, abc_class
)

select
    places.metric,
    places.review_date,
    places.place as customers,
    {{ ratio('cast(places.place as bigint)', 'totals.buyers') }} as share_of_customers,
    places.held as held_value,
    case when totals.total > 0 then {{ ratio(cents('places.held'), cents('totals.total'), 'decimal(18, 4)') }} end as share_of_value,
    places.abc_class,
    places.place = classes.last_place as is_end_of_class
from places
inner join totals on places.metric = totals.metric
inner join classes on places.metric = classes.metric and places.abc_class = classes.abc_class
where
    places.place = classes.last_place
    -- a hundredth more of the buyers is reached here
    or (100 * cast(places.place as bigint)) % totals.buyers < 100
