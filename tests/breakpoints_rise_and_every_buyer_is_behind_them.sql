-- Each score group with a buyer has its four metrics once, with the buyers of the review as population and breakpoints that do not fall.
with buyers as (
    select review_date, score_group, count(*) as population
    from {{ ref('fct_customer_reviews') }}
    where frequency >= 1 and review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
    group by review_date, score_group
),

breakpoints as (
    select
        review_date,
        score_group,
        count(*) as row_count,
        count(distinct metric) as metrics,
        min(population) as least_population,
        max(population) as greatest_population,
        count(*) filter (
            where not coalesce(
                metric in ('recency', 'frequency', 'monetary', 'profit')
                and case when metric = 'recency' then b1 >= b2 and b2 >= b3 and b3 >= b4 else b1 <= b2 and b2 <= b3 and b3 <= b4 end,
                coalesce(b1, b2, b3, b4) is null and population < {{ var('min_scored_customers') }}
            )
        ) as bad_rows
    from {{ ref('fct_score_breakpoints') }}
    where review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
    group by review_date, score_group
)

select
    coalesce(buyers.review_date, breakpoints.review_date) as review_date,
    coalesce(buyers.score_group, breakpoints.score_group) as score_group,
    buyers.population,
    breakpoints.row_count,
    breakpoints.bad_rows
from buyers
full outer join breakpoints on buyers.review_date = breakpoints.review_date and buyers.score_group = breakpoints.score_group
where
    buyers.population is null
    or breakpoints.row_count is null
    or breakpoints.row_count <> 4
    or breakpoints.metrics <> 4
    or breakpoints.least_population <> buyers.population
    or breakpoints.greatest_population <> buyers.population
    or breakpoints.bad_rows > 0
