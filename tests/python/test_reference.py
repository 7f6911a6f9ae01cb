"""The reference against cases worked out by hand."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from reference import (
    CRITERIA,
    OutOfRange,
    Unparseable,
    fit,
    grade,
    parse,
    parse_time,
    period_end,
    review_dates,
    round_to,
    score,
)
from strategies import COLUMNS, raw_tables, read_csvs, rules_, vars_, write_raw

D = Decimal


def rule_rows(header: str, *rows: str) -> list[dict]:
    return [dict(zip(header.split(), (c.strip() for c in row.split(",")), strict=True)) for row in rows]


def small_rules(*tier_rules: str, **other) -> dict:
    """Three tiers; unless told otherwise gold needs 2 orders in the window and silver 1."""
    tier_rules = tier_rules or (
        "2000-01-01, silver, entry, 1, frequency, 1, ",
        "2000-01-01, gold, entry, 1, frequency, 2, ",
    )
    return {
        "tiers": rule_rows(
            "tier tier_rank label_en label_zh",
            "none, 0, None, 无",
            "silver, 1, Silver, 银",
            "gold, 2, Gold, 金",
        ),
        "tier_rules": rule_rows(
            "valid_from tier kind alternative metric min_value max_value",
            *(
                f"{v}, none, entry, 1, tenure_days, 0, "
                for v in sorted({r.split(",")[0] for r in tier_rules})
            ),
            *tier_rules,
        ),
        "class_rules": rule_rows(
            "scheme valid_from class class_rank alternative metric min_value max_value",
            *other.get("classes", ()),
        ),
        "score_methods": rule_rows(
            "metric method b1 b2 b3 b4",
            *other.get(
                "methods",
                [f"{m}, quantile, .2, .4, .6, .8" for m in ("recency", "frequency", "monetary", "profit")],
            ),
        ),
        "accepted_values": rule_rows("table_name column_name raw_value value", *other.get("words", ())),
    }


def rows(table: str, *values: str) -> list[dict]:
    """Rows of a table from "a, b, , d": cells in the table's order, the rest null."""
    made = []
    for line in values:
        cells = [c.strip() or None for c in line.split(",")]
        made.append(dict.fromkeys(COLUMNS[table]) | dict(zip(COLUMNS[table], cells, strict=False)))
    return made


def sale(order_id: str, customer: str, day: str, price: str = "10", **more) -> dict[str, list[dict]]:
    order = rows("orders", f"{order_id}, {customer}, {day}, completed, USD")[0]
    return {"orders": [order | more], "order_items": rows("order_items", f"{order_id}, 1, 1, {price}")}


def together(*parts: dict) -> dict[str, list[dict]]:
    raw: dict[str, list[dict]] = {}
    for part in parts:
        for table, found in part.items():
            raw.setdefault(table, []).extend(found)
    return raw


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-31", datetime(2024, 1, 31)),
        ("2024-01-31 09:30", datetime(2024, 1, 31, 9, 30)),
        ("2024-01-31T09:30:15.25Z", datetime(2024, 1, 31, 9, 30, 15, 250000)),
        ("2024-01-31T01:00:00+08:00", datetime(2024, 1, 30, 17)),
        ("2024-01-31T20:00:00-05", datetime(2024, 2, 1, 1)),
        ("2024-01-31T20:00:00-0530", datetime(2024, 2, 1, 1, 30)),
    ],
)
def test_times(text, moment):
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    "text", ["infinity", "epoch", "now", "2024-02-30", "20240131", "2024-1-1", "2024-01-31T9:00"]
)
def test_no_times(text):
    with pytest.raises(Unparseable):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1.0005", "quantity", D("1.001")),
        ("-0.00005", "amount", D("-0.0001")),
        (" +1e2 ", "amount", D(100)),
        (".5", "rate", D("0.5")),
        ("9999999999.99994", "amount", D("9999999999.9999")),
        ("01", "integer", 1),
        ("1.0", "integer", 1),
        ("Yes", "boolean", True),
    ],
)
def test_values(text, kind, value):
    assert parse(text, kind) == value


@pytest.mark.parametrize("text", ["NaN", "inf", "1,000", "1_000", "0x1", "１", "", "1e", "--1"])
def test_no_numbers(text):
    with pytest.raises(Unparseable):
        parse(text, "amount")


@pytest.mark.parametrize(
    ("number", "kind"), [("9999999999.99995", "amount"), ("1e7", "quantity"), ("1e99999", "rate")]
)
def test_too_great(number, kind):
    with pytest.raises(OutOfRange):
        fit(D(number), kind)


def test_rounds_half_away_from_zero():
    assert [round_to(D(x), 2) for x in ("0.005", "-0.005", "2.675", "0.0049")] == [
        D("0.01"),
        D("-0.01"),
        D("2.68"),
        D(0),
    ]


# ---------------------------------------------------------------- what becomes of rows


def test_reasons_come_in_order_and_the_fatal_first():
    raw = {
        "orders": rows("orders", "o, c, 2024-01-01, completed, USD"),
        "order_items": rows(
            "order_items",
            ", 1, x, y",  # a key is missing, before anything unparseable
            "o, 1.5, , 1",  # a required column is missing, before the unparseable line number
            "o, 1, x, y",  # of two unparseable ones the first column
            "o, 1, 0, x",  # unparseable before out of range, though later in the row
            "zzz, 1, -1, 1",  # out of range before orphan
            "zzz, 1, 1, 1",
            "o, 1, 1, 1",
        ),
        "interactions": rows(
            "interactions",
            "i, c, 2024-01-01, carrier pigeon, survey, sideways, 9",  # three repairs, of one the first column
            "j, c, 2024-01-01, carrier pigeon, survey, , 9, -1",  # the handling cost is an amount
            "k, c, 2024-01-01T10:00:01, web, survey, , , , , , , 2023-12-31T10:00:00",
            "l, c, 2024-01-01T10:00:00, web, survey, , , , , , , 2023-12-31T10:00:00",
        ),
    }
    graded = grade(raw, small_rules())
    assert graded.fates["order_items"] == [
        ("quarantined", "missing_key"),
        ("quarantined", "missing_quantity"),
        ("quarantined", "unparseable_quantity"),
        ("quarantined", "unparseable_unit_price"),
        ("quarantined", "out_of_range_quantity"),
        ("quarantined", "orphan"),
        ("accepted", None),
    ]
    assert graded.fates["interactions"] == [
        ("accepted", "unknown_channel"),
        ("quarantined", "out_of_range_handling_cost"),
        ("quarantined", "future_dated"),
        ("accepted", None),
    ]
    assert graded.fct_customer_engagement["c", date(2024, 1, 1)]["satisfaction"] is None


def test_the_latest_usable_version_wins_and_ties_go_by_text():
    raw = sale("o", "c", "2024-01-01")
    raw["order_items"] = rows(
        "order_items",
        "o, 1, 2, 10, , , , 2024-01-05",
        "o, 01, 1, 9, , , , 2024-01-05",  # as text 1 > 01
        "o, 1.0, 1, 9, , , , 2024-01-05T00:00:00Z",  # and 1.0 > 1
        "o, 1.0, 1, 9, , , , 2024-01-05",  # the same again: one of the two counts
        "o, 1, 7, 7, , , , 2024-01-04",
        "o, 1, -7, 7, , , , 2024-01-09",
    )
    graded = grade(raw, small_rules(), as_of_date="2024-01-31")
    assert graded.fct_customer_rfm["c", date(2024, 1, 31)]["monetary"] == 9
    fates = graded.fates["order_items"]
    assert sorted(fates[2:4]) == [("accepted", None), ("superseded", None)]
    assert [fates[i] for i in (0, 1, 4)] == [("superseded", None)] * 3
    assert fates[5] == ("quarantined", "out_of_range_quantity")


def test_visibility_by_loading_and_by_own_date():
    raw = together(
        sale("o1", "c", "2024-01-10", loaded_at="2024-01-11"),
        sale("o2", "c", "2024-01-12", loaded_at="2024-01-20"),
        sale("o3", "c", "2024-02-01", loaded_at="2024-01-31T12:00:00"),
    )
    graded = grade(raw, small_rules(), as_of_date="2024-01-31", known_at="2024-01-15")
    assert graded.fates["orders"] == [
        ("accepted", None),
        ("not_yet_visible", None),
        ("not_yet_visible", None),
    ]
    # nobody knows of o2 and o3, so their lines are orphans
    assert [f[1] for f in graded.fates["order_items"]] == [None, "orphan", "orphan"]
    graded = grade(raw, small_rules(), as_of_date="2024-01-31")
    assert graded.fates["order_items"] == [("accepted", None), ("accepted", None), ("not_yet_visible", None)]


def test_rates_and_the_ledger():
    raw = {
        "exchange_rates": rows("exchange_rates", "EUR, 2024-01-10, 1.1", "EUR, 2024-01-20, 1.3"),
        "orders": rows(
            "orders",
            "early, c, 2024-01-09, cancelled, EUR",
            "o, c, 2024-01-19, completed, EUR, , , 1.005",
            "p, , 2024-01-19, completed, USD",
        ),
        "order_items": rows(
            "order_items", "early, 1, 1, 1", "o, 1, 3, 2.5, , 0.45", "o, 2, -1, 5", "p, 1, 1, 4"
        ),
        "refunds": rows("refunds", "r, o, 2024-01-09, 1", "s, o, 2024-01-20, 1.05", "t, o, 2024-01-20, 1e11"),
    }
    raw["refunds"] += rows("refunds", "u, o, 2024-01-20, 1e13", "v, o, 2024-01-20, 1_000")
    graded = grade(raw, small_rules(), as_of_date="2024-01-31")
    assert graded.fates["orders"] == [
        ("quarantined", "missing_exchange_rate"),
        ("accepted", None),
        ("accepted", "missing_customer"),
    ]
    # 1.1 × (7.5 − .45) = 7.755; 1.3 × 1.05 = 1.365: each is rounded once, half away from zero
    facts = graded.metrics["c", date(2024, 1, 31)]
    assert (facts["monetary"], facts["shipping_cost"]) == (D("7.76") - D("1.37"), D("1.11"))
    ledger = graded.data_quality
    assert ledger["order_items", "quarantined", "orphan", None] == {"row_count": 1, "amount": D(1)}
    assert ledger["order_items", "quarantined", "out_of_range_quantity", "EUR"] == {
        "row_count": 1,
        "amount": D(-5),
    }
    assert ledger["order_items", "accepted", None, "EUR"] == {"row_count": 1, "amount": D("7.05")}
    assert ledger["refunds", "quarantined", "missing_exchange_rate", "EUR"] == {
        "row_count": 1,
        "amount": D(1),
    }
    assert ledger["refunds", "quarantined", "out_of_range_refund_amount", "EUR"] == {
        "row_count": 2,
        "amount": D("1e11"),
    }
    assert ledger["refunds", "quarantined", "unparseable_refund_amount", "EUR"] == {
        "row_count": 1,
        "amount": None,
    }
    assert graded.revenue_bridge == {
        **{"raw": D("7.05"), "superseded": 0, "quarantined": -4, "not_yet_visible": 0, "not_completed": 0},
        **{"converted": D("11.76"), "refunded": D("1.37"), "graded": D("6.39"), "unattributed": D(4)},
    }


def test_merging_is_one_step():
    raw = together(
        {
            "customers": rows(
                "customers",
                *(
                    "a, , person, , North, , , , b",
                    "b, , company, , South",
                    "c, , , , , , , , a",
                    "d, , , , , , , , e",
                ),
                *(
                    "e, , , , , , , , d",
                    "f, , , , , , , , shop",
                    "shop, , internal",
                    "g, , , , , , , , nobody",
                ),
            )
        },
        *(sale(f"o-{c}", c, "2024-01-05") for c in ("a", "b", "c", "f", "stranger")),
    )
    graded = grade(raw, small_rules(), as_of_date="2024-01-31", score_by="region", min_scored_customers=1)
    unknown = ("accepted", "unknown_merged_into")
    fine = ("accepted", None)
    assert graded.fates["customers"] == [fine, fine, unknown, unknown, unknown, fine, fine, unknown]
    assert graded.customer_tier["b"]["frequency"] == 2
    assert graded.customer_tier["b"]["tier"] == "gold"
    assert {"a", "f", "shop"}.isdisjoint(graded.customer_tier)
    assert graded.revenue_bridge["unattributed"] == 10
    assert graded.metrics["b", date(2024, 1, 31)]["is_company"] == 1
    assert {key[1] for key in graded.fct_score_breakpoints} == {"South", ""}
    # d, e and g have no date at all
    assert set(graded.customer_tier) == {"b", "c", "stranger"}


def test_words_are_translated():
    raw = sale("o", "c", "2024-01-05", status="Bezahlt")
    assert grade(raw, small_rules()).fates["orders"] == [("quarantined", "unknown_status")]
    rules = small_rules(words=("orders, status, Bezahlt, completed",))
    assert grade(raw, rules).fates["orders"] == [("accepted", None)]


# ---------------------------------------------------------------- time


def test_period_ends():
    day = date(2024, 2, 11)  # a Sunday
    assert [period_end(day, c) for c in ("day", "week", "month", "quarter")] == [
        *(day, day, date(2024, 2, 29), date(2024, 3, 31))
    ]
    assert period_end(date(2023, 12, 5), "quarter") == date(2023, 12, 31)


def test_reviews_end_with_an_open_one():
    first = date(2024, 1, 20)
    january, february = (date(2024, 1, 31), True), (date(2024, 2, 29), True)
    assert review_dates(first, None, date(2024, 2, 29), "month") == [january, february]
    assert review_dates(first, None, date(2024, 3, 1), "month") == [
        january,
        february,
        (date(2024, 3, 1), False),
    ]
    assert review_dates(first, date(2024, 2, 1), date(2024, 2, 29), "month") == [february]
    assert review_dates(first, date(2024, 3, 1), date(2024, 2, 29), "month") == []
    assert review_dates(None, None, date(2024, 2, 29), "month") == []


def test_as_of_is_the_last_event_before_today():
    raw = together(sale("o1", "c", "2024-01-05"), sale("o2", "c", "2024-02-10T23:30:00"))
    assert grade(raw, small_rules(), today="2024-03-01").as_of_date == date(2024, 2, 10)
    # a stray order of today or later: nothing after yesterday counts, and yesterday does
    assert grade(raw, small_rules(), today="2024-02-08").as_of_date == date(2024, 2, 7)
    assert grade({}, small_rules(), today="2024-02-08").as_of_date == date(2024, 2, 7)
    zone = "Asia/Shanghai"
    assert grade(raw, small_rules(), today="2024-03-01", business_timezone=zone).as_of_date == date(
        2024, 2, 11
    )


def test_first_seen():
    raw = together(
        {
            "customers": rows(
                "customers",
                "a, , , , , , , 2024-02-10, , , 2024-01-01",
                "b, , , , , , , , , , 2024-02-05",
                "b, , , , , , , , , , 2024-01-20",
                "c",
                "m, , , , , , , 2024-01-05, z",  # what is known of a merged customer counts for z
                "z",
            )
        },
        sale("o1", "a", "2024-02-01", status="cancelled"),
        sale("o2", "z", "2024-01-10"),
    )
    graded = grade(raw, small_rules(), as_of_date="2024-02-29")
    assert graded.first_seen == {
        "a": date(2024, 2, 1),
        "b": date(2024, 1, 20),
        "c": None,
        "z": date(2024, 1, 5),
    }
    assert ("a", date(2024, 1, 31)) not in graded.metrics
    assert graded.metrics["b", date(2024, 1, 31)]["tenure_days"] == 11


# ---------------------------------------------------------------- facts


def test_the_window_is_open_at_its_far_end():
    raw = together(
        sale("o1", "c", "2024-01-01T23:59:59"), sale("o2", "c", "2024-01-02"), sale("o3", "c", "2024-01-31")
    )
    facts = grade(raw, small_rules(), as_of_date="2024-01-31", window_days=30).metrics["c", date(2024, 1, 31)]
    assert (facts["frequency"], facts["monetary"], facts["recency_days"]) == (2, 20, 0)
    assert (facts["lifetime_orders"], facts["lifetime_monetary"], facts["tenure_days"]) == (3, 30, 30)


def test_costs_and_what_returns():
    raw = {
        "exchange_rates": rows("exchange_rates", "EUR, 2024-01-01, 2", "EUR, 2024-02-01, 3"),
        "products": rows(
            "products", "p, , , , , 1", "p, 2024-01-10, , , , 1.5", "q, , , , , 8", "q, 2024-01-10"
        ),
        "orders": rows("orders", "o, c, 2024-01-10, completed, EUR", "x, c, 2024-01-10, cancelled, EUR"),
        "order_items": rows(
            "order_items",
            "o, 1, 4, 10, , , 3",  # 80, costs 4 × 3 × 2 = 24
            "o, 2, 2, 10, p",  # 40, costs 2 × 1.5 = 3: a product's cost needs no rate
            "o, 3, 1, 10, q",  # 20, and nobody knows the cost
            "x, 1, 1, 99, , , 9",
        ),
        "refunds": rows(
            "refunds",
            "r1, o, 2024-02-01, 5, 1, 1.5",  # 15 at February's rate; 1.5 × 3 × 2 = 9 of cost at January's
            "r2, o, 2024-02-02, 1, 02, 1",  # 3; 1.5
            "r3, o, 2024-02-02, 1, , 1",  # 3; nothing, of the whole order
            "r4, o, 2024-02-02, 1, 7, 1",  # 3; no such line
            "r5, x, 2024-02-02, 1",  # of an order that does not count
            "r6, o, 2024-01-02, 1",  # 2, before its order
        ),
        "interactions": rows("interactions", "i, c, 2024-02-03, web, support, inbound, 4, 1.005"),
    }
    graded = grade(raw, small_rules(), as_of_date="2024-02-29")
    january, february = (graded.metrics["c", t] for t in (date(2024, 1, 31), date(2024, 2, 29)))
    assert (january["monetary"], january["cost_of_goods"]) == (138, 27)
    assert january["cost_coverage"] == D("0.8571")  # 120 of 140
    assert (february["monetary"], february["cost_of_goods"], february["gross_profit"]) == (
        114,
        D("16.5"),
        D("97.5"),
    )
    assert (february["service_cost"], february["net_profit"]) == (D("1.01"), D("96.49"))
    assert february["cost_coverage"] == D("0.8571")


def test_engagement():
    raw = together(
        sale("o1", "late", "2024-02-10"),
        {
            "customers": rows("customers", "old, , , , , , , , late", "late"),
            "interactions": rows(
                "interactions",
                "1, c, 2024-01-05, web, referral, inbound, 5, , , old",
                "2, c, 2024-01-06, web, referral, outbound, 4, , , nobody",
                "3, c, 2024-01-07, web, complaint, , 4",
            ),
            "assessments": rows(
                "assessments",
                "9, c, 2024-01-05, growth_prospect, 2",
                "10, c, 2024-01-05, growth_prospect, 3",
                "1, c, 2024-02-05, growth_prospect, 4.5",
            ),
        },
    )
    graded = grade(raw, small_rules(), as_of_date="2024-02-29")
    january, february = (
        graded.fct_customer_engagement["c", t] for t in (date(2024, 1, 31), date(2024, 2, 29))
    )
    assert (january["interactions"], january["inbound"], january["outbound"], january["complaints"]) == (
        3,
        1,
        1,
        1,
    )
    assert (january["referrals"], january["converted_referrals"], february["converted_referrals"]) == (
        2,
        0,
        1,
    )
    assert january["satisfaction"] == D("4.3333")
    assert [january[c] for c in CRITERIA] == [None, 2, None, None]  # "9" > "10"
    assert february["growth_prospect"] == D("4.5")


# ---------------------------------------------------------------- scores


def test_equal_values_score_equally():
    # ten buyers of 1, 1, 1, 1, 2, 2, 3, 4, 5, 5 orders' worth: the 2nd, 4th, 6th, 8th smallest are 1, 1, 2, 4
    worth = [1, 1, 1, 1, 2, 2, 3, 4, 5, 5]
    raw = together(*(sale(f"o{i}", f"c{i}", "2024-01-05", str(w)) for i, w in enumerate(worth)))
    graded = grade(raw, small_rules(), as_of_date="2024-01-31", min_scored_customers=10)
    t = date(2024, 1, 31)
    assert [graded.fct_tier_reviews[f"c{i}", t]["monetary_score"] for i in range(10)] == [
        1,
        1,
        1,
        1,
        3,
        3,
        4,
        4,
        5,
        5,
    ]
    assert {graded.fct_tier_reviews[f"c{i}", t]["recency_score"] for i in range(10)} == {1}
    breaks = graded.fct_score_breakpoints[t, "", "monetary"]
    assert [breaks[b] for b in ("b1", "b2", "b3", "b4")] == [1, 1, 2, 4]
    assert (breaks["population"], breaks["is_warm_up"]) == (10, True)
    assert graded.fct_score_breakpoints[t, "", "recency"]["b1"] == 26
    few = grade(raw, small_rules(), as_of_date="2024-01-31", min_scored_customers=11)
    assert few.fct_tier_reviews["c0", t]["monetary_score"] == 3
    assert few.fct_score_breakpoints[t, "", "monetary"]["b1"] is None


def test_a_quantile_is_the_next_whole_place_up():
    # of seven the places are 1.4, 2.8, 4.2 and 5.6, so the 2nd, 3rd, 5th and 6th smallest
    raw = together(*(sale(f"o{i}", f"c{i}", "2024-01-05", str(i)) for i in range(1, 8)))
    graded = grade(raw, small_rules(), as_of_date="2024-01-31", min_scored_customers=7)
    breaks = graded.fct_score_breakpoints[date(2024, 1, 31), "", "monetary"]
    assert [breaks[b] for b in ("b1", "b2", "b3", "b4")] == [2, 3, 5, 6]


def test_fixed_breakpoints_run_from_worst_to_best():
    methods = [
        "recency, fixed, 90, 60, 30, 10",
        "frequency, fixed, 1, 2, 3, 4",
        *("monetary, fixed, 0, 5, 10, 20", "profit, quantile, .2, .4, .6, .8"),
    ]
    raw = sale("o", "c", "2024-01-01")
    graded = grade(raw, small_rules(methods=methods), as_of_date="2024-01-31")
    row = graded.fct_tier_reviews["c", date(2024, 1, 31)]
    # 30 days do not exceed the breakpoint of 30 days
    assert [row[f"{m}_score"] for m in ("recency", "frequency", "monetary", "profit")] == [3, 1, 3, 3]
    recency = graded.fct_score_breakpoints[date(2024, 1, 31), "", "recency"]
    assert [recency[b] for b in ("b1", "b2", "b3", "b4")] == [90, 60, 30, 10]
    assert score(D(1), [D(0), D(1), D(1), D(2)]) == 2


# ---------------------------------------------------------------- tiers


def ladder(**vars):
    """Gold in January, nothing after it, reviewed each month with a window of 30 days until June."""
    raw = together(sale("o1", "c", "2024-01-20"), sale("o2", "c", "2024-01-21"))
    graded = grade(raw, small_rules(), as_of_date="2024-06-30", window_days=30, **vars)
    reviews = sorted((t, r) for (_, t), r in graded.fct_tier_reviews.items())
    return [(r["held_tier"], r["tier_source"]) for _, r in reviews]


def test_grace_then_soft_landing():
    assert ladder() == [
        ("gold", "earned"),
        ("gold", "grace"),
        ("silver", "soft_landing"),
        ("none", "earned"),
        ("none", "earned"),
        ("none", "earned"),
    ]


def test_longer_grace_and_hard_landing():
    assert [held for held, _ in ladder(tier_grace_reviews=3)] == ["gold"] * 4 + ["silver", "none"]
    assert [held for held, _ in ladder(tier_soft_landing=False)] == ["gold"] * 2 + ["none"] * 4
    assert [held for held, _ in ladder(tier_grace_reviews=0)] == ["gold", "silver"] + ["none"] * 4


def test_retaining_is_easier_than_earning():
    rules = small_rules(
        "2000-01-01, gold, entry, 1, frequency, 2, ",
        "2000-01-01, gold, retain, 1, lifetime_orders, 2, ",
        "2000-01-01, gold, retain, 1, recency_days, , 70",
    )
    raw = together(sale("o1", "c", "2024-01-20"), sale("o2", "c", "2024-01-21"))
    graded = grade(raw, rules, as_of_date="2024-05-15", window_days=30)
    found = [r["held_tier"] for _, r in sorted(graded.fct_tier_reviews.items())]
    # kept in March (70 days), the grace of April, and the open review of May falls
    assert found == ["gold", "gold", "gold", "gold", "silver"]
    assert graded.customer_tier["c"]["tier"] == "gold"
    assert graded.customer_tier["c"]["projected_tier"] == "silver"
    assert graded.customer_tier["c"]["tier_review_date"] == date(2024, 4, 30)


def test_rules_change_as_a_whole():
    rules = small_rules(
        "2024-02-29, gold, entry, 1, frequency, 1, ", "2024-03-31, silver, entry, 1, frequency, 1, "
    )
    raw = sale("o1", "c", "2024-01-20")
    graded = grade(raw, rules, as_of_date="2024-03-31", tier_grace_reviews=0, tier_soft_landing=False)
    found = [r["tier"] for _, r in sorted(graded.fct_tier_reviews.items())]
    assert found == ["gold", "gold", "silver"]


def test_overrides_slice_the_days():
    raw = together(
        sale("o1", "c", "2024-01-20"),
        {
            "tier_overrides": rows(
                "tier_overrides",
                "c, gold, 2024-01-25, 2024-02-05, board, Ann",
                "c, none, 2024-02-04, 2024-02-10, board, Ann",
                "c, gold, 2024-02-20, 2024-02-19, board, Ann",  # never
                "c, gold, 2024-04-01, , board, Ann",  # begins on the morning after
                "c, none, 2024-04-02, , board, Ann",  # not known yet
            )
        },
    )
    graded = grade(raw, small_rules(), as_of_date="2024-03-31")
    stretches = [
        (day, r["valid_to"], r["tier"], r["change_type"], r["tier_source"])
        for (_, day), r in graded.customer_tier_history.items()
    ]
    assert stretches == [
        (date(2024, 2, 1), date(2024, 2, 4), "gold", "entered", "override"),
        (date(2024, 2, 4), date(2024, 2, 11), "none", "downgraded", "override"),
        (date(2024, 2, 11), date(2024, 4, 1), "silver", "upgraded", "earned"),
        (date(2024, 4, 1), None, "gold", "upgraded", "override"),
    ]
    assert [(r["held_tier"], r["tier"]) for _, r in sorted(graded.fct_tier_reviews.items())] == [
        *(("silver", "gold"), ("silver", "silver"), ("silver", "gold"))
    ]
    current = graded.customer_tier["c"]
    assert (current["tier"], current["previous_tier"], current["tier_since"]) == (
        "gold",
        "silver",
        date(2024, 4, 1),
    )
    assert graded.fates["tier_overrides"][-1] == ("not_yet_visible", None)
    assert graded.tier_migration == {
        (date(2024, 1, 31), None, "gold"): {"customers": 1, "monetary": 10, "net_profit": 10},
        (date(2024, 2, 29), "gold", "silver"): {"customers": 1, "monetary": 10, "net_profit": 10},
        (date(2024, 3, 31), "silver", "gold"): {"customers": 1, "monetary": 10, "net_profit": 10},
    }


def test_of_several_overrides_one_counts():
    def tier(*lines):
        merged = rows("customers", "b, , , , , , , , c", "c")
        raw = together(sale("o1", "c", "2024-01-20"), {"customers": merged})
        raw["tier_overrides"] = rows("tier_overrides", *lines)
        return grade(raw, small_rules(), as_of_date="2024-01-31").customer_tier["c"]["tier"]

    assert tier("b, gold, 2024-01-02, , x, y", "c, none, 2024-01-01, , x, y") == "gold"
    assert tier("b, gold, 2024-01-01, 2024-02-09, x, y", "c, none, 2024-01-01, 2024-02-08, x, y") == "gold"
    assert tier("b, none, 2024-01-01, 2024-02-09, x, y", "c, gold, 2024-01-01, , x, y") == "gold"  # open
    assert tier("b, gold, 2024-01-01, , x, y", "c, none, 2024-01-01, , x, y") == "none"


def test_a_tier_is_of_the_day_after_its_review():
    graded = grade(
        together(sale("o1", "c", "2024-01-20"), sale("o2", "c", "2024-02-10")),
        small_rules(),
        as_of_date="2024-02-29",
    )
    assert [(day, r["tier"]) for (_, day), r in graded.customer_tier_history.items()] == [
        (date(2024, 2, 1), "silver"),
        (date(2024, 3, 1), "gold"),
    ]


def test_provisional_until_a_review_closes():
    raw = together(sale("o1", "c", "2024-01-20"), sale("o2", "new", "2024-02-02"))
    graded = grade(raw, small_rules(), as_of_date="2024-02-10")
    new = graded.customer_tier["new"]
    assert (new["is_provisional"], new["tier"], new["tier_since"]) == (True, "silver", None)
    assert new["tier_review_date"] == date(2024, 2, 10)
    assert not [key for key in graded.customer_tier_history if key[0] == "new"]
    assert graded.customer_tier["c"]["tier_review_date"] == date(2024, 1, 31)


# ---------------------------------------------------------------- classes


def test_classes_and_abc():
    classes = (
        "loyalty, 2000-01-01, low, 1, 1, frequency, 0, ",
        "loyalty, 2000-01-01, high, 2, 1, frequency, 1, ",
        "loyalty, 2000-01-01, high, 2, 2, recency_days, , 5",
        "rfm_segment, 2000-01-01, champion, 1, 1, monetary, 50.01, ",
    )
    worth = {"a": "50", "b": "30", "c": "10", "d": "5", "e": "5", "f": "0"}
    raw = together(*(sale(f"o-{c}", c, "2024-01-05", w) for c, w in worth.items()))
    raw["interactions"] = rows("interactions", "1, g, 2024-01-05, web, survey")
    graded = grade(raw, small_rules(classes=classes), as_of_date="2024-01-31")
    found = {c: graded.customer_tier[c]["abc_class"] for c in "abcdefg"}
    # shares before: 0, .5, .8, .9, .95
    assert found == {"a": "A", "b": "A", "c": "B", "d": "B", "e": "C", "f": "C", "g": None}
    assert graded.customer_classes["a", "loyalty"]["class"] == "high"
    assert graded.customer_classes["g", "loyalty"]["class"] == "low"
    assert graded.customer_tier["a"]["rfm_segment"] is None


# ---------------------------------------------------------------- any raw tables


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(raw=raw_tables(customers=(3, 25)), chosen=vars_(cadences=("month", "quarter")), rules=rules_())
def test_whatever_comes_adds_up(raw, chosen, rules):
    graded = grade(raw, rules, **chosen)
    for table, found in raw.items():
        counted = sum(e["row_count"] for key, e in graded.data_quality.items() if key[0] == table)
        assert counted == len(found) == len(graded.fates[table])
    if graded.reviews:
        last = graded.reviews[-1][0]
        everyone = [m["lifetime_monetary"] for (_, t), m in graded.metrics.items() if t == last]
        assert sum(everyone, D(0)) == graded.revenue_bridge["graded"]
    for customer_id, row in graded.customer_tier.items():
        own = sorted((d, r) for (c, d), r in graded.customer_tier_history.items() if c == customer_id)
        assert row["is_provisional"] == (not own)
        assert all(a["valid_to"] == day for (_, a), (day, _) in zip(own, own[1:], strict=False))
        assert all(a["tier"] != b["tier"] for (_, a), (_, b) in zip(own, own[1:], strict=False))
        if own:
            assert (own[-1][1]["tier"], own[-1][1]["valid_to"]) == (row["tier"], None)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(raw=raw_tables(customers=(3, 25)), chosen=vars_(cadences=("month",)), rules=rules_())
def test_files_and_file_order_change_nothing(raw, chosen, rules, tmp_path_factory):
    folder = write_raw(raw, tmp_path_factory.mktemp("raw"))
    turned = {table: found[::-1] for table, found in read_csvs(folder).items()}
    once, again = grade(raw, rules, **chosen), grade(turned, rules, **chosen)
    assert {**vars(once), "fates": None} == {**vars(again), "fates": None}
