-- Per closed review the moves add up to all customers and their value; whom the last closed review left in a tier starts from it in the next.
with moves as (
    select
        review_date,
        sum(customers) as customers,
        sum(monetary) as monetary,
        sum(net_profit) as net_profit
    from {{ ref('tier_migration') }}
    group by review_date
),

facts as (
    select
        facts.review_date,
        count(*) as customers,
        sum(facts.monetary) as monetary,
        sum(facts.net_profit) as net_profit
    from {{ ref('fct_customer_reviews') }} as facts
    inner join {{ ref('int_reviews') }} as reviews on facts.review_date = reviews.review_date
    where reviews.is_closed and facts.review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
    group by facts.review_date
),

arrivals as (
    select review_date, to_tier as tier, sum(customers) as customers
    from {{ ref('tier_migration') }}
    group by review_date, to_tier
),

departures as (
    select reviews.previous_review_date as review_date, moves.from_tier as tier, sum(moves.customers) as customers
    from {{ ref('tier_migration') }} as moves
    inner join {{ ref('int_reviews') }} as reviews on moves.review_date = reviews.review_date
    where moves.from_tier is not null
    group by reviews.previous_review_date, moves.from_tier
),

closed as (
    select review_date
    from {{ ref('int_reviews') }}
    where is_closed
),

last_moves as (
    select max(review_date) as review_date
    from moves
)

select facts.review_date, cast(null as string) as tier, 'the moves are not the population of the review' as problem
from facts
left join moves on facts.review_date = moves.review_date
where
    facts.customers is distinct from moves.customers
    or facts.monetary is distinct from moves.monetary
    or facts.net_profit is distinct from moves.net_profit

union all

select moves.review_date, cast(null as string) as tier, 'not a closed review' as problem
from moves
anti join closed on moves.review_date = closed.review_date

union all

select
    coalesce(arrivals.review_date, departures.review_date) as review_date,
    coalesce(arrivals.tier, departures.tier) as tier,
    'who arrived in a tier does not start from it in the next review' as problem
from arrivals
full outer join departures on arrivals.review_date = departures.review_date and arrivals.tier = departures.tier
where
    arrivals.customers is distinct from departures.customers
    and coalesce(arrivals.review_date, departures.review_date) < (select last_moves.review_date from last_moves)
