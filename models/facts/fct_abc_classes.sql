-- Grain: one row per buyer of the last review: their place and class among all buyers by profit, and by revenue.
with by_profit as (
    {{ abc_rows(ref('fct_current_metrics'), 'net_profit') }}
),

by_revenue as (
    {{ abc_rows(ref('fct_current_metrics'), 'monetary') }}
)

select
    by_profit.customer_id,
    by_profit.review_date,
    by_profit.abc_class as abc_by_profit,
    by_revenue.abc_class as abc_by_revenue,
    by_profit.place as place_by_profit,
    by_revenue.place as place_by_revenue,
    cast(by_profit.held as decimal(18, 2)) as held_by_profit,
    cast(by_revenue.held as decimal(18, 2)) as held_by_revenue
from by_profit
inner join by_revenue on by_profit.customer_id = by_revenue.customer_id
