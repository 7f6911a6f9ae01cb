-- Grain: one row per day of int_clv_dates and model: the models of purchases and of order values, fitted to what was known by then.
with fitted as (
    select *
    from fit_histories(
        table(
            select counts.*, dates.purchase_model
            from {{ ref('int_history_counts') }} as counts
            inner join {{ ref('int_clv_dates') }} as dates on counts.as_of_date = dates.as_of_date
        ) partition by as_of_date
    )

    union all

    select *
    from fit_spendings(table(select * from {{ ref('int_spend_counts') }}) partition by as_of_date)
)

select
    model,
    as_of_date,
    {%- for name in ['r', 'alpha', 'a', 'b', 'p', 'q'] %}
    cast({{ name }} as decimal(18, 6)) as {{ name }},
    {%- endfor %}
    cast(v as decimal(24, 6)) as v,
    cast(log_likelihood as decimal(18, 4)) as log_likelihood,
    customers,
    converged
from fitted
