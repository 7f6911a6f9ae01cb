-- Held is never below earned, nor more than one tier below the review before (soft landing), and its source says why.
select customer_id, review_date, earned_rank, keep_rank, held_rank, previous_held_rank, held_source
from {{ ref('fct_held_tiers') }}
where
    review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
    and (
        keep_rank < earned_rank
        or held_rank < earned_rank
        or held_rank > greatest(earned_rank, previous_held_rank)
        or (held_rank > earned_rank and previous_held_rank is null)
        {%- if var('tier_soft_landing') %}
        or held_rank < previous_held_rank - 1
        {%- endif %}
        or (held_source = 'earned') <> (held_rank = earned_rank)
        or (held_source = 'grace' and held_rank < keep_rank and held_rank < previous_held_rank)
        or (held_source = 'soft_landing' and held_rank <> previous_held_rank - 1)
        or coalesce(held_source not in ('earned', 'grace', 'soft_landing'), true)
    )
