"""The Python functions that the models call on Spark, where dbt has no Python models: register them before dbt starts.

They live as long as the session, and dbt goes on with the session it finds, so both must be in one process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
from pyspark.sql import Row, SparkSession
from pyspark.sql.functions import udtf

from tiers import clusters, clv

PARAMETERS = ("r", "alpha", "a", "b", "p", "q", "v")
HISTORY = ("repeat_orders", "active_days", "age_days")
CELL = ("recency_score", "frequency_score", "monetary_score", "profit_score")
SCORES = ("probability_alive", "expected_orders", "discounted_orders", "base_order_value", "value_of_revenue")


def register(session: SparkSession) -> None:
    """Make the functions known to SQL: fit_histories, fit_spendings and score_histories take a table partitioned by as_of_date,
    find_clusters a single partition."""
    fitted = ", ".join(["model string", "as_of_date date", *(f"{name} double" for name in PARAMETERS), "log_likelihood double, customers int, converged boolean"])
    session.udtf.register("fit_histories", udtf(FitHistories, returnType=fitted, useArrow=False))
    session.udtf.register("fit_spendings", udtf(FitSpendings, returnType=fitted, useArrow=False))
    scored = ", ".join(["as_of_date date", *(f"{name} int" for name in HISTORY), *(f"{name} double" for name in SCORES)])
    session.udtf.register("score_histories", udtf(ScoreHistories, returnType=scored, useArrow=False))
    clustered = ", ".join([*(f"{name} int" for name in CELL), "cluster int, k int, silhouette double"])
    session.udtf.register("find_clusters", udtf(FindClusters, returnType=clustered, useArrow=False))


class _Rows:
    """Takes in the rows of a partition and answers once it has them all."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def eval(self, row: Row) -> None:
        self.rows.append(row)

    def column(self, name: str) -> np.ndarray:
        return np.array([row[name] for row in self.rows], dtype=np.float64)

    def columns(self, *names: str) -> dict[str, np.ndarray]:
        return {name: self.column(name) for name in names}

    def fitted(self, model: clv.PurchaseModel | clv.SpendModel) -> tuple[object, ...]:
        parameters = asdict(model)
        rest = model.log_likelihood, model.customers, model.converged
        return (model.model, self.rows[0]["as_of_date"], *map(parameters.get, PARAMETERS), *rest)


class FitHistories(_Rows):
    """Rows of int_history_counts with purchase_model."""

    def terminate(self) -> Iterator[tuple[object, ...]]:
        if self.rows:
            yield self.fitted(clv.fit_histories(self.rows[0]["purchase_model"], **self.columns(*HISTORY, "customers")))


class FitSpendings(_Rows):
    """Rows of int_spend_counts."""

    def terminate(self) -> Iterator[tuple[object, ...]]:
        if self.rows:
            yield self.fitted(clv.fit_spendings(**self.columns("repeat_orders", "repeat_revenue", "customers", "revenue")))


class ScoreHistories(_Rows):
    """Rows of int_history_counts with the columns of int_clv_forecasts."""

    def terminate(self) -> Iterator[tuple[object, ...]]:
        if self.rows:
            history = self.columns(*HISTORY)
            scores = clv.score_histories(**history, forecast=self.rows[0])
            day = self.rows[0]["as_of_date"]
            for values in zip(*(history[name].astype(int).tolist() for name in HISTORY), *(scores[name].tolist() for name in SCORES)):
                yield (day, *values)


class FindClusters(_Rows):
    """Rows of int_score_cells."""

    def terminate(self) -> Iterator[tuple[object, ...]]:
        cells = [tuple(row[name] for name in CELL) for row in self.rows]
        found = clusters.find_clusters(np.array(cells), self.column("customers"))
        for cell, cluster in zip(cells, found.cluster):
            yield (*cell, cluster, found.k, found.silhouette)
