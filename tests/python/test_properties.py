"""What must hold for whatever raw tables, rules and vars: dbt's tables against the reference, and against themselves."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import Future
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import duckdb
import pytest
import reference
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import KEYS, TABLES, grade, round_to
from strategies import COLUMNS, Switches, businesses, refreshes, write_raw
from warehouse import NAME, Dbt, Warehouse, shipped_rules

from tiers.explain import explain

WORDS = shipped_rules("accepted_values")
MORE = int(os.environ.get("HYPOTHESIS_EXAMPLES", "1"))
EXPLAINED = 9  # of so many customers one is explained
SHOWN = 6  # differences of a table that a failure shows

# ---------------------------------------------------------------- comparing


def as_keyed(names: list[str], rows: Iterable[tuple], key: tuple[str, ...]) -> dict:
    """Rows as the reference gives them: the other columns by key."""
    answer = {}
    for row in rows:
        cells = dict(zip(names, row, strict=True))
        found = tuple(cells.pop(name) for name in key)
        assert found not in answer, f"two rows of {dict(zip(key, found, strict=True))}"
        answer[found if len(key) > 1 else found[0]] = cells
    return answer


def differences(table: str, found: dict, wanted: dict) -> list[str]:
    """A line for each cell that differs and each row that only one side has."""
    lines = []
    for key in sorted(found.keys() | wanted.keys(), key=str):
        if key not in found:
            lines.append(f"{table} {key}: no such row; wanted {wanted[key]}")
        elif key not in wanted:
            lines.append(f"{table} {key}: a row that should not be: {found[key]}")
        else:
            lines += [
                f"{table} {key}: {name} is {found[key].get(name, 'no column')!r}; wanted {value!r}"
                for name, value in wanted[key].items()
                if name not in found[key] or found[key][name] != value
            ]
    return [*lines[:SHOWN], f"{table}: {len(lines)} differences in all"] if len(lines) > SHOWN else lines


def unlike_reference(
    warehouse: duckdb.DuckDBPyConnection, graded: reference.Graded, tables: Iterable[str] = tuple(KEYS)
) -> list[str]:
    """How the tables of a warehouse or a published file differ from the reference's."""
    lines = []
    for table in tables:
        key, wanted = KEYS[table], getattr(graded, table)
        names = [*key, *next(iter(wanted.values()), {})]
        rows = warehouse.execute(f"select {', '.join(names)} from {table}").fetchall()
        if table == "data_quality":
            wanted = {k: v | {"amount": None if v["amount"] is None else round_to(v["amount"], 4)} for k, v in wanted.items()}
        lines += differences(table, as_keyed(names, rows, key), wanted)
    return lines


def unlike_quarantined(warehouse: duckdb.DuckDBPyConnection, graded: reference.Graded, raw: dict) -> list[str]:
    """Quarantined rows can be read as they came: how those of a warehouse differ from the raw ones."""
    found: dict[tuple, int] = {}
    wanted: dict[tuple, int] = {}
    for table, reason, text in warehouse.execute("select table_name, reason, raw_row from quarantined_rows").fetchall():
        key = (table, reason, *json.loads(text).items())
        found[key] = found.get(key, 0) + 1
    for table, fates in graded.fates.items():
        for row, (outcome, reason) in zip(raw.get(table) or (), fates, strict=True):
            if outcome == "quarantined":
                key = (table, reason, *((c, row.get(c) or None) for c in COLUMNS[table]))
                wanted[key] = wanted.get(key, 0) + 1
    return differences("quarantined_rows", {k: {"rows": n} for k, n in found.items()}, {k: {"rows": n} for k, n in wanted.items()})


TABLE_KEYS = KEYS | dict.fromkeys(("fct_customer_reviews", "fct_scored_reviews", "fct_held_tiers"), ("customer_id", "review_date"))


def unlike(one: Warehouse, other: Warehouse, tables: Iterable[str], **only: str) -> list[str]:
    """How tables of one warehouse differ from those of another, row for row; of some tables only certain rows."""
    lines = []
    with duckdb.connect() as connection:
        # views name their database, so both are attached under the same name, one after the other
        for side, warehouse in (("one", one), ("other", other)):
            connection.execute(f"attach '{warehouse.path}' as {NAME} (read_only)")
            connection.execute(f"create schema {side}")
            for table in tables:
                where = only.get(table, "true")
                connection.execute(f"create table {side}.{table} as select * from {NAME}.main.{table} where {where}")
            connection.execute(f"detach {NAME}")
        for table in tables:
            names, others = ([r[:2] for r in connection.execute(f"describe {side}.{table}").fetchall()] for side in ("one", "other"))
            assert names == others, f"{table}: columns {names} and {others}"
            found, wanted = (
                connection.execute(f"select * from {a}.{table} except all select * from {b}.{table}").fetchall()
                for a, b in (("one", "other"), ("other", "one"))
            )
            columns = [name for name, _ in names]
            key = TABLE_KEYS.get(table, tuple(columns))
            lines += differences(table, as_keyed(columns, found, key), as_keyed(columns, wanted, key))
    return lines


def unlike_explained(warehouse: Warehouse, every: int) -> list[str]:
    """How the next tier and keep_until of customer_tier differ from what explain works out, of one customer in so many."""
    key, columns = KEYS["customer_tier"], ("next_tier", "next_tier_metric", "next_tier_gap", "keep_until")
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        rows = connection.execute(f"select customer_id, {', '.join(columns)} from customer_tier order by 1").fetchall()[::every]
    wanted = {}
    for row in rows:
        told = explain(warehouse.path, row[0])
        step, until = told["next"] or dict.fromkeys(("tier", "metric", "gap")), told["keep_until"]
        gap = None if step["gap"] is None else Decimal(step["gap"])
        wanted[row[0]] = dict(zip(columns, (step["tier"], step["metric"], gap, until and date.fromisoformat(until)), strict=True))
    return differences("customer_tier", as_keyed([*key, *columns], rows, key), wanted)


def complain(what: str, lines: list[str]) -> None:
    if lines:
        raise AssertionError("\n".join([what, *lines]))


def everything(project: Dbt) -> list[str]:
    """Every fact and mart, and what is quarantined."""
    return [*project.models("facts", "marts"), "quarantined_rows"]


# ---------------------------------------------------------------- 1. the reference


@settings(max_examples=8 * MORE)
@given(pair=st.tuples(businesses(WORDS), businesses(WORDS)))
def test_a_build_is_what_the_reference_says(project, pair):
    """Two businesses an example, because two builds at a time are nearly as fast as one."""
    built = [project.warehouse(f"build {number}") for number in range(2)]
    started = [warehouse.start(b.raw, b.rules, b.vars) for warehouse, b in zip(built, pair, strict=True)]
    for warehouse, job, business in zip(built, started, pair, strict=True):
        graded = grade(business.raw, business.rules, **business.vars)
        job.result()
        with duckdb.connect(str(warehouse.path)) as connection:
            lines = [*unlike_reference(connection, graded), *unlike_quarantined(connection, graded, business.raw)]
        complain(f"dbt and the reference differ on {business}", lines)
        complain(f"dbt and explain differ on {business}", unlike_explained(warehouse, every=EXPLAINED))


# ---------------------------------------------------------------- 2. one refresh after another


@settings(max_examples=3 * MORE)
@given(found=refreshes())
def test_refreshes_end_where_a_full_build_does(project, found):
    first, *others = found
    kept = project.warehouse("kept").refresh(first.raw, first.rules, first.vars)
    for number, state in enumerate(others, start=2):
        fresh = project.warehouse("fresh")
        job = fresh.start(state.raw, state.rules, state.vars)
        kept.refresh(state.raw, state.rules, state.vars)
        job.result()
        lines = unlike(kept, fresh, everything(project))
        complain(f"refresh {number} ({state.change}) is not what a full build gives; one is the refresh, wanted is the build", lines)


# ---------------------------------------------------------------- 3. in whatever order


@settings(max_examples=2 * MORE)
@given(business=businesses(WORDS), seed=st.integers(0, 2**32 - 1))
def test_files_and_their_order_change_nothing(project, business, seed):
    raw, rules, chosen = business.raw, business.rules, business.vars
    in_order, shuffled = project.warehouse("in order"), project.warehouse("shuffled")
    job = in_order.start(raw, rules, chosen)
    shuffled.refresh(in_parts(raw, project.folder / "parts", Random(seed)), rules, chosen)
    job.result()
    complain("the order of rows or files matters", unlike(shuffled, in_order, everything(project)))


def in_parts(raw: dict[str, list[dict]], folder: Path, r: Random) -> Path:
    """The same rows in another order: some tables as one file, others in a folder of several."""
    shutil.rmtree(folder, ignore_errors=True)
    mixed = {table: r.sample(rows, len(rows)) for table, rows in raw.items()}
    write_raw(mixed, folder)
    for table, rows in mixed.items():
        parts = r.randint(1, 3)
        if parts > 1:
            (folder / f"{table}.csv").unlink()
            for part in range(parts):
                write_raw({table: rows[part::parts]}, folder / "part")
                (folder / table).mkdir(exist_ok=True)
                (folder / "part" / f"{table}.csv").rename(folder / table / f"{part}.csv")
    shutil.rmtree(folder / "part", ignore_errors=True)
    return folder


# ---------------------------------------------------------------- 4. as it was known


@settings(max_examples=3 * MORE)
@given(business=businesses(WORDS), day=st.integers(60, 420), clock=st.sampled_from(("", "T12:30:00", "T23:00:00Z", "T10:00:00+0530")))
def test_known_at_is_what_was_loaded_by_then(project, business, day, clock):
    raw, rules, chosen = business.raw, business.rules, business.vars
    known_at = (strategies.START + timedelta(days=day)).isoformat() + clock
    then = {table: [row for row in rows if was_loaded(table, row, known_at)] for table, rows in raw.items()}
    looking_back, back_then = project.warehouse("back"), project.warehouse("then")
    job = looking_back.start(raw, rules, {**chosen, "known_at": known_at})
    back_then.refresh(then, rules, {**chosen, "known_at": None})
    job.result()
    # rows that were not there yet are counted, here as raw and not yet visible; what is converted is the rest, to a cent
    counted = {"data_quality": "outcome <> 'not_yet_visible'", "revenue_bridge": "step not in ('raw', 'not_yet_visible', 'converted')"}
    lines = unlike(looking_back, back_then, everything(project), **counted)
    complain(f"known_at {known_at} is not what was known then", lines)


def was_loaded(table: str, row: dict, moment: str) -> bool:
    return reference.read_row(TABLES[table], row, {}).loaded_at <= reference.parse_time(moment)


# ---------------------------------------------------------------- 5. what is made again

AS_OF = "2023-10-20"  # in the middle of a review's period
GRADED = {"as_of_date": AS_OF, "window_days": 90, "min_scored_customers": 5}
RULES = strategies.make_rules(seed=1, versions=("2023-04-01",))
# of the patterns of purchases, two are asked for and others are not
RULES["tier_rules"] = [rule for rule in RULES["tier_rules"] if rule["metric"] not in reference.PATTERNS] + [
    {"valid_from": "2023-04-01", "tier": "key_growth", "kind": "retain", "alternative": "9", "metric": metric, "min_value": "0.5", "max_value": ""}
    for metric in ("categories", "promotion_share")
]


def row(table: str, **cells: str) -> dict:
    return dict.fromkeys(COLUMNS[table]) | cells


def sale(order_id: str, customer_id: str, day: str, **cells: str) -> dict[str, list[dict]]:
    order = {"order_id": order_id, "customer_id": customer_id, "ordered_at": day, "status": "completed", "currency": "USD"}
    line = row("order_items", order_id=order_id, line_number="1", quantity="2", unit_price="50", product_id="P")
    return {"orders": [row("orders", **(order | cells))], "order_items": [line]}


def with_rows(raw: dict[str, list[dict]], *more: dict[str, list[dict]]) -> dict[str, list[dict]]:
    return {table: [*rows, *(r for part in more for r in part.get(table, ()))] for table, rows in raw.items()}


def without(raw: dict[str, list[dict]], table: str, **cells: str) -> dict[str, list[dict]]:
    kept = [r for r in raw[table] if any(r[name] != value for name, value in cells.items())]
    assert len(kept) < len(raw[table])
    return {**raw, table: kept}


def corrected(raw: dict[str, list[dict]], table: str, key: dict[str, str], **cells: str) -> dict[str, list[dict]]:
    [found] = [r for r in raw[table] if all(r[name] == value for name, value in key.items())]
    return with_rows(without(raw, table, **key), {table: [found | cells]})


@pytest.fixture(scope="module")
def base(project) -> tuple[Warehouse, dict[str, list[dict]]]:
    """A warehouse with a business of which one customer is known in every detail, and its raw rows."""
    raw = strategies.build(seed=5, customers=30, months=10, switches=Switches(odd_text=False, overrides=False))
    known = {
        "customers": [row("customers", customer_id="known", customer_type="person", signed_up_at="2023-02-01")],
        "products": [row("products", product_id="P", unit_cost="10")],
        "exchange_rates": [row("exchange_rates", currency="XYZ", valid_from="2023-01-01", rate_to_reporting="2")],
        "interactions": [
            row("interactions", interaction_id="known", customer_id="known", occurred_at="2023-05-05", channel="web", interaction_type="visit")
        ],
    }
    raw["refunds"] = []  # of a refund dated before its order, the day on which it makes a difference is not its own
    raw = with_rows(raw, known, sale("early", "known", "2023-03-03"), sale("later", "known", "2023-09-09", currency="XYZ"))
    return project.warehouse("base").refresh(raw, RULES, GRADED), raw


def reviewed_on(day: str) -> date:
    """The review that first sees a day."""
    return min(date.fromisoformat(AS_OF), reference.period_end(date.fromisoformat(day), "month"))


REFUND = {"refund_id": "new", "order_id": "later", "refund_amount": "5"}
ASSESSMENT = {"assessment_id": "new", "customer_id": "known", "criterion": "growth_prospect", "score": "5"}
OVERRIDE = {"customer_id": "known", "tier": "key_value", "reason": "board", "approved_by": "Ann"}

# what changes: raw rows, rules or vars; and the first day on which it makes a difference, if any
CHANGED = {
    "the order of rows": (lambda raw: {table: rows[::-1] for table, rows in raw.items()}, {}, {}, None),
    "what counts for nothing": (
        lambda raw: with_rows(
            corrected(raw, "customers", {"customer_id": "known"}, customer_name="Ann"),
            sale("cancelled", "known", "2023-08-08", status="cancelled"),
            sale("unusable", "known", "2023-07-07", status="lost"),
        ),
        *({}, {}, None),
    ),
    "classes": (lambda raw: raw, {"class_rules": RULES["class_rules"][1:]}, {"abc_metric": "monetary"}, None),
    "an order of the last review": (lambda raw: with_rows(raw, sale("new", "known", "2023-10-02")), {}, {}, "2023-10-02"),
    "a late order": (lambda raw: with_rows(raw, sale("new", "known", "2023-07-31")), {}, {}, "2023-07-31"),
    "an order's day within its period": (
        lambda raw: corrected(raw, "orders", {"order_id": "later"}, ordered_at="2023-09-19"), *({}, {}, "2023-09-09"),
    ),
    "a contact's day within its period": (
        lambda raw: corrected(raw, "interactions", {"interaction_id": "known"}, occurred_at="2023-05-15"), *({}, {}, "2023-05-05"),
    ),
    "an order less": (lambda raw: without(raw, "orders", order_id="later"), {}, {}, "2023-09-09"),
    "an order's line": (lambda raw: corrected(raw, "order_items", {"order_id": "later"}, quantity="3"), {}, {}, "2023-09-09"),
    "a contact's cost": (lambda raw: corrected(raw, "interactions", {"interaction_id": "known"}, handling_cost="3"), {}, {}, "2023-05-05"),
    "a refund": (lambda raw: with_rows(raw, {"refunds": [row("refunds", refunded_at="2023-09-30", **REFUND)]}), {}, {}, "2023-09-30"),
    "a rate": (lambda raw: corrected(raw, "exchange_rates", {"currency": "XYZ"}, rate_to_reporting="3"), {}, {}, "2023-09-09"),
    "a cost": (lambda raw: corrected(raw, "products", {"product_id": "P"}, unit_cost="11"), {}, {}, "2023-03-03"),
    "a promotion that a tier rule asks for": (
        lambda raw: corrected(raw, "orders", {"order_id": "later"}, promotion_code="X1"), *({}, {}, "2023-09-09"),
    ),
    "a category that a tier rule asks for": (
        lambda raw: corrected(raw, "products", {"product_id": "P"}, category="tea"), *({}, {}, "2023-03-03"),
    ),
    "a flagship that none asks for": (
        lambda raw: corrected(raw, "products", {"product_id": "P"}, is_flagship="true"), *({}, {}, None),
    ),
    "a judgement": (lambda raw: with_rows(raw, {"assessments": [row("assessments", assessed_on="2023-08-01", **ASSESSMENT)]}), {}, {}, "2023-08-01"),
    # the tier a review leads to is the one of the day after it
    "an override": (lambda raw: with_rows(raw, {"tier_overrides": [row("tier_overrides", valid_from="2023-09-01", **OVERRIDE)]}), {}, {}, "2023-08-31"),
    "a newcomer": (lambda raw: with_rows(raw, {"customers": [row("customers", customer_id="new", signed_up_at="2023-06-06")]}), {}, {}, "2023-06-06"),
    "a merger": (lambda raw: corrected(raw, "customers", {"customer_id": "known"}, merged_into="C001"), {}, {}, "2023-02-01"),
    "later rules": (lambda raw: raw, {"tier_rules": strategies.later_rules(RULES["tier_rules"], "2023-08-15")}, {}, "2023-08-15"),
    "a later end": (lambda raw: raw, {}, {"as_of_date": "2023-11-11"}, AS_OF),
    "an earlier end": (lambda raw: raw, {}, {"as_of_date": "2023-08-31"}, "2023-09-01"),
}


@pytest.fixture(scope="module")
def refreshed(project, base) -> dict[str, tuple[Warehouse, Future]]:
    """For each change a copy of the warehouse, refreshed as far as it takes to know what to make again."""
    warehouse, raw = base
    answer = {}
    for change, (changed, rules, more_vars, _) in CHANGED.items():
        copy = warehouse.copy(change)
        answer[change] = copy, copy.start(changed(raw), {**RULES, **rules}, GRADED | more_vars, select=["+int_recompute"])
    return answer


@pytest.mark.parametrize("change", CHANGED)
def test_what_is_made_again(refreshed, change):
    warehouse, job = refreshed[change]
    job.result()
    first_day = CHANGED[change][-1]
    wanted = reviewed_on(first_day) if first_day else None
    assert warehouse.query("select recompute_from from int_recompute") == [(wanted,)]


def test_earlier_reviews_are_left_alone(project, base):
    warehouse, raw = base
    copy, full = warehouse.copy("changed"), project.warehouse("fresh")
    one = "where customer_id = 'known' and review_date = date '2023-03-31'"
    copy.query(f"update fct_customer_reviews set monetary = 12345 {one}")
    raw = with_rows(raw, sale("new", "known", "2023-10-02"))
    job = full.start(raw, RULES, GRADED)
    copy.refresh(raw, RULES, GRADED)
    job.result()
    assert copy.query(f"select monetary from fct_customer_rfm {one}") == [(12345,)]
    # from the first to be made again on, all is as in a full build, and that mends the rest too
    tables = ["fct_customer_reviews", "fct_customer_engagement", "fct_score_breakpoints", "fct_held_tiers", "fct_tier_reviews"]
    last = dict.fromkeys(tables, f"review_date >= date '{AS_OF}'")
    complain("reviews made again differ", unlike(copy, full, tables, **last))
    complain("the current tiers differ", unlike(copy, full, ["customer_tier", "customer_classes"]))
    copy.refresh(raw, RULES, GRADED, full_refresh=True)
    complain("a full refresh did not mend everything", unlike(copy, full, everything(project)))


# ---------------------------------------------------------------- 6. a refresh that was killed


@settings(max_examples=2 * MORE)
@given(found=refreshes(number=(2, 2)), seed=st.integers(0, 2**32 - 1))
def test_a_killed_refresh_is_made_up_for(project, found, seed):
    """Whether the next refresh finds what the killed one found, or what came is gone again by then."""
    before, after = ((state.raw, state.rules, state.vars) for state in found)
    models = list(project.reads)
    last = Random(seed).randrange(models.index("int_recompute"), models.index("int_built_reviews"))
    killed, fresh = project.warehouse("killed"), project.warehouse("fresh")
    job = fresh.start(*after)
    killed.refresh(*before)
    complete = killed.copy("complete")
    killed.refresh(*after, select=models[: last + 1])
    reverted = killed.copy("reverted")
    jobs = [job, killed.start(*after), reverted.start(*before)]
    for job in jobs:
        job.result()
    what = f"a refresh after one killed behind {models[last]} is not what a full build gives"
    complain(what, unlike(killed, fresh, everything(project)))
    complain(f"{what}, with the raw rows of before", unlike(reverted, complete, everything(project)))


def test_reviews_that_are_not_marked_as_built_are_made_again(project, base):
    warehouse, raw = base
    copy = warehouse.copy("changed")
    copy.query("delete from int_built_reviews where review_date >= date '2023-06-30'")
    copy.query("delete from fct_held_tiers where review_date = date '2023-07-31'")
    copy.query("update fct_customer_reviews set monetary = 12345 where review_date >= date '2023-08-31'")
    copy.refresh(raw, RULES, GRADED)
    assert copy.query("select recompute_from from int_recompute") == [(date(2023, 6, 30),)]
    complain("what was not marked as built differs", unlike(copy, warehouse, everything(project)))


@pytest.mark.parametrize("is_killed", [False, True])
def test_an_open_review_gives_way_to_that_of_the_next_night(project, base, is_killed):
    """After a killed refresh, nothing but the facts themselves remembers the review that is none any more."""
    warehouse, raw = base
    copy, full, next_night = warehouse.copy("changed"), project.warehouse("fresh"), GRADED | {"as_of_date": "2023-10-25"}
    job = full.start(raw, RULES, next_night)
    if is_killed:
        copy.query(f"delete from int_built_reviews where review_date >= date '{AS_OF}'")
    copy.refresh(raw, RULES, next_night)
    job.result()
    complain("the night after differs", unlike(copy, full, everything(project)))


# ---------------------------------------------------------------- all of it


def test_a_refresh_publishes_what_the_reference_says(tiers, tmp_path):
    """The one time here that seeds, data tests and publishing take part."""
    rules = strategies.make_rules(seed=2, versions=("2023-04-01", "2023-09-30"), accepted_values=tuple(WORDS))
    raw = strategies.build(seed=11, customers=40, months=12, switches=Switches(), translations=tuple(WORDS))
    chosen = {"review_cadence": "month", "score_by": "region", "min_scored_customers": 3, "business_timezone": "Asia/Shanghai"}
    sources = ("--raw", write_raw(raw, tmp_path / "raw"), "--rules", strategies.write_rules(rules, tmp_path / "rules"))
    files = ("--warehouse", "working.duckdb", "--publish", "published.duckdb")
    done = tiers("refresh", "--json", "--vars", json.dumps(chosen), *sources, *files, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    graded = grade(raw, rules, **chosen)
    assert json.loads(done.stdout)["as_of_date"] == graded.as_of_date.isoformat()
    with duckdb.connect(str(tmp_path / "working.duckdb"), read_only=True) as connection:
        complain("the warehouse and the reference differ", unlike_reference(connection, graded))
        published = [table for table in KEYS if not table.startswith("fct_")]
    with duckdb.connect(str(tmp_path / "published.duckdb"), read_only=True) as connection:
        complain("what is published and the reference differ", unlike_reference(connection, graded, published))
