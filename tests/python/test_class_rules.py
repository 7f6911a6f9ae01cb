"""The shipped classes: every buyer has one segment and every segment has buyers, behaviour follows the customer's own rhythm;
and what patterns and ABC say of odd data.
"""

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from reference import classes
from tiers.project import PROJECT

with (PROJECT / "seeds/rules/class_rules.csv").open(encoding="utf-8", newline="") as file:
    RULES = list(csv.DictReader(file))
SCORES = ("recency_score", "frequency_score", "monetary_score")
CONTACTS = ("interactions", "inbound", "campaign_responses", "events_attended", "referrals", "converted_referrals", "complaints")


def classed(**metrics: int | None) -> dict[str, str]:
    """The classes of a customer with these metrics; contacts that are not named did not happen."""
    everything = dict.fromkeys({row["metric"] for row in RULES}) | dict.fromkeys(CONTACTS, 0) | metrics
    in_decimals = {name: None if value is None else Decimal(value) for name, value in everything.items()}
    return classes(date(2024, 1, 31), in_decimals, RULES)


def segment(*scores: int) -> str | None:
    return classed(**dict(zip(SCORES, scores, strict=True))).get("rfm_segment")


def test_each_of_the_125_score_combinations_has_one_segment_and_none_is_without():
    found = Counter(segment(*scores) for scores in product(range(1, 6), repeat=3))
    assert None not in found
    assert set(found) == {row["class"] for row in RULES if row["scheme"] == "rfm_segment"}


def test_who_bought_nothing_in_the_window_has_no_segment():
    assert segment(0, 0, 0) is None


@pytest.mark.parametrize(
    ("scores", "name"),
    [((5, 5, 5), "champions"), ((1, 5, 5), "cant_lose_them"), ((2, 3, 1), "at_risk"), ((3, 5, 1), "loyal_customers"), ((5, 1, 3), "new_customers"), ((1, 1, 1), "lost")],
)
def test_segments_are_what_their_names_say(scores, name):
    assert segment(*scores) == name


@pytest.mark.parametrize("level", ["purchasing_power", "purchase_frequency", "loyalty"])
def test_better_scores_never_lower_a_level(level):
    order = ["low", "medium", "high"]
    for tenure, scores in product((0, 179, 180, 364, 365), product(range(1, 6), repeat=3)):
        found = classed(lifetime_orders=1, tenure_days=tenure, **dict(zip(SCORES, scores, strict=True)))[level]
        for name, score in zip(SCORES, scores, strict=True):
            better = dict(zip(SCORES, scores, strict=True)) | {name: min(5, score + 1)}
            assert order.index(classed(lifetime_orders=1, tenure_days=tenure, **better)[level]) >= order.index(found)


@pytest.mark.parametrize(
    ("behaviour", "customer"),
    [
        # bought lately, or often enough and not long ago, or less and in touch
        ("active", {"frequency": 1, "lifetime_orders": 1, "recency_days": 90}),
        ("dormant", {"frequency": 1, "lifetime_orders": 1, "recency_days": 91}),
        ("active", {"frequency": 2, "lifetime_orders": 2, "recency_days": 180}),
        ("dormant", {"frequency": 2, "lifetime_orders": 2, "recency_days": 181}),
        ("active", {"frequency": 1, "lifetime_orders": 2, "recency_days": 180, "interactions": 2}),
        ("dormant", {"frequency": 1, "lifetime_orders": 2, "recency_days": 180, "interactions": 1}),
        ("active", {"frequency": 1, "lifetime_orders": 2, "recency_days": 180, "events_attended": 1}),
        ("active", {"frequency": 1, "lifetime_orders": 2, "recency_days": 180, "referrals": 1}),
        # three of their own intervals have passed, whatever else speaks for them
        ("active", {"frequency": 24, "lifetime_orders": 24, "recency_days": 45}),
        ("churned", {"frequency": 24, "lifetime_orders": 24, "recency_days": 46, "events_attended": 3}),
        ("active", {"frequency": 12, "lifetime_orders": 12, "recency_days": 91}),
        ("churned", {"frequency": 12, "lifetime_orders": 12, "recency_days": 92}),
        ("active", {"frequency": 11, "lifetime_orders": 11, "recency_days": 92}),
        ("churned", {"frequency": 6, "lifetime_orders": 6, "recency_days": 183}),
        ("dormant", {"frequency": 5, "lifetime_orders": 5, "recency_days": 183}),
        ("churned", {"frequency": 4, "lifetime_orders": 4, "recency_days": 274}),
        ("dormant", {"frequency": 3, "lifetime_orders": 3, "recency_days": 274}),
        # bought often in the years before, hardly now
        ("churned", {"frequency": 1, "lifetime_orders": 9, "tenure_days": 1095, "recency_days": 92}),
        ("active", {"frequency": 1, "lifetime_orders": 9, "tenure_days": 1095, "recency_days": 90}),
        ("dormant", {"frequency": 1, "lifetime_orders": 8, "tenure_days": 1095, "recency_days": 92}),
        ("dormant", {"frequency": 1, "lifetime_orders": 9, "tenure_days": 1096, "recency_days": 92}),
        ("churned", {"frequency": 2, "lifetime_orders": 14, "tenure_days": 730, "recency_days": 92}),
        ("active", {"frequency": 2, "lifetime_orders": 13, "tenure_days": 730, "recency_days": 92}),
        # nothing in the window
        ("churned", {"frequency": 0, "lifetime_orders": 1, "recency_days": 365, "inbound": 5, "interactions": 5}),
        # nothing bought, or one order and interest
        ("potential", {"frequency": 0, "lifetime_orders": 0, "recency_days": None}),
        ("potential", {"frequency": 1, "lifetime_orders": 1, "recency_days": 181, "inbound": 1}),
        ("potential", {"frequency": 1, "lifetime_orders": 1, "recency_days": 181, "campaign_responses": 1}),
        ("dormant", {"frequency": 1, "lifetime_orders": 2, "recency_days": 181, "inbound": 1}),
    ],
)
def test_behaviour_at_its_edges(behaviour, customer):
    assert classed(**customer).get("behaviour_class") == behaviour


def orders(*bought: tuple[str, str, str, str]) -> dict[str, list[dict]]:
    """Raw tables with an order of one thing for each customer, day, price and cost; no products, contacts or promotions."""
    raw: dict[str, list[dict]] = {"orders": [], "order_items": []}
    for number, (customer, day, price, cost) in enumerate(bought, 1):
        raw["orders"].append({"order_id": str(number), "customer_id": customer, "ordered_at": day, "status": "completed", "currency": "USD"})
        raw["order_items"].append({"order_id": str(number), "line_number": "1", "quantity": "1", "unit_price": price, "unit_cost": cost})
    return raw


NO_PATTERN = (Decimal(0), Decimal(0), 0, None, None, None, None)
ODD = {  # raw rows; patterns of customer a; the ends of classes by profit, by revenue: class, customers, share of value
    "no review": (orders(), [], [], []),
    "one customer, one day": (
        orders(("a", "2024-01-05", "5", "1"), ("a", "2024-01-05", "5", "1")),
        *([NO_PATTERN], [("A", 1, Decimal(1))], [("A", 1, Decimal(1))]),
    ),
    "all given away": (
        orders(("a", "2024-01-05", "0", "0"), ("b", "2024-01-05", "0", "0")),
        *([(None, None, 0, None, None, None, None)], [("C", 2, None)], [("C", 2, None)]),
    ),
    "everybody loses money": (
        orders(("a", "2024-01-05", "5", "9"), ("b", "2024-01-05", "5", "8")),
        *([NO_PATTERN], [("C", 2, None)], [("A", 2, Decimal(1))]),
    ),
    "one loses what others bring": (
        orders(("a", "2024-01-05", "5", "4"), ("b", "2024-01-05", "5", "7")),
        *([NO_PATTERN], [("A", 1, Decimal(1)), ("C", 2, Decimal(-1))], [("A", 2, Decimal(1))]),
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_data_have_an_answer(project, case):
    raw, patterns, by_profit, by_revenue = ODD[case]
    built = project.warehouse("odd").refresh(raw, {}, {}, select=["+abc_curve", "+customer_classes"])
    names = "promotion_share, flagship_share, categories, average_interval_days, recency_intervals, frequency_trend, monetary_trend"
    assert built.query(f"select {names} from fct_current_metrics where customer_id = 'a'") == patterns
    ends = "select abc_class, customers, share_of_value from abc_curve where metric = '{}' and is_end_of_class order by customers"
    assert built.query(ends.format("net_profit")) == by_profit
    assert built.query(ends.format("monetary")) == by_revenue
