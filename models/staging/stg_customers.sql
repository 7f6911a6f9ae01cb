-- Grain: one row per raw row of customers: typed, and what became of it (outcome, outcome_reason).
with customers as (
    {% call(rows) judged_rows('customers') %}
        select
            *,
            cast(null as date) as effective_on,
            cast(null as string) as quarantine_reason,
            cast(null as string) as repair_reason
        from {{ rows }}
    {% endcall %}
),

-- one step only: a chain or a circle of merges has no end that all would agree on
possible_targets as (
    select customer_id as target_id
    from customers
    where outcome = 'current' and merged_into is null
),

mended as (
    select
        customers.*,
        possible_targets.target_id,
        outcome = 'current' and merged_into is not null and target_id is null as has_unknown_target
    from customers
    left join possible_targets on customers.merged_into = possible_targets.target_id
)

select
    customer_id,
    customer_name,
    customer_type,
    industry,
    region,
    acquisition_channel,
    referred_by,
    signed_up_at,
    target_id as merged_into,
    opted_out_of,
    loaded_at,
    effective_on,
    outcome,
    case when has_unknown_target then coalesce(outcome_reason, 'unknown_merged_into') else outcome_reason end as outcome_reason,
    raw_row
from mended
