-- Grain: one row per customer at risk at the last review, with its metrics: the way in which each cause is met (null: it is not),
-- how many are, and the level they come to. Who has bought nothing in the window is no risk any more: they have left.
{% set ways = churn_ways() %}
{% set causes = ways | map(attribute='cause') | unique | list %}

with judged as (
    select
        metrics.*,
        {%- for cause in causes %}
        {{ first_cause_met(ways | selectattr('cause', 'equalto', cause) | list) }} as {{ cause }}_way,
        {%- endfor %}
        cast(1 - clv.probability_alive as decimal(7, 6)) as churn_probability
    from {{ ref('fct_current_metrics') }} as metrics
    inner join {{ ref('fct_customer_clv') }} as clv on metrics.customer_id = clv.customer_id
    where metrics.frequency >= 1
),

counted as (
    select
        *,
        {%- for cause in causes %}
        case when {{ cause }}_way is null then 0 else 1 end {{ 'as causes' if loop.last else '+' }}
        {%- else %}
        0 as causes
        {%- endfor %}
    from judged
),

levelled as (
    select
        *,
        {{ highest_outcome_met('churn_levels', 'level', 'level_rank') }} as level
    from counted
    where causes > 0
)

select *
from levelled
where level is not null
