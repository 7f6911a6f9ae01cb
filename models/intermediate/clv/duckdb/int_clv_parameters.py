# Grain: one row per day of int_clv_dates and model: the models of purchases and of order values, fitted to what was known by then.
from dataclasses import asdict

import numpy as np
from tiers import clv


def model(dbt, session):
    dbt.config(materialized="table")
    histories, spendings = dbt.ref("int_history_counts"), dbt.ref("int_spend_counts")
    fitted = []
    for as_of_date, purchase_model in dbt.ref("int_clv_dates").project("as_of_date, purchase_model").fetchall():
        of_day = f"as_of_date = '{as_of_date}'"
        for model in (
            clv.fit_histories(purchase_model, **histories.filter(of_day).project("* exclude (as_of_date)").fetchnumpy()),
            clv.fit_spendings(**spendings.filter(of_day).project("* exclude (as_of_date)").fetchnumpy()),
        ):
            fitted.append({"as_of_date": str(as_of_date), **asdict(model)})
    columns = {name: np.array([row[name] for row in fitted]) for name in ("as_of_date", "model", "log_likelihood", "customers", "converged")}
    columns |= {name: np.ma.masked_invalid([row.get(name, np.nan) for row in fitted]) for name in ("r", "alpha", "a", "b", "p", "q", "v")}
    session.register("fitted", columns)
    return session.sql(
        """
        select
            cast(model as varchar) as model,
            cast(as_of_date as date) as as_of_date,
            cast(columns(['r', 'alpha', 'a', 'b', 'p', 'q']) as decimal(18, 6)),
            cast(v as decimal(24, 6)) as v,
            cast(log_likelihood as decimal(18, 4)) as log_likelihood,
            cast(customers as int) as customers,
            cast(converged as boolean) as converged
        from fitted
        """
    )
