"""Customer lifetime value, held against published figures, and at its edges.

CDNOW is the 1/10 sample of Fader & Hardie, from the PyPI package `lifetimes` (its files only): 2,357 customers, calibration
to 1997-09-30, one order a customer and day, times in weeks. "FHL 2005" is Fader, Hardie & Lee, "Counting Your Customers" the
Easy Way, Marketing Science 24 (2), with its spreadsheet; "note 025" Fader & Hardie's note on Gamma-Gamma, with its own.
Where neither is named, the figure was worked out from these data by the published formulas, apart from this code. Figures
from times rounded to two digits, or from fits that stopped early, are held to one part in ten thousand.
"""

import csv
import datetime
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import beta
from tiers.clv import (
    LEAST_REPEAT_BUYERS,
    PurchaseModel,
    SpendModel,
    fit_histories,
    fit_purchases,
    fit_spend,
    fit_spendings,
    score_histories,
)

MODELS = ("bg_nbd", "mbg_nbd")
CUT, END = datetime.date(1997, 9, 30), datetime.date(1998, 6, 30)


@dataclass(frozen=True)
class Customers:
    """Histories up to the cut, in weeks, and what came after it; one entry a customer, in the order of their ids."""

    x: np.ndarray
    t_x: np.ndarray
    t: np.ndarray
    repeat_revenue: np.ndarray
    all_revenue: float
    later_orders: np.ndarray
    later_revenue: np.ndarray

    @property
    def history(self):
        return self.x, self.t_x, self.t

    @property
    def one_each(self):
        return np.ones(len(self.x))


FILES = Path(find_spec("lifetimes").submodule_search_locations[0]) / "datasets"


@pytest.fixture(scope="module")
def cdnow() -> Customers:
    days: dict[str, dict[datetime.date, float]] = {}
    for line in (FILES / "CDNOW_sample.txt").read_text(encoding="ascii").splitlines():
        _, customer, day, _, dollars = line.split()
        of_customer = days.setdefault(customer, {})
        day = datetime.datetime.strptime(day, "%Y%m%d").date()
        of_customer[day] = of_customer.get(day, 0) + float(dollars)
    rows = []
    for customer in sorted(days):
        before = {day: value for day, value in days[customer].items() if day <= CUT}
        after = {day: value for day, value in days[customer].items() if CUT < day <= END}
        first, last = min(before), max(before)
        revenue = sum(before.values())
        rows.append((len(before) - 1, (last - first).days / 7, (CUT - first).days / 7, revenue - before[first], revenue, len(after), sum(after.values())))
    x, t_x, t, repeat_revenue, revenue, later_orders, later_revenue = np.array(rows).T
    return Customers(x, t_x, t, repeat_revenue, revenue.sum(), later_orders, later_revenue)


@pytest.fixture(scope="module")
def sheet() -> np.ndarray:
    """The same histories as Hardie's spreadsheet has them: x, t_x, T to two digits, mean value of the repeat orders."""
    with (FILES / "cdnow_customers_summary_with_transactions.csv").open(encoding="ascii", newline="") as file:
        return np.array([[float(row[name]) for name in ("x", "t_x", "T", "zbar")] for row in csv.DictReader(file)]).T


@pytest.fixture(scope="module")
def bg(cdnow) -> PurchaseModel:
    return fit_purchases("bg_nbd", *cdnow.history, cdnow.one_each)


@pytest.fixture(scope="module")
def mbg(cdnow) -> PurchaseModel:
    return fit_purchases("mbg_nbd", *cdnow.history, cdnow.one_each)


@pytest.fixture(scope="module")
def spend(cdnow) -> SpendModel:
    return fit_spend(cdnow.x, cdnow.repeat_revenue, cdnow.one_each, cdnow.all_revenue / (cdnow.x + 1).sum())


def parameters(model: PurchaseModel) -> tuple[float, ...]:
    return model.r, model.alpha, model.a, model.b


def equal(actual, published, digits):
    """The same once rounded to so many digits after the point."""
    assert_allclose(np.round(actual, digits), published, rtol=0, atol=1e-9)


# Published figures


def test_the_histories_are_those_of_the_papers(cdnow, sheet):
    assert (len(cdnow.x), cdnow.x.sum()) == (2_357, 2_457)
    equal([sheet[1].sum(), sheet[2].sum()], [16_135.52, 77_111.21], 2)
    assert_allclose(cdnow.history, sheet[:3], atol=0.005001)
    assert np.bincount(cdnow.x.astype(int))[:8].tolist() == [1411, 439, 214, 100, 62, 38, 29, 23]


def test_bg_nbd_has_the_parameters_and_the_likelihood_of_fhl_2005(bg):
    equal(parameters(bg), [0.243, 4.414, 0.793, 2.426], 3)
    equal(bg.log_likelihood, -9582.4292, 4)
    assert bg.converged and bg.customers == 2_357


def test_mbg_nbd_has_the_parameters_that_btydplus_finds(mbg):
    equal(parameters(mbg), [0.525, 6.183, 0.891, 1.614], 3)
    equal(mbg.log_likelihood, -9582.1357, 4)
    assert mbg.converged


def test_gamma_gamma_has_the_parameters_of_note_025(cdnow, spend):
    equal([spend.p, spend.q, spend.v], [6.25, 3.74, 15.44], 2)
    equal(spend.log_likelihood, -4055.9177, 4)
    assert spend.converged and spend.customers == 946
    has_repeat = cdnow.x > 0
    equal((cdnow.repeat_revenue[has_repeat] / cdnow.x[has_repeat]).mean(), 35.08, 2)


def test_expected_order_values_of_the_first_ten_customers_are_those_of_hardies_sheet(cdnow, spend):
    values = spend.expected_value(cdnow.x[:10], cdnow.repeat_revenue[:10])
    equal(values, [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17], 2)


def test_expected_orders_of_a_new_customer_are_those_of_hardies_sheet(bg):
    new = np.zeros(1)
    orders = [bg.expected_orders(new, new, new, weeks)[0] for weeks in (1 / 7, 1, 3, 223 / 7, 32, 78)]
    equal(orders[:5], [0.0078, 0.0532, 0.1506, 1.0405, 1.0437], 4)
    assert_allclose(orders[5], 1.8576, rtol=3e-4)  # the sheet sums a series, and that of 78 weeks it leaves early


def test_two_orders_until_week_30_43_promise_1_226_in_the_next_39(bg):
    (orders,) = bg.expected_orders(*np.array([[2.0], [30.43], [38.86]]), weeks=39)
    equal(orders, 1.226, 3)


def test_the_five_best_of_next_week_are_those_of_the_quickstart_of_lifetimes(bg, sheet):
    orders = bg.expected_orders(*sheet[:3], weeks=1)
    best = np.argsort(orders)[-5:]
    assert (best + 1).tolist() == [509, 841, 1981, 157, 1516]
    assert_allclose(orders[best], [0.424877, 0.474737, 0.486526, 0.662396, 0.710623], rtol=1e-4)


def test_the_model_foretells_the_holdout_and_the_naive_guess_does_not(cdnow, bg, spend):
    foretold, naive = bg.expected_orders(*cdnow.history, weeks=39), cdnow.x / cdnow.t * 39
    revenue = foretold * spend.expected_value(cdnow.x, cdnow.repeat_revenue)
    assert cdnow.later_orders.sum() == 1_882
    equal(cdnow.later_revenue.sum(), 70_976.39, 2)
    assert_allclose([foretold.sum(), revenue.sum()], [1_653.4, 59_932.6], rtol=1e-4)
    equal(naive.sum(), 2_930, 0)
    equal(np.abs(foretold - cdnow.later_orders).mean(), 0.7855, 4)


def test_the_holdout_by_orders_before_the_cut_is_that_of_the_papers(cdnow, bg):
    foretold = bg.expected_orders(*cdnow.history, weeks=39)
    of_band = [np.minimum(cdnow.x, 7) == band for band in range(8)]
    equal([cdnow.later_orders[rows].mean() for rows in of_band], [0.2367, 0.6970, 1.3925, 1.5600, 2.5323, 2.9474, 3.8621, 6.3594], 4)
    equal([foretold[rows].mean() for rows in of_band], [0.2251, 0.5231, 1.0441, 1.5203, 2.1639, 2.6538, 3.5040, 6.1572], 4)


def discounted_revenue(sheet: np.ndarray, bg: PurchaseModel, spend: SpendModel, weeks_of_a_month: float) -> np.ndarray:
    """Of twelve months at 1 % a month."""
    x, t_x, t, mean_value = sheet
    return bg.discounted_orders(x, t_x, t, weeks=12 * weeks_of_a_month, steps=12, rate=0.01) * spend.expected_value(x, x * mean_value)


def test_a_year_discounted_by_months_is_worth_what_the_formulas_give(sheet, bg, spend):
    values = discounted_revenue(sheet, bg, spend, weeks_of_a_month=4.345)
    assert_allclose(values[:10], [36.278, 4.638, 8.344, 8.344, 8.344, 283.518, 6.881, 8.344, 43.353, 8.344], rtol=2e-4)
    assert_allclose(values.sum(), 71_509, rtol=1e-4)


def test_a_month_of_thirty_weeks_gives_the_wrong_values_that_lifetimes_documents(sheet, bg, spend):
    """Its 140.096 and 266,616 count a month of weekly data as 30 weeks. What is scored here takes days (see below)."""
    values = discounted_revenue(sheet, bg, spend, weeks_of_a_month=30)
    assert_allclose([values[0], values.sum()], [140.096, 266_616], rtol=1e-4)


def test_what_the_warehouse_is_given_counts_days(cdnow, bg, spend):
    """365 days are 12 months of 4.345 weeks; at 1 % a month they must come to the same total."""
    forecast = {"purchase_model": "bg_nbd", "horizon_days": 365, "discount_rate": 1.01**12 - 1} | asdict(bg) | {name: getattr(spend, name) for name in "pqv"}
    x, t_x, t = cdnow.history
    scores = score_histories(x, t_x * 7, t * 7, forecast)
    order_value = scores["base_order_value"] + scores["value_of_revenue"] * cdnow.repeat_revenue
    assert_allclose(order_value, spend.expected_value(x, cdnow.repeat_revenue), atol=1e-5)
    assert_allclose((scores["discounted_orders"] * order_value).sum(), 71_509, rtol=1e-4)
    assert_allclose(scores["expected_orders"], bg.expected_orders(x, t_x, t, 365 / 7), atol=1e-6)
    assert parameters(fit_histories("bg_nbd", x, t_x * 7, t * 7, cdnow.one_each)) == parameters(bg)


# What sets the models apart


def test_a_one_time_buyer_is_alive_for_ever_by_bg_nbd_and_fades_by_mbg_nbd(cdnow, bg, mbg):
    bought_once = cdnow.x == 0
    assert bought_once.sum() == 1_411
    assert np.all(bg.probability_alive(*cdnow.history)[bought_once] == 1)
    alive = mbg.probability_alive(*cdnow.history)[bought_once]
    assert np.all((alive > 0.3) & (alive < 0.7))
    assert np.all(np.diff(mbg.probability_alive(np.zeros(50), np.zeros(50), np.arange(50.0))) < 0)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("a", [0.002, 0.8, 1, 1.0000005, 3, 8000])
@pytest.mark.parametrize("x", [0, 1, 40, 3000])
def test_expected_orders_are_the_integral_they_stand_for(model, a, x):
    """Given the probability p to leave after an order, beta-distributed, alive customers place on average
    (1 − ((α + T) ÷ (α + T + p t))^(r + x)) ÷ p orders in the time t: averaged over p, without any 2F1."""
    fitted, b, t, weeks = PurchaseModel(model, r=0.5, alpha=4, a=a, b=1.6), 1.6, 100.0, 52.0
    p = np.maximum(beta.ppf((np.arange(20_000) + 0.5) / 20_000, a, b + x + (model == "mbg_nbd")), 1e-300)
    orders = -np.expm1(-(0.5 + x) * np.log1p(p * weeks / (4 + t))) / p
    one = np.array([float(x)]), np.array([90.0 if x else 0.0]), np.array([t])
    assert_allclose(fitted.expected_orders(*one, weeks), fitted.probability_alive(*one) * orders.mean(), rtol=1e-4)


@pytest.mark.parametrize("days", [365, 730, 3650])
def test_who_came_for_the_first_time_to_a_shop_that_nobody_leaves_is_expected_to_come_back(days):
    """With such parameters 2F1 has no answer; this is the same integral over the logarithm of p."""
    fitted, new = PurchaseModel("mbg_nbd", r=0.614316, alpha=0.252154, a=6.825727, b=8103.08393), np.zeros(1)
    log_p = (np.arange(200_000) + 0.5) / 200_000 * -40
    p = np.exp(log_p)
    orders = -np.expm1(-0.614316 * np.log1p(p * days / 7 / 0.252154)) / p
    mean = (orders * beta.pdf(p, 6.825727, 8104.08393) * p).sum() * 40 / 200_000
    assert_allclose(fitted.expected_orders(new, new, new, days / 7), fitted.probability_alive(new, new, new) * mean, rtol=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_rows_does_not_decide_whether_prices_that_hardly_differ_have_a_model(seed):
    """Their optimum lies at the bounds, where the last bit of a sum decides."""
    random = np.random.default_rng(seed)
    orders = random.integers(0, 7, 120)
    spent = [np.round(9.99 * (1 + 0.003 * random.normal(size=n + 1)), 2) for n in orders]
    rows = np.array([(n, round(values[1:].sum(), 2), 1, round(values.sum(), 2)) for n, values in zip(orders, spent)])
    shuffles = [rows[random.permutation(len(rows))].T for _ in range(12)]
    assert len({fit_spendings(*columns) for columns in shuffles}) == 1


def test_like_customers_may_be_counted_and_their_order_does_not_matter(cdnow, mbg, spend):
    x, t_x, t = cdnow.history
    rows, n = np.unique(np.round(np.transpose([x, t_x * 7, t * 7])), axis=0, return_counts=True)
    shuffled = np.random.default_rng(1).permutation(len(rows))
    again = fit_histories("mbg_nbd", *rows[shuffled].T, n[shuffled])
    assert (parameters(again), again.customers) == (parameters(mbg), 2_357)
    shuffled = np.random.default_rng(2).permutation(2_357)
    assert fit_spend(cdnow.x[shuffled], cdnow.repeat_revenue[shuffled], cdnow.one_each, 36) == fit_spend(cdnow.x, cdnow.repeat_revenue, cdnow.one_each, 36)


def test_the_currency_does_not_matter(cdnow, spend):
    cents = fit_spend(cdnow.x, cdnow.repeat_revenue * 100, cdnow.one_each, 3600)
    assert_allclose([cents.p, cents.q, cents.v / 100], [spend.p, spend.q, spend.v], rtol=1e-5)


# Too little, or nothing but the same


HISTORIES = {
    "one customer, who bought today": [(0, 0, 0, 1)],
    "one customer, who came back every day": [(400, 400, 400, 1)],
    "one-time buyers only": [(0, 0, day, 1) for day in range(100)],
    "all bought today": [(0, 0, 0, 5000)],
    "29 repeat buyers": [(0, 0, 50, 1000), (1, 20, 50, 29)],
    "everyone alike": [(3, 30, 40, 1000)],
    "everyone bought yesterday and today": [(1, 1, 1, 1000)],
    "everyone buys every day": [(700, 700, 700, 1000)],
    "nobody leaves": [(int(days / every), int(days / every) * every, days, 10) for days in range(100, 700, 7) for every in (5, 10, 20)],
    "everybody leaves at once": [(1, 1, days, 10) for days in range(300, 700)],
    "one buys a thousand times as often": [(0, 0, 600, 1000), (1, 90, 600, 100), (3000, 3650, 3650, 1)],
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("case", HISTORIES)
@pytest.mark.parametrize("horizon_days", [1, 365, 3650])
def test_any_histories_are_scored_with_numbers(case, model, horizon_days):
    x, t_x, t, n = np.array(HISTORIES[case], dtype=float).T
    fitted = fit_histories(model, x, t_x, t, n)
    assert np.all(np.isfinite([*parameters(fitted), fitted.log_likelihood])) and min(parameters(fitted)) > 0
    assert fitted.converged <= (n[x > 0].sum() >= LEAST_REPEAT_BUYERS)
    forecast = {"purchase_model": model, "horizon_days": horizon_days, "discount_rate": 0.12, "p": 1, "q": 2, "v": 30} | asdict(fitted)
    scores = score_histories(x, t_x, t, forecast)
    assert all(np.all(np.isfinite(column)) and np.all(column >= 0) for column in scores.values())
    assert np.all(scores["probability_alive"] <= 1) and np.all(scores["discounted_orders"] <= scores["expected_orders"])


def test_with_29_repeat_buyers_the_fallback_is_taken_and_with_30_the_fit():
    few = fit_histories("mbg_nbd", *np.array([(0, 0, 50, 1000), (1, 20, 50, 29)], dtype=float).T)
    enough = fit_histories("mbg_nbd", *np.array([(0, 0, 50, 1000), (1, 20, 50, 30)], dtype=float).T)
    assert (few.converged, enough.converged) == (False, True)
    assert (few.r, few.a, few.b) == (1, 0.891, 1.614)
    assert_allclose(few.alpha, (1029 * 50 / 7 + 365 / 7) / 30, atol=1e-6)


SPENDINGS = {
    "no repeat buyer": ([(0, 0, 100, 2500)], 25),
    "nothing was ever paid": ([(0, 0, 100, 0), (2, 0, 100, 0)], 0),
    "discounts beyond the price": ([(1, 0, 100, -200)], -1),
    "29 repeat buyers": ([(1, 10, 29, 580)], 10),
    "always the same amount": ([(1, 10, 400, 8000), (2, 20, 400, 12000), (3, 30, 300, 12000)], 10),
    "one order worth all others": ([(1, 10, 400, 8000), (2, 30, 200, 7000), (1, 1e11, 1, 1e11)], 1e11 / 1402 + 15000 / 1402),
}


@pytest.mark.parametrize("case", SPENDINGS)
def test_any_spendings_give_an_order_a_value(case):
    rows, mean_value = SPENDINGS[case]
    x, repeat_revenue, n, revenue = np.array(rows, dtype=float).T
    fitted = fit_spendings(x, repeat_revenue, n, revenue)
    assert np.all(np.isfinite([fitted.p, fitted.q, fitted.v, fitted.log_likelihood]))
    values = fitted.expected_value(x, repeat_revenue)
    assert np.all(np.isfinite(values)) and np.all(values >= 0)
    if not fitted.converged:  # the customer's own repeat orders and one average order
        assert_allclose(values, (max(mean_value, 0) + repeat_revenue) / (x + 1), rtol=1e-4, atol=1e-5)
    if case == "always the same amount":
        assert_allclose(values, 10, rtol=0.01)


@pytest.mark.parametrize("spread", [1.75, 3])
def test_tails_so_heavy_that_a_mean_says_nothing_take_the_fallback(spread):
    """Lognormal values: Gamma-Gamma finds a mean of 6.7 times the real one, and with the greater spread none (q below 1)."""
    values = np.exp(np.random.default_rng(1).normal(0, spread, 3000))
    fitted = fit_spend(np.ones(3000), values, np.ones(3000), values.mean())
    assert not fitted.converged and (fitted.p, fitted.q) == (1, 2)
    assert_allclose(fitted.expected_value(0, 0), values.mean(), rtol=1e-5)
