-- Whoever is A is worth at least what any B is, and B what any C; the A without the last of them hold less than 80 %, with them at least as much
-- unless nobody follows; likewise A and B at 95 %. Every buyer has a class, and whoever brings nothing is C.
with buyers as (
    select facts.customer_id, facts.{{ var('abc_metric') }} as worth
    from {{ ref('fct_current_metrics') }} as facts
    where facts.frequency >= 1
),

classes as (
    select customer_id, class
    from {{ ref('customer_classes') }}
    where scheme = 'abc_class'
),

classed as (
    select buyers.customer_id, buyers.worth, classes.class
    from buyers
    full outer join classes on buyers.customer_id = classes.customer_id
),

groups as (
    select
        count(*) filter (where customer_id is null or class is null or (class <> 'C' and worth <= 0)) as misplaced,
        coalesce(sum(worth) filter (where worth > 0), 0) as total,
        coalesce(sum(worth) filter (where class = 'A'), 0) as held_by_a,
        coalesce(sum(worth) filter (where class in ('A', 'B')), 0) as held_by_a_and_b,
        min(worth) filter (where class = 'A') as least_a,
        max(worth) filter (where class = 'B') as greatest_b,
        min(worth) filter (where class = 'B') as least_b,
        max(worth) filter (where class = 'C' and worth > 0) as greatest_c
    from classed
)

select *
from groups
where
    misplaced > 0
    or least_a < greatest(greatest_b, greatest_c)
    or least_b < greatest_c
    or 100 * (held_by_a - least_a) >= 80 * total
    or 100 * (held_by_a_and_b - least_b) >= 95 * total
    or (100 * held_by_a < 80 * total and (greatest_b is not null or greatest_c is not null))
    or (100 * held_by_a_and_b < 95 * total and greatest_c is not null)
