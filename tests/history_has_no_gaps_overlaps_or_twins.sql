-- Each row of a customer begins where the one before it ended, with another tier, and says so; the first is entered, the last is open and current.
with rows_in_order as (
    select
        *,
        lag(valid_to) over (partition by customer_id order by valid_from) as end_before,
        lag(tier) over (partition by customer_id order by valid_from) as tier_before,
        lag(tier_rank) over (partition by customer_id order by valid_from) as rank_before,
        row_number() over (partition by customer_id order by valid_from) as row_in_order,
        lead(valid_from) over (partition by customer_id order by valid_from) is null as is_last
    from {{ ref('customer_tier_history') }}
)

select
    history.customer_id,
    history.valid_from,
    history.valid_to,
    history.tier,
    history.previous_tier
from rows_in_order as history
cross join {{ ref('int_as_of') }} as as_of
where
    (history.row_in_order > 1 and coalesce(history.end_before <> history.valid_from, true))
    or history.tier_before = history.tier
    or history.previous_tier is distinct from history.tier_before
    or coalesce(history.valid_to <= history.valid_from, false)
    or history.valid_from > {{ add_days('as_of.as_of_date', 1) }}
    or history.is_current <> history.is_last
    or history.is_current <> (history.valid_to is null)
    or history.change_type <> case
        when history.row_in_order = 1 then 'entered'
        when history.tier_rank > history.rank_before then 'upgraded'
        else 'downgraded'
    end
