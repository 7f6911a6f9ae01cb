# Grain: one row per day of int_clv_dates and distinct history: what it promises, by the models fitted to that day.
import numpy as np
from tiers import clv

HISTORY = ("repeat_orders", "active_days", "age_days")
SCORES = ("probability_alive", "expected_orders", "discounted_orders", "base_order_value", "value_of_revenue")


def model(dbt, session):
    dbt.config(materialized="table")
    counts, forecasts = dbt.ref("int_history_counts"), dbt.ref("int_clv_forecasts")
    scored = {name: [np.array([], dtype=str if name == "as_of_date" else float)] for name in ("as_of_date", *HISTORY, *SCORES)}
    for row in forecasts.fetchall():
        forecast = dict(zip(forecasts.columns, row))
        history = counts.filter(f"as_of_date = '{forecast['as_of_date']}'").project(", ".join(HISTORY)).fetchnumpy()
        scores = clv.score_histories(**history, forecast=forecast)
        day = np.full(len(history["age_days"]), str(forecast["as_of_date"]))
        for name, values in {"as_of_date": day, **history, **scores}.items():
            scored[name].append(values)
    session.register("scored", {name: np.concatenate(parts) for name, parts in scored.items()})
    return session.sql(
        """
        select
            cast(as_of_date as date) as as_of_date,
            cast(columns(['repeat_orders', 'active_days', 'age_days']) as int),
            cast(probability_alive as decimal(7, 6)) as probability_alive,
            cast(columns(['expected_orders', 'discounted_orders']) as decimal(12, 6)),
            cast(base_order_value as decimal(24, 6)) as base_order_value,
            cast(value_of_revenue as decimal(18, 9)) as value_of_revenue
        from scored
        """
    )
