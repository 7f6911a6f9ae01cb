-- Grain: one row per model and day it was fitted to: as_of_date, and the earlier day that clv_validation looks ahead from.
select
    model,
    as_of_date,
    r,
    alpha,
    a,
    b,
    p,
    q,
    v,
    log_likelihood,
    customers,
    converged
from {{ ref('int_clv_parameters') }}
