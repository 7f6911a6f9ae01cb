-- Grain: one row per customer and product they come back for that is due about now: on their own mean interval, and not passed over once already.
{{ config(materialized='view') }}

with rhythms as (
    select
        bought.customer_id,
        bought.product_id,
        bought.days_bought,
        bought.last_bought_on,
        {{ ratio(days_between('bought.first_bought_on', 'bought.last_bought_on'), '(bought.days_bought - 1)', 'decimal(9, 4)') }} as interval_days,
        products.as_of_date,
        limits.due_within_days
    from {{ ref('int_customer_products') }} as bought
    inner join {{ ref('int_products_sold') }} as products on bought.product_id = products.product_id
    cross join {{ ref('int_cross_sell_limits') }} as limits
    where bought.days_bought >= limits.min_refills and products.is_offered
),

refills as (
    select *, {{ add_days('last_bought_on', 'round(interval_days)') }} as due_on
    from rhythms
)

select customer_id, product_id, days_bought, interval_days, due_on
from refills
where due_on <= {{ add_days('as_of_date', 'due_within_days') }} and {{ add_days('due_on', 'round(interval_days)') }} >= as_of_date
