"""What a publication changed and why, and that one which changes too much stays in."""

import datetime
import json
import os
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from tiers.errors import TiersError, UsageError
from tiers.generate import generate
from tiers.publications import CHECKS, Publication, publish_limits
from tiers.publish import KEPT, check_replaceable, publish, roll_back, versions
from tiers.refresh import only_refresh

RULES = Path(__file__).resolve().parents[2] / "seeds/rules"
THEN, NOW = datetime.date(2024, 1, 20), datetime.date(2024, 2, 20)


# What changed, and why: two published files of a few customers, made by hand


@pytest.fixture
def files():
    """A warehouse, an earlier published file and a new one, in which January has just closed."""
    with duckdb.connect() as connection:
        for catalog in ("warehouse", "published", "before"):
            connection.execute(f"attach ':memory:' as {catalog}")
        connection.execute(
            """
            create table warehouse.main.int_as_of as select date '2024-02-20' as as_of_date;
            create table warehouse.main.int_orders as select 'completed' as status, date '2024-02-01' as ordered_on where false;
            create table warehouse.main.int_purchase_days as select date '2024-02-01' as business_date, 1 as orders, 1 as net, 1 as net_of_known_cost where false;
            create table warehouse.main.tiers as from (values ('low', '0'), ('high', '1')) as tiers (tier, tier_rank);
            create table published.main.data_quality as
                select 'orders' as table_name, null::varchar as currency, 'accepted' as outcome, null::varchar as reason, 100 as row_count, null::decimal(18, 4) as amount;
            create table published.main.tier_migration as select date '2024-01-31' as review_date;
            create table published.main.customer_tier (customer_id varchar, tier varchar, tier_source varchar, tier_since date);
            create table published.main.customer_tier_history (customer_id varchar, tier varchar, valid_from date, valid_to date, tier_source varchar);
            create table before.main.customer_tier (customer_id varchar, tier varchar, is_provisional boolean, tier_source varchar);
            create table before.main.publications as
                select 7::bigint as publication_id, now()::timestamp as published_at, date '2024-01-20' as as_of_date,
                    null::timestamp as known_at, 'as before' as rules_fingerprint, '0' as code_version;
            """
        )
        yield connection


def had(files, customer, tier, is_provisional=False, source="earned"):
    files.execute("insert into before.main.customer_tier values (?, ?, ?, ?)", [customer, tier, is_provisional, source])


def has(files, customer, tier, source, *spans):
    """spans: (tier, valid_from, valid_to) of the history as it is known now; the source is that of each."""
    since = spans[-1][1] if spans else None
    files.execute("insert into published.main.customer_tier values (?, ?, ?, ?)", [customer, tier, source, since])
    for span in spans:
        files.execute("insert into published.main.customer_tier_history values (?, ?, ?, ?, ?)", [customer, *span, source])


def changes(files, fingerprint="as before"):
    Publication({}, fingerprint, {}).record(files, has_before=True)
    rows = files.execute("select customer_id, from_tier, to_tier, cause from published.main.tier_changes where publication_id = 8").fetchall()
    return {row[0]: row[1:] for row in rows}


def test_a_change_is_owed_to_a_review_an_override_or_what_is_now_known_of_the_past(files):
    had(files, "same", "low"), has(files, "same", "low", "earned", ("low", "2023-12-01", None))
    had(files, "reviewed", "low"), has(files, "reviewed", "high", "earned", ("low", "2023-12-01", "2024-02-01"), ("high", "2024-02-01", None))
    had(files, "granted", "low"), has(files, "granted", "high", "override", ("low", "2023-12-01", "2024-02-05"), ("high", "2024-02-05", None))
    had(files, "expired", "high"), has(files, "expired", "low", "earned", ("high", "2023-12-01", "2024-02-05"), ("low", "2024-02-05", None))
    had(files, "was never", "high"), has(files, "was never", "low", "earned", ("low", "2023-12-01", None))
    had(files, "granted late", "low"), has(files, "granted late", "high", "override", ("low", "2023-12-01", "2024-01-10"), ("high", "2024-01-10", None))
    had(files, "revoked", "high", source="override"), has(files, "revoked", "low", "earned", ("low", "2023-12-01", None))
    had(files, "gone", "high")
    has(files, "new", "low", "earned", ("low", "2024-02-01", None))
    has(files, "came late", "low", "earned", ("low", "2023-12-01", None))
    had(files, "was provisional", "low", True), has(files, "was provisional", "high", "earned", ("high", "2024-02-01", None))
    assert changes(files) == {
        "reviewed": ("low", "high", "review"),
        "granted": ("low", "high", "override"),
        "expired": ("high", "low", "override"),
        "was never": ("high", "low", "restated"),
        "granted late": ("low", "high", "override"),
        "revoked": ("high", "low", "override"),
        "gone": ("high", None, "restated"),
        "new": (None, "low", "review"),
        "came late": (None, "low", "restated"),
        "was provisional": ("low", "high", "review"),
    }


def test_under_new_rules_a_change_of_the_past_is_owed_to_them(files):
    had(files, "other rules", "high"), has(files, "other rules", "low", "earned", ("low", "2023-12-01", None))
    had(files, "reviewed", "low"), has(files, "reviewed", "high", "earned", ("low", "2023-12-01", "2024-02-01"), ("high", "2024-02-01", None))
    assert changes(files, "new") == {"other rules": ("high", "low", "rules"), "reviewed": ("low", "high", "review")}


# Limits


def test_a_limit_that_cannot_be_read_is_refused_by_line(tmp_path):
    assert set(publish_limits(RULES)) == set(CHECKS)
    file = tmp_path / "publish_limits.csv"
    for row, told in {"fewer_cats,0.1": "no check fewer_cats", "fewer_customers,often": "max_value is often", "fewer_customers,10": "max_value is 10"}.items():
        file.write_text(f"check,max_value\n{row}\n", encoding="utf-8")
        with pytest.raises(UsageError, match=f"line 2: .*{told}"):
            publish_limits(tmp_path)


def levels(files, **known):
    """What the publication before had found; a check → subject and level."""
    files.execute(
        "create table before.main.publication_checks (publication_id bigint, check_name varchar, subject varchar, level decimal(18, 6), is_accepted boolean)"
    )
    for check, (subject, level) in known.items():
        files.execute("insert into before.main.publication_checks values (7, ?, ?, ?, false)", [check, subject, level])


def customers(files, number):
    files.execute("insert into published.main.customer_tier select range::varchar, 'low', 'earned', null from range(?)", [number])


def quarantined(files, rows, amount=0):
    """Of 200 order lines, each worth 1."""
    files.execute("create or replace table published.main.data_quality (table_name varchar, currency varchar, outcome varchar, reason varchar, row_count bigint, amount decimal(18, 4))")
    files.execute("insert into published.main.data_quality values ('order_items', 'USD', 'accepted', null, ?, ?)", [200 - rows, 200 - amount])
    files.execute("insert into published.main.data_quality values ('order_items', 'USD', 'quarantined', 'orphan', ?, ?)", [rows, amount])


def orders(files, before, now):
    files.execute("create or replace table warehouse.main.int_orders as select 'completed' as status, date '2024-02-10' as ordered_on from range(?)", [before])
    files.execute("insert into warehouse.main.int_orders select 'completed', date '2024-02-20' from range(?)", [now])


def costs(files, share_without):
    files.execute("insert into warehouse.main.int_purchase_days select date '2024-02-01', 1, 100, ? from range(100)", [100 - share_without])


def record(files, *accepted, has_before=True, **limits):
    """Publishes under these limits alone; returns what it warned of."""
    publication = Publication({}, "as before", limits, accepted)
    publication.record(files, has_before)
    return publication.warnings


@pytest.mark.parametrize(
    ("check", "before", "arrange", "no_sign", "sign"),
    [
        ("quarantined_rows", ("order_items", 0.5), quarantined, (119,), (120,)),
        ("quarantined_amount", ("order_items in USD", 0.5), quarantined, (100, 119), (100, 120)),
        ("fewer_customers", (None, 100), customers, (81,), (80,)),
        ("fewer_recent_orders", (None, 0), orders, (39, 20), (39, 19)),
        ("revenue_without_cost", (None, 0.5), costs, (69,), (70,)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("is_sign", [False, True], ids=["19 are no sign", "20 are one"])
def test_a_change_is_a_sign_from_20_rows_customers_or_orders_on(files, check, before, arrange, no_sign, sign, is_sign):
    """However many there were before."""
    levels(files, **{check: before})
    arrange(files, *(sign if is_sign else no_sign))
    if is_sign:
        with pytest.raises(TiersError, match=f"publish limit {check}: .* and the limit is 5.0%; --accept {check} publishes it once"):
            record(files, **{check: 0.05})
    else:
        assert record(files, **{check: 0.05}) == []


def test_a_change_up_to_its_limit_is_published_and_told_of_when_it_comes_near(files):
    levels(files, quarantined_rows=("order_items", 0.1))
    quarantined(files, 60)
    for limit, told in {0.3: [], 0.24: ["mostly as orphan: 20.0%, and the limit is 24.0%"], 0.2: ["20.0%, and the limit is 20.0%"]}.items():
        files.execute("begin")
        warnings = record(files, quarantined_rows=limit)
        assert [text in warning for text, warning in zip(told, warnings, strict=True)] == [True] * len(told), warnings
        files.execute("rollback")
    assert "it was let through" in record(files, "quarantined_rows", quarantined_rows=0.19)[0]


def test_a_first_publication_is_held_to_how_much_is_quarantined_at_all(files):
    """There is nothing to compare it with, but a table that is mostly unusable is one that was misread."""
    files.execute("detach before")
    limits = {"quarantined_at_first": 0.5, "quarantined_rows": 0.05, "fewer_customers": 0.1, "revenue_without_cost": 0.1}
    costs(files, 100)
    quarantined(files, 101)
    files.execute("begin")
    with pytest.raises(TiersError, match="^publish limit quarantined_at_first: so much of order_items is quarantined, mostly as orphan: 50.5%, and the limit is 50.0%"):
        record(files, has_before=False, **limits)
    files.execute("rollback")
    quarantined(files, 100)
    record(files, has_before=False, **limits)


def test_a_later_publication_may_have_as_much_in_quarantine_as_the_one_before(files):
    levels(files, quarantined_rows=("order_items", 0.9))
    quarantined(files, 180)
    assert record(files, quarantined_at_first=0.5, quarantined_rows=0.05) == []


def test_a_file_that_was_not_published_is_not_replaced(tmp_path):
    own = tmp_path / "own.duckdb"
    check_replaceable(own)
    with duckdb.connect(str(own)) as connection:
        connection.execute("create table customer_tier as select 1 as mine")
    with pytest.raises(UsageError, match="not published by tiers"):
        check_replaceable(own)
    with duckdb.connect(str(own)) as connection:
        connection.execute("create table data_quality as select 1 as mine; create schema raw; create table raw.orders as select 1 as id")
    with pytest.raises(UsageError, match="not published by tiers"):
        check_replaceable(own)
    (tmp_path / "notes.txt").write_text("notes", encoding="utf-8")
    with pytest.raises(UsageError, match="is no DuckDB file"):
        check_replaceable(tmp_path / "notes.txt")


# The way back


@pytest.fixture
def publish_tier(tmp_path):
    """Publishes, by hand, a file in which the one customer has a tier and so many of 100 order lines are quarantined."""
    warehouse = tmp_path / "w.duckdb"

    def run(tier: str, quarantined: int = 0) -> None:
        warehouse.unlink(missing_ok=True)
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute(
                f"""
                create table int_as_of as select date '2024-02-20' as as_of_date;
                create table int_orders as select 'completed' as status, date '2024-02-01' as ordered_on where false;
                create table int_purchase_days as select date '2024-02-01' as business_date, 1 as orders, 1 as net, 1 as net_of_known_cost where false;
                create table tiers as from (values ('low', '0'), ('high', '1')) as tiers (tier, tier_rank);
                create table tier_migration as select date '2024-01-31' as review_date;
                create table customer_tier as
                    select 'c' as customer_id, '{tier}' as tier, 'earned' as tier_source, date '2024-02-01' as tier_since, false as is_provisional;
                create table customer_tier_history as
                    select 'c' as customer_id, '{tier}' as tier, date '2024-02-01' as valid_from, null::date as valid_to, 'earned' as tier_source;
                create table data_quality as
                    select 'order_items' as table_name, null::varchar as currency, outcome, 'orphan' as reason, row_count, null::double as amount
                    from (values ('accepted', 100 - {quarantined}), ('quarantined', {quarantined})) as found (outcome, row_count);
                """
            )
        publication = Publication({}, "as before", {"quarantined_rows": 0.2})
        publish(warehouse, tmp_path / "p.duckdb", ["customer_tier", "customer_tier_history", "tier_migration", "data_quality"], publication.record)

    return run


def published_tier(folder):
    """What holds now: the publication, the one it returned to, the customer's tier."""
    with duckdb.connect(str(folder / "p.duckdb"), read_only=True) as connection:
        return connection.execute(
            "select publication_id, returned_to, (select tier from customer_tier) from publications order by publication_id desc limit 1"
        ).fetchall()[0]


def test_each_rollback_goes_one_publication_further_back(publish_tier, tmp_path):
    for tier in ("first", "second", "third"):
        publish_tier(tier)
    assert roll_back(tmp_path / "p.duckdb") == 2
    assert published_tier(tmp_path) == (4, 2, "second")
    assert roll_back(tmp_path / "p.duckdb") == 1
    assert published_tier(tmp_path) == (5, 1, "first")
    with pytest.raises(UsageError, match="no older publication"):
        roll_back(tmp_path / "p.duckdb")
    # and to any that is named, returns too: 4 holds what 2 did
    assert roll_back(tmp_path / "p.duckdb", 4) == 4
    assert published_tier(tmp_path) == (6, 2, "second")
    publish_tier("seventh")
    assert roll_back(tmp_path / "p.duckdb") == 6
    assert roll_back(tmp_path / "p.duckdb") == 1
    with duckdb.connect(str(tmp_path / "p.duckdb"), read_only=True) as connection:
        feed = connection.execute("select publication_id, from_tier, to_tier from tier_changes order by all").fetchall()
    assert [(row[1], row[2]) for row in feed] == [
        ("first", "second"), ("second", "third"), ("third", "second"), ("second", "first"),
        ("first", "second"), ("second", "seventh"), ("seventh", "second"), ("second", "first"),
    ]  # fmt: skip


def test_the_next_refresh_is_compared_with_what_holds_after_a_rollback(publish_tier, tmp_path):
    publish_tier("low", quarantined=0)
    publish_tier("low", quarantined=20)
    publish_tier("low", quarantined=40)
    roll_back(tmp_path / "p.duckdb", 1)
    with pytest.raises(TiersError, match="quarantined_rows: .*: 40.0%, and the limit is 20.0%"):
        publish_tier("low", quarantined=40)
    assert published_tier(tmp_path)[0] == 4


def test_a_week_of_older_publications_is_kept(publish_tier, tmp_path):
    for _ in range(KEPT + 3):
        publish_tier("low")
    assert list(versions(tmp_path / "p.duckdb")) == list(range(KEPT + 3, 2, -1))
    with pytest.raises(UsageError, match="publication 2 of .* is not kept; there are 10, 9, 8, 7, 6, 5, 4, 3"):
        roll_back(tmp_path / "p.duckdb", 2)


def damages(file: Path) -> dict[str, bytes | None]:
    """A published file as it must not be: nobody can open it, or not read it to its end, or it is gone."""
    good = file.read_bytes()
    with duckdb.connect(str(file), read_only=True) as connection:
        (block,) = connection.execute("select max(block_id) from pragma_storage_info('customer_tier')").fetchall()[0]
    start = 3 * 4096 + block * 262144  # three headers, then blocks
    return {"empty": b"", "cut off": good[:20_000], "text": b"sorry", "no data": good[:start] + bytes(1000) + good[start + 1000 :], "gone": None}


@pytest.mark.parametrize("damage", ["empty", "cut off", "text", "no data", "gone"])
def test_a_damaged_publication_is_put_right(publish_tier, tmp_path, damage):
    """By a rollback, or by the next refresh; the numbers and the feed go on as if nothing had been."""
    published = tmp_path / "p.duckdb"
    publish_tier("low")
    publish_tier("high")
    bad = damages(published)[damage]

    def break_it():
        published.unlink()
        if bad is not None:
            published.write_bytes(bad)

    break_it()
    assert roll_back(published) == 2
    assert published_tier(tmp_path) == (3, 2, "high")
    break_it()
    check_replaceable(published)
    publish_tier("low")
    assert published_tier(tmp_path) == (4, None, "low")
    with duckdb.connect(str(published), read_only=True) as connection:
        feed = connection.execute("select publication_id, from_tier, to_tier from tier_changes order by all").fetchall()
    assert feed == [(2, "low", "high"), (4, "high", "low")]


# Limits, on real refreshes


def test_nothing_beyond_a_limit_is_published_until_it_is_accepted(tiers, tmp_path):
    """Half of a file missing, all costs missing, a rate off by 100: each after the same good night."""
    good, raw, published = tmp_path / "good", tmp_path / "raw", tmp_path / "published/customer_tiers.duckdb"
    generate(400, 14, 5, good)
    raw.mkdir()
    usual = {folder.name: f"(from '{folder}/*.parquet')" for folder in good.iterdir() if folder.name != "planted"}

    def refresh(*arguments, **changed):
        with duckdb.connect() as connection:
            for table, rows in {**usual, **changed}.items():
                connection.execute(f"copy {rows} to '{raw}/{table}.parquet'")
        return tiers("refresh", "--raw", raw, *arguments, cwd=tmp_path)

    def tiers_published():
        with duckdb.connect(str(published), read_only=True) as connection:
            return dict(connection.execute("select customer_id, tier from customer_tier").fetchall())

    assert refresh().returncode == 0
    before, tiers_before = published.read_bytes(), tiers_published()
    worthless = f"(select * replace (if(currency = 'EUR', 0.01, 1) * rate_to_reporting as rate_to_reporting) from {usual['exchange_rates']})"
    for check, changed in {
        "quarantined_rows": {"orders": f"(from {usual['orders']} where hash(order_id) % 2 = 0)"},
        "revenue_without_cost": {
            "order_items": f"(select * exclude (unit_cost) from {usual['order_items']})",
            "products": f"(select * exclude (unit_cost) from {usual['products']})",
        },
        "restated_customers": {"exchange_rates": worthless},
    }.items():
        done = refresh(**changed)
        assert done.returncode == 1 and done.stdout == "", check
        assert f"publish limit {check}: " in done.stderr and f"--accept {check}" in done.stderr, done.stderr
        assert published.read_bytes() == before, check
    assert sorted(file.name for file in published.parent.iterdir()) == [f".{published.name}.versions", published.name]

    done = refresh("--accept", "restated_customers", exchange_rates=worthless)
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(published), read_only=True) as connection:
        assert connection.execute("select publication_id, check_name from publication_checks where is_accepted").fetchall() == [(2, "restated_customers")]
        told = connection.execute("select customer_id, from_tier, to_tier, cause from tier_changes").fetchall()
    tiers_after = tiers_published()
    assert {row[0]: row[1:3] for row in told} == {
        customer: (tiers_before.get(customer), tiers_after.get(customer))
        for customer in tiers_before.keys() | tiers_after.keys()
        if tiers_before.get(customer) != tiers_after.get(customer)
    }
    assert Counter(row[3] for row in told).most_common(1)[0][0] == "restated"

    # what was let through is the new measure
    assert refresh(exchange_rates=worthless).returncode == 0
    assert tiers("refresh", "--accept", "everything", cwd=tmp_path).returncode == 2

    # the way back: the numbers go on, and the feed tells what was taken back
    done = tiers("rollback", "--to", 1, cwd=tmp_path)
    assert done.returncode == 0 and tiers_published() == tiers_before, done.stderr
    with duckdb.connect(str(published), read_only=True) as connection:
        assert connection.execute("select list(publication_id order by publication_id) from publications").fetchall() == [([1, 2, 3, 4],)]
        back = connection.execute("select customer_id, from_tier, to_tier from tier_changes where publication_id = 4").fetchall()
    assert set(back) == {(customer, latest, earlier) for customer, earlier, latest, _ in told}
    done = tiers("rollback", "--to", 9, cwd=tmp_path)
    assert done.returncode == 2 and "is not kept; there are 4, 3, 2, 1" in done.stderr

    # health
    done = tiers("status", "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["publication_id"] == 4 and sum(found["customers"].values()) == len(tiers_before)
    assert found["tier_changes"] == {"restated": len(back)} and found["running_refresh"] is None
    with only_refresh(tmp_path / "warehouse/customer_tiers.duckdb"):
        assert json.loads(tiers("status", "--json", cwd=tmp_path).stdout)["running_refresh"] == os.getpid()
    for option, told_so in {"--max-age": "hours ago", "--max-data-age": "days ago"}.items():
        done = tiers("status", option, 0, cwd=tmp_path)
        assert done.returncode == 4 and told_so in done.stderr.splitlines()[-1], option


def test_the_status_of_what_was_never_published_is_one_line(tiers, tmp_path):
    done = tiers("status", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1) and "nothing has been published yet" in done.stderr
    done = tiers("rollback", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1) and "nothing has been published yet" in done.stderr
