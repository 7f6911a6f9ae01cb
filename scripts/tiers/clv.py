"""Customer lifetime value: how often a customer will buy again, and what an order of theirs is worth.

BG/NBD (Fader, Hardie & Lee 2005, Marketing Science 24) and MBG/NBD (Batislam, Denizel & Filiztekin 2007, Int. J. of
Research in Marketing 24): while alive a customer buys at a rate of their own, gamma-distributed (r, alpha); after an order
they leave for good with a probability of their own, beta-distributed (a, b). In BG/NBD nobody leaves after the first order, so
a one-time buyer counts as alive for ever; in MBG/NBD they may. Gamma-Gamma (Fader & Hardie 2013, note 025): order values of
a customer scatter around a mean of their own (p, q, v), whatever their rate.

All functions take numpy arrays. A history is x, the orders after the first; t_x, the time from the first order to the
last; t, the time from the first order until now. Times are weeks, as in the papers. A row may stand for n like customers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, special
from threadpoolctl import threadpool_limits

Array = NDArray[np.float64]

DAYS_OF_A_MONTH = 365 / 12
LEAST_REPEAT_BUYERS = 30
"""Fewer than this show nothing of how customers differ: the fallback is taken."""
DROPOUT_OF_CDNOW = {"bg_nbd": (0.793, 2.426), "mbg_nbd": (0.891, 1.614)}
"""Published a and b of the reference data set of the field: the fallback, as few histories tell least of leaving."""
BOUNDS = (-9.0, 9.0)
"""How far the logarithm of a parameter may go; the optimum of ordinary data lies well within."""
QUADRATURE_POINTS = 128
"""For a mean over dropouts; in trials it erred by less than a hundred-thousandth wherever 2F1 had no answer."""


@dataclass(frozen=True)
class PurchaseModel:
    """Fitted BG/NBD or MBG/NBD. alpha is in weeks; converged is False for the fallback."""

    model: str
    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = 0.0
    customers: int = 0
    converged: bool = True

    def probability_alive(self, x: Array, t_x: Array, t: Array) -> Array:
        """Probability that a customer with this history will ever buy again."""
        dropouts = _log_odds_of_dropout(self.model, self.a, self.b, x)
        return special.expit(-dropouts - (self.r + x) * (np.log(self.alpha + t) - np.log(self.alpha + t_x)))

    def expected_orders(self, x: Array, t_x: Array, t: Array, weeks: float) -> Array:
        """Mean number of orders in the next so many weeks."""
        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6  # at 1 it is 0 ÷ 0
        c, k = _dropouts(self.model, self.b, x), self.r + x
        z = weeks / (self.alpha + t + weeks)
        # Published is (1 − z)^k 2F1(k, c + 1; a + c; z), whose second factor overflows for customers of many orders; by Euler's
        # transformation it is the same with a − 1 in place of k. The smaller of the two is safe; where both are in the thousands,
        # hardly anything is left and the first factor is 0.
        power, other = np.minimum(k, a - 1), np.where(k < a - 1, c + 1, a + c - k)
        remaining = (1 - z) ** power
        left = remaining * np.where(remaining > 0, special.hyp2f1(power, other, a + c, z), 0)
        orders = (a + c) / (a - 1) * (1 - left)
        is_lost = ~np.isfinite(orders)  # where hardly anybody leaves and z is near 1, 2F1 knows no answer
        orders[is_lost] = _orders_of_the_living(self.a, c[is_lost], k[is_lost], (self.alpha + t)[is_lost], weeks)
        return np.maximum(orders, 0) * self.probability_alive(x, t_x, t)

    def discounted_orders(self, x: Array, t_x: Array, t: Array, weeks: float, steps: int, rate: float) -> Array:
        """The same, parted into equal steps, the orders of each discounted from its end at a rate a step."""
        until = [self.expected_orders(x, t_x, t, weeks * step / steps) for step in range(steps + 1)]
        return sum((later - sooner) / (1 + rate) ** step for step, (sooner, later) in enumerate(zip(until, until[1:]), start=1))


@dataclass(frozen=True)
class SpendModel:
    """Fitted Gamma-Gamma. v is in money; converged is False for the fallback."""

    p: float
    q: float
    v: float
    log_likelihood: float = 0.0
    customers: int = 0
    converged: bool = True
    model: str = "gamma_gamma"

    def expected_value(self, x: Array, revenue: Array) -> Array:
        """Mean value of a future order of a customer who has spent so much on x repeat orders."""
        return self.p * (self.v + revenue) / (self.p * x + self.q - 1)


@threadpool_limits.wrap(limits=1)
def fit_purchases(model: str, x: Array, t_x: Array, t: Array, n: Array) -> PurchaseModel:
    """Fit bg_nbd or mbg_nbd by maximum likelihood, parameters to 6 places, 9 digits at most; on one thread, so that sums are
    always added up in the same order.

    With fewer than LEAST_REPEAT_BUYERS, or no maximum, a fallback: one mean rate, as if one more customer had been watched
    for a year and had come back once, and the dropout of CDNOW.
    """
    x, t_x, t, n = _sorted(x, t_x, t, n)
    likelihood = _PurchaseLikelihood(model, x, t_x, t, n)
    found = _maximum(likelihood, [1, (n @ t) / (n @ x), 1, 2]) if n[x > 0].sum() >= LEAST_REPEAT_BUYERS else None
    fitted = (1, (n @ t + 365 / 7) / (n @ x + 1), *DROPOUT_OF_CDNOW[model]) if found is None else found
    r, alpha, a, b = _rounded(fitted)
    log_likelihood, _ = likelihood.sums(np.log([r, alpha, a, b]))
    return PurchaseModel(model, r, alpha, a, b, round(float(log_likelihood), 4), int(n.sum()), found is not None)


@threadpool_limits.wrap(limits=1)
def fit_spend(x: Array, revenue: Array, n: Array, mean_value: float) -> SpendModel:
    """Fit Gamma-Gamma by maximum likelihood on customers who spent something on repeat orders, to the same digits, on one thread.

    mean_value is the mean value of all orders, first ones too. With fewer than LEAST_REPEAT_BUYERS, no maximum, or one that
    implies another mean altogether (tails so heavy that a mean says nothing), a fallback: one average order is added to a
    customer's own.
    """
    has_value = (x > 0) & (revenue > 0)
    x, revenue, n = _sorted(x[has_value], revenue[has_value], n[has_value])
    unit = max(mean_value, 1e-6)
    likelihood = _SpendLikelihood(x, revenue / unit, n)
    found = _maximum(likelihood, [1, 2, 1]) if n.sum() >= LEAST_REPEAT_BUYERS else None
    if found is not None and not 1 / 3 <= found[0] * found[2] / (found[1] - 1) <= 3:
        found = None
    p, q, v = _rounded((1, 2, unit) if found is None else found * [1, 1, unit])
    log_likelihood, _ = likelihood.sums(np.log([p, q, v / unit]))
    return SpendModel(p, q, v, round(float(log_likelihood - n.sum() * np.log(unit)), 4), int(n.sum()), found is not None)


def _rounded(parameters: Iterable[float]) -> list[float]:
    return [max(float(f"{round(float(value), 6):.9g}"), 1e-6) for value in parameters]


def _sorted(*columns: Array) -> tuple[Array, ...]:
    """Columns in the order of their rows: sums then come out the same however the rows arrived."""
    order = np.lexsort(columns[::-1])
    return tuple(np.asarray(column, dtype=np.float64)[order] for column in columns)


def _dropouts(model: str, b: float, x: Array) -> Array:
    """The occasions on which a customer could have left and did not, beside b. (BG/NBD: not after the first order.)"""
    return b + x - (model == "bg_nbd")


def _log_odds_of_dropout(model: str, a: float, b: float, x: Array) -> Array:
    """Log of a ÷ _dropouts; minus infinity where nobody can have left."""
    could_leave = (x > 0) | (model != "bg_nbd")
    return np.where(could_leave, np.log(a) - np.log(np.where(could_leave, _dropouts(model, b, x), 1)), -np.inf)


def _orders_of_the_living(a: float, c: Array, k: Array, alpha: Array, weeks: float) -> Array:
    """Mean orders in so many weeks of those still alive: the mean over dropouts p, which are Beta(a, c + 1), of the orders until
    they leave, (1 − (alpha ÷ (alpha + p weeks))^k) ÷ p. By Gauss–Jacobi quadrature."""
    orders = np.empty_like(c)
    for value in np.unique(c):
        rows = c == value
        dropouts, weights = _beta_quadrature(a, value + 1)
        growth = np.log1p(np.outer(weeks / alpha[rows], dropouts))
        orders[rows] = -np.expm1(-k[rows, None] * growth) / dropouts @ weights
    return orders


def _beta_quadrature(a: float, b: float) -> tuple[Array, Array]:
    """Points and weights at which a mean over Beta(a, b) is taken: eigenvalues of the Jacobi matrix (Golub & Welsch 1969)."""
    i = np.arange(1, QUADRATURE_POINTS)
    s = 2 * i + a + b - 2
    diagonal = np.append((a - b) / (a + b), ((a - 1) ** 2 - (b - 1) ** 2) / (s * (s + 2)))
    off = 4 * i * (i + a - 1) * (i + b - 1) * (i + a + b - 2) / (s**2 * (s + 1) * np.where(i == 1, 1, s - 1))
    off[0] = 4 * a * b / ((a + b) ** 2 * (a + b + 1))
    points, vectors = linalg.eigh_tridiagonal(diagonal, np.sqrt(off))
    return np.maximum((1 + points) / 2, 1e-300), vectors[0] ** 2


class _PurchaseLikelihood:
    """The log-likelihood of all customers, and its gradient, as a function of the logarithms of r, alpha, a, b.

    What depends on x or on one time alone is worked out once for each distinct value.
    """

    def __init__(self, model: str, x: Array, t_x: Array, t: Array, n: Array) -> None:
        self.model, self.n, self.customers = model, n, n.sum()
        self.x, self.x_of_row = np.unique(x, return_inverse=True)
        self.time, of_row = np.unique(np.concatenate([t_x, t]), return_inverse=True)
        self.t_x_of_row, self.t_of_row = np.split(of_row, 2)
        self.n_of_x = np.bincount(self.x_of_row, n)
        self.n_of_t = np.bincount(self.t_of_row, n, len(self.time))

    def sums(self, logs: Array) -> tuple[float, Array]:
        r, alpha, a, b = np.exp(logs)
        n, n_of_x, digamma = self.n, self.n_of_x, special.digamma
        k, c = r + self.x, _dropouts(self.model, b, self.x)
        log_time, reciprocal = np.log(alpha + self.time), 1 / (alpha + self.time)
        k_of_row = k[self.x_of_row]
        silence = log_time[self.t_of_row] - log_time[self.t_x_of_row]
        odds = _log_odds_of_dropout(self.model, a, b, self.x)[self.x_of_row] + k_of_row * silence
        left = n * special.expit(odds)
        left_of_x = np.bincount(self.x_of_row, left)
        nk_of_t = np.bincount(self.t_of_row, n * k_of_row, len(self.time))
        of_x = special.gammaln(k) - special.gammaln(r) + r * np.log(alpha) + special.betaln(a, c + 1) - special.betaln(a, b)
        log_likelihood = n_of_x @ of_x - nk_of_t @ log_time + n @ np.logaddexp(0, odds)
        gradient = np.array([
            n_of_x @ (digamma(k) - digamma(r) + np.log(alpha)) - self.n_of_t @ log_time + left @ silence,
            r / alpha * self.customers - nk_of_t @ reciprocal + (left * k_of_row) @ (reciprocal[self.t_of_row] - reciprocal[self.t_x_of_row]),
            n_of_x @ (digamma(a + b) - digamma(a + c + 1)) + left_of_x.sum() / a,
            n_of_x @ (digamma(c + 1) - digamma(a + c + 1) - digamma(b) + digamma(a + b)) - left_of_x @ np.where(left_of_x > 0, 1 / np.where(left_of_x > 0, c, 1), 0),
        ])  # fmt: skip
        return log_likelihood, gradient * np.exp(logs)


class _SpendLikelihood:
    """The log-likelihood of all customers, and its gradient, as a function of the logarithms of p, q, v."""

    def __init__(self, x: Array, revenue: Array, n: Array) -> None:
        self.revenue, self.n, self.customers = revenue, n, n.sum()
        self.x, self.x_of_row = np.unique(x, return_inverse=True)
        self.n_of_x = np.bincount(self.x_of_row, n)
        self.n_log_revenue = np.bincount(self.x_of_row, n * np.log(revenue))
        self.constant = n @ (np.log(x) - np.log(revenue))

    def sums(self, logs: Array) -> tuple[float, Array]:
        p, q, v = np.exp(logs)
        n, n_of_x, digamma = self.n, self.n_of_x, special.digamma
        px, total = p * self.x, p * self.x + q
        log_sum = np.log(v + self.revenue)
        n_log_sum = np.bincount(self.x_of_row, n * log_sum)
        total_of_row = total[self.x_of_row]
        of_x = special.gammaln(total) - special.gammaln(px) - special.gammaln(q) + q * np.log(v)
        log_likelihood = n_of_x @ of_x + px @ self.n_log_revenue - total @ n_log_sum + self.constant
        gradient = np.array([
            (n_of_x * self.x) @ (digamma(total) - digamma(px)) + self.x @ (self.n_log_revenue - n_log_sum),
            n_of_x @ (digamma(total) - digamma(q) + np.log(v)) - n_log_sum.sum(),
            q / v * self.customers - (n * total_of_row) @ (1 / (v + self.revenue)),
        ])  # fmt: skip
        return log_likelihood, gradient * np.exp(logs)


def _maximum(likelihood: _PurchaseLikelihood | _SpendLikelihood, start: list[float]) -> Array | None:
    """The parameters of the greatest likelihood, within BOUNDS; None if they are not found.

    L-BFGS comes near; steps by one Hessian then lead to the same digits from wherever it stopped.
    """

    def negative(logs: Array) -> tuple[float, Array]:
        log_likelihood, gradient = likelihood.sums(logs)
        return -log_likelihood / likelihood.customers, -gradient / likelihood.customers

    logs = optimize.minimize(
        negative,
        np.clip(np.log(start), *BOUNDS),
        jac=True,
        method="L-BFGS-B",
        bounds=[BOUNDS] * len(start),
        options={"gtol": 1e-8, "ftol": 1e-15, "maxiter": 500},
    ).x
    is_free = np.abs(logs) < BOUNDS[1]
    steps = 1e-4 * np.eye(len(start))[is_free]
    hessian = np.array([(negative(logs + step)[1] - negative(logs - step)[1])[is_free] / 2e-4 for step in steps])
    slope = negative(logs)[1]
    if len(steps) and np.all(np.linalg.eigvalsh(hessian + hessian.T) > 0):
        for _ in range(4):
            nearer = logs.copy()
            nearer[is_free] -= np.linalg.solve(hessian + hessian.T, 2 * slope[is_free])
            slope_there = negative(nearer)[1]
            if not np.abs(slope_there[is_free]).max() < np.abs(slope[is_free]).max():
                break
            logs, slope = nearer, slope_there
    is_at_rest = np.where(is_free, np.abs(slope) < 1e-6, slope * logs < 0)
    return np.exp(logs) if np.all(is_at_rest) else None


# What models/intermediate/clv calls: columns as the warehouse has them, with times in days.


def fit_histories(purchase_model: str, repeat_orders: Array, active_days: Array, age_days: Array, customers: Array) -> PurchaseModel:
    """The model of purchases for the rows of one day of int_history_counts."""
    return fit_purchases(purchase_model, repeat_orders, active_days / 7, age_days / 7, customers)


def fit_spendings(repeat_orders: Array, repeat_revenue: Array, customers: Array, revenue: Array) -> SpendModel:
    """The model of order values for the rows of one day of int_spend_counts."""
    return fit_spend(repeat_orders, repeat_revenue, customers, math.fsum(revenue) / math.fsum(customers * (repeat_orders + 1.0)))


def score_histories(
    repeat_orders: Array, active_days: Array, age_days: Array, forecast: Mapping[str, float | str]
) -> dict[str, Array]:
    """What each history promises, rounded, by a row of int_clv_forecasts; its discount_rate is applied month by month.

    An order is expected to be worth base_order_value, and value_of_revenue for each unit of money spent on repeat orders.
    """
    purchases = PurchaseModel(forecast["purchase_model"], *(float(forecast[name]) for name in ("r", "alpha", "a", "b")))
    spend = SpendModel(*(float(forecast[name]) for name in ("p", "q", "v")))
    history = repeat_orders, active_days / 7, age_days / 7
    weeks, steps = forecast["horizon_days"] / 7, max(1, round(forecast["horizon_days"] / DAYS_OF_A_MONTH))
    rate = (1 + float(forecast["discount_rate"])) ** (forecast["horizon_days"] / 365 / steps) - 1
    base_value = spend.expected_value(repeat_orders, 0)
    # an order is a day with orders, so there cannot be more than days
    orders = np.minimum(purchases.expected_orders(*history, weeks), forecast["horizon_days"])
    return {
        "probability_alive": purchases.probability_alive(*history).round(6),
        "expected_orders": orders.round(6),
        "discounted_orders": np.minimum(purchases.discounted_orders(*history, weeks, steps, rate), orders).round(6),
        "base_order_value": base_value.round(6),
        "value_of_revenue": (base_value / spend.v).round(9),
    }
