"""What a publication changed and why, and that one which changes too much stays in."""

import datetime
import json
import os
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from tiers.errors import UsageError
from tiers.generate import generate
from tiers.publications import CHECKS, Publication, publish_limits
from tiers.publish import check_replaceable
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
            create table warehouse.main.int_purchase_days as select date '2024-02-01' as business_date, 1 as net, 1 as net_of_known_cost where false;
            create table warehouse.main.tiers as from (values ('low', '0'), ('high', '1')) as tiers (tier, tier_rank);
            create table published.main.data_quality as
                select 'orders' as table_name, null::varchar as currency, 'accepted' as outcome, 100 as row_count, null::decimal(18, 4) as amount;
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
    assert [file.name for file in published.parent.iterdir()] == [published.name]

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
    assert done.returncode == 2 and "is not kept; there are 3, 2, 1" in done.stderr

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
