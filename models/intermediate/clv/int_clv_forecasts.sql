-- Grain: one row per day of int_clv_dates: by which parameters, for how long and at which discount rate histories are scored.
{{ config(materialized='view') }}

select
    dates.as_of_date,
    dates.is_validation,
    dates.horizon_days,
    dates.discount_rate,
    purchases.model as purchase_model,
    purchases.r,
    purchases.alpha,
    purchases.a,
    purchases.b,
    spend.p,
    spend.q,
    spend.v,
    not purchases.converged or not spend.converged as is_fallback
from {{ ref('int_clv_dates') }} as dates
inner join {{ ref('int_clv_parameters') }} as purchases on dates.as_of_date = purchases.as_of_date and dates.purchase_model = purchases.model
inner join {{ ref('int_clv_parameters') }} as spend on dates.as_of_date = spend.as_of_date and spend.model = 'gamma_gamma'
