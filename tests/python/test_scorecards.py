"""Composite score, churn warning and priority: worked out once more in plain Python for a made-up shop, which holds churners to
be found; and what they say of odd data.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

import duckdb
import pytest
from warehouse import Warehouse, shipped_rules

SCORECARDS = ("fct_customer_composite", "churn_warning", "customer_priority")
MODELS = [*(f"+{name}" for name in SCORECARDS), "fct_customer_patterns"]
PLACES = Decimal("0.0001")


def rows_of(warehouse: Warehouse, sql: str) -> list[dict]:
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        found = connection.execute(sql)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


# The made-up shop


def test_the_planted_churners_are_warned_of_and_the_faithful_are_not(shop):
    planted = rows_of(shop, f"from '{shop.raw}/planted/regulars/*.parquet'")
    warnings = {row["customer_id"]: row for row in rows_of(shop, "from churn_warning")}
    stopped = {row["customer_id"] for row in planted if row["has_stopped"]}
    complained = {row["customer_id"] for row in planted if row["complained"]}
    found = {row["customer_id"] for row in planted} & warnings.keys()
    assert len(stopped) >= 10 and len(complained) >= 5 and len(planted) - len(stopped) >= 10
    assert len(found & stopped) >= 0.9 * len(stopped)
    assert len(found & stopped) >= 0.9 * len(found)
    assert sum(warnings[c]["has_rhythm_broken"] for c in found & stopped) >= 0.9 * len(stopped)
    assert sum(warnings[c]["has_complaints"] and warnings[c]["has_low_satisfaction"] for c in found & complained) >= 0.8 * len(complained)
    buyers = len(rows_of(shop, "from fct_current_metrics where frequency > 0"))
    assert 0.1 * buyers < len(warnings) < 0.4 * buyers


def test_the_likelier_somebody_has_left_the_higher_the_level(shop):
    levels = rows_of(shop, "select level, avg(churn_probability) as churn_probability from churn_warning group by level order by 2")
    assert [row["level"] for row in levels] == ["low", "medium", "high"]


def test_somebody_is_at_risk_since_the_first_review_of_an_unbroken_row(shop):
    """By the reviews as they are, one customer after another."""
    warnings = {row["customer_id"]: row["at_risk_since"] for row in rows_of(shop, "from churn_warning")}
    rules = shipped_rules("churn_causes")
    reviews = rows_of(
        shop,
        "select * from fct_scored_reviews join fct_customer_engagement using (customer_id, review_date)"
        " left join fct_customer_patterns using (customer_id, review_date)"
        " where customer_id in (select customer_id from churn_warning) order by customer_id, review_date desc",
    )
    for customer, latest_first in groupby(reviews, lambda row: row["customer_id"]):
        since = None
        for review in latest_first:
            if not (review["frequency"] and meets_any(rules, review)):
                break
            since = review["review_date"]
        assert warnings.pop(customer) == since
    assert not warnings


def meets_any(rules: list[dict], metrics: dict) -> bool:
    """Whether all conditions of any alternative of any cause hold."""
    by_way: dict[tuple, list[bool]] = {}
    for rule in rules:
        value = metrics[rule["metric"]]
        holds = (
            value is not None
            and (not rule["min_value"] or value >= Decimal(rule["min_value"]))
            and (not rule["max_value"] or value <= Decimal(rule["max_value"]))
        )
        by_way.setdefault((rule["cause"], rule["alternative"]), []).append(holds)
    return any(all(way) for way in by_way.values())


@pytest.mark.parametrize(
    ("table", "weights", "part", "score", "least", "most"),
    [("fct_customer_composite", "composite_weights", "component", "composite_score", 1, 5), ("customer_priority", "priority_weights", "part", "priority_score", 0, 100)],
)
def test_scores_are_the_means_of_the_points_by_weight(shop, table, weights, part, score, least, most):
    rules = shipped_rules(weights)
    customers = rows_of(
        shop,
        f"select * from fct_current_metrics left join (select customer_id, expected_orders from fct_customer_clv) using (customer_id)"
        f" join {table} using (customer_id) order by hash(customer_id) limit 500",
    )
    assert len({row[score] for row in customers}) > 100
    for row in customers:
        points = [(rule, points_of(rule, row[rule["metric"]], least, most)) for rule in rules]
        assert row[score] == mean(points)
        for name in {rule[part] for rule in rules}:
            assert row[f"{name}_points"] == mean([(rule, earned) for rule, earned in points if rule[part] == name])
        if "composite_coverage" in row:
            weight = sum(Decimal(rule["weight"]) for rule in rules)
            known = sum(Decimal(rule["weight"]) for rule, earned in points if earned is not None)
            assert row["composite_coverage"] == (known / weight).quantize(PLACES, ROUND_HALF_UP)


def points_of(rule: dict, value: Decimal | int | None, least: int, most: int) -> Decimal | None:
    if value is None:
        return None
    worst, best = Decimal(rule["worst"]), Decimal(rule["best"])
    share = (Decimal(value).quantize(PLACES, ROUND_HALF_UP) - worst) / (best - worst)
    return (least + (most - least) * min(max(share, Decimal(0)), Decimal(1))).quantize(PLACES, ROUND_HALF_UP)


def mean(points: list[tuple[dict, Decimal | None]]) -> Decimal | None:
    known = [(Decimal(rule["weight"]), earned) for rule, earned in points if earned is not None]
    total = sum(weight for weight, _ in known)
    return (sum(weight * earned for weight, earned in known) / total).quantize(PLACES, ROUND_HALF_UP) if total else None


def test_ranks_follow_score_value_and_id(shop):
    ranked = rows_of(shop, "from customer_priority order by priority_rank")
    assert [row["priority_rank"] for row in ranked] == list(range(1, len(ranked) + 1))
    assert ranked == sorted(ranked, key=lambda row: (-row["priority_score"], -row["value_points"], row["customer_id"].encode()))


def test_nobody_is_strategic_who_was_never_assessed(shop):
    classes = rows_of(shop, "select strategic_class, count(*) as customers, count(assessment_points) as assessed from fct_customer_composite group by 1")
    of_class = {row["strategic_class"]: row for row in classes}
    assert of_class.keys() == {"strategic", "promising", "regular", "peripheral"}
    assert of_class["strategic"]["customers"] == of_class["strategic"]["assessed"] > 0


# Odd data


def orders(*bought: tuple[str, str], price: str = "10", unit_cost: str | None = None) -> dict[str, list[dict]]:
    """Raw tables with an order of one thing for each customer and day."""
    raw: dict[str, list[dict]] = {"orders": [], "order_items": []}
    for number, (customer, day) in enumerate(bought, 1):
        raw["orders"].append({"order_id": str(number), "customer_id": customer, "ordered_at": day, "status": "completed", "currency": "USD"})
        raw["order_items"].append({"order_id": str(number), "line_number": "1", "quantity": "1", "unit_price": price, "unit_cost": unit_cost})
    return raw


MONTHLY = [f"2023-{month:02d}-10" for month in range(1, 13)]
ODD = {
    "one customer": orders(("a", "2023-03-10")),
    "nobody comes back": orders(*((f"c{number}", MONTHLY[number % 12]) for number in range(40))),
    "everybody alike": orders(*((f"c{number}", day) for number in range(40) for day in MONTHLY)),
    "everybody loses money": orders(*((f"c{number}", day) for number in range(8) for day in MONTHLY[: number + 4]), price="1", unit_cost="5"),
    "all given away": orders(*((f"c{number}", day) for number in range(8) for day in MONTHLY[: number + 4]), price="0"),
    "contacts, and no order": {
        "interactions": [{"interaction_id": "1", "customer_id": "a", "occurred_at": "2023-03-10", "channel": "phone", "interaction_type": "inquiry", "direction": "inbound"}]
    },
    "no review": orders(),
    "a customer since the year 1": orders(("a", "2023-03-10")) | {"customers": [{"customer_id": "a", "signed_up_at": "0001-01-01"}]},
    "a cent was left of a fortune": {
        "orders": [{"order_id": "1", "customer_id": "a", "ordered_at": "2023-03-10", "status": "completed", "currency": "USD"}],
        "order_items": [
            {"order_id": "1", "line_number": "1", "quantity": "1", "unit_price": "200000000", "unit_cost": "150000000"},
            {"order_id": "1", "line_number": "2", "quantity": "1", "unit_price": "0", "discount_amount": "199999999.99"},
        ],
    },
}


@pytest.mark.parametrize("case", ODD)
def test_odd_data_have_an_answer(project, case):
    """No contacts and no products in any of them."""
    warehouse = project.warehouse("odd").refresh(ODD[case], {}, {}, select=MODELS)
    composite, warnings, priority = (rows_of(warehouse, f"from {name} order by customer_id") for name in SCORECARDS)
    customers = {row["customer_id"] for row in rows_of(warehouse, "from fct_current_metrics")}
    assert len(composite) == len(priority) == len(customers)
    assert sorted(row["priority_rank"] for row in priority) == list(range(1, len(customers) + 1))
    for row in composite:
        assert 1 <= row["composite_score"] <= 5 and row["composite_coverage"] == Decimal("0.5") and row["assessment_points"] is None
        assert row["strategic_class"] in ("promising", "regular", "peripheral")
    assert all(0 <= row["priority_score"] <= 100 for row in priority)
    assert all(row["profit_at_risk"] >= 0 and row["causes"] for row in warnings)
    if case == "everybody alike":
        assert len({tuple(row[name] for name in ("composite_score", "strategic_class")) for row in composite}) == 1
        assert [row["customer_id"] for row in sorted(priority, key=lambda row: row["priority_rank"])] == sorted(customers)
    if case == "everybody loses money":
        assert warnings and {row["profit_at_risk"] for row in warnings} == {0}
        assert {row["has_complaints"] or row["has_low_satisfaction"] for row in warnings} == {False}
    if case in ("one customer", "contacts, and no order", "no review", "a customer since the year 1", "a cent was left of a fortune"):
        assert not warnings


def test_without_causes_nobody_is_warned_of(project):
    warehouse = project.warehouse("odd").refresh(ODD["nobody comes back"], {"churn_causes": []}, {}, select=["+churn_warning"])
    assert rows_of(warehouse, "from churn_warning") == []
