"""The made-up shop: the same rows for the same arguments, all that a shop has, and the truths planted in it."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from tiers import generate as module
from tiers.errors import UsageError
from tiers.generate import generate
from tiers.raw import declared_columns, show_raw_files

KEYS = {table: [name for name, meta in columns.items() if meta.get("key")] for table, columns in declared_columns().items()}
PLANTED = {"product_pairs", "refilled_products", "campaigns", "regulars"}

# What staging can say of a row, table by table; of a repaired row in the second line.
REASONS = {
    "customers": "missing_key unparseable_loaded_at",
    "customers accepted": "unknown_customer_type unparseable_signed_up_at unknown_merged_into",
    "products": "missing_key unparseable_valid_from unparseable_unit_cost unparseable_loaded_at out_of_range_unit_cost",
    "products accepted": "unparseable_is_flagship",
    "orders": "missing_key missing_ordered_at missing_status missing_currency unparseable_ordered_at unparseable_shipping_cost"
    " unparseable_loaded_at unknown_status out_of_range_shipping_cost missing_exchange_rate future_dated",
    "orders accepted": "missing_customer",
    "order_items": "missing_key missing_quantity missing_unit_price unparseable_line_number unparseable_quantity unparseable_unit_price"
    " unparseable_discount_amount unparseable_unit_cost unparseable_loaded_at out_of_range_line_number out_of_range_quantity"
    " out_of_range_unit_price out_of_range_discount_amount out_of_range_unit_cost orphan",
    "refunds": "missing_key missing_order_id missing_refunded_at missing_refund_amount unparseable_refunded_at unparseable_refund_amount"
    " unparseable_line_number unparseable_returned_quantity unparseable_loaded_at out_of_range_refund_amount out_of_range_line_number"
    " out_of_range_returned_quantity missing_exchange_rate orphan future_dated",
    "interactions": "missing_key missing_customer_id missing_occurred_at missing_channel missing_interaction_type unparseable_occurred_at"
    " unparseable_handling_cost unparseable_loaded_at out_of_range_handling_cost future_dated",
    "interactions accepted": "unknown_channel unknown_interaction_type unknown_direction unparseable_satisfaction_score"
    " out_of_range_satisfaction_score",
    "campaign_members": "missing_key missing_assigned_at missing_member_group unparseable_assigned_at unparseable_loaded_at"
    " unknown_member_group",
    "assessments": "missing_key missing_customer_id missing_assessed_on missing_criterion missing_score unparseable_assessed_on"
    " unparseable_score unparseable_loaded_at unknown_criterion out_of_range_score",
    "exchange_rates": "missing_key missing_rate_to_reporting unparseable_valid_from unparseable_rate_to_reporting unparseable_loaded_at"
    " out_of_range_rate_to_reporting",
    "tier_overrides": "missing_key missing_tier missing_reason missing_approved_by unparseable_valid_from unparseable_valid_to"
    " unparseable_loaded_at unknown_tier",
}


class Shop:
    """The tables of a raw directory, as a refresh sees them; in the schema `newest`, only the last version of each row."""

    def __init__(self, raw: Path) -> None:
        self.raw = raw
        self.connection = duckdb.connect()
        show_raw_files(self.connection, raw)
        self.connection.execute("create schema newest; create schema planted")
        for table, keys in KEYS.items():
            self.connection.execute(
                f"create table newest.{table} as from (select distinct * from raw.{table})"
                f" qualify row_number() over (partition by {', '.join(keys)} order by loaded_at desc) = 1"
            )
        for truth in PLANTED:
            self.connection.execute(f"create view planted.{truth} as from '{raw}/planted/{truth}/*.parquet'")

    def rows(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()

    def row(self, sql: str) -> tuple:
        (row,) = self.rows(sql)
        return row

    def content(self) -> dict[str, list[tuple]]:
        return {name: self.rows(f"from {name} order by all") for name in [*(f"raw.{table}" for table in KEYS), *(f"planted.{truth}" for truth in PLANTED)]}


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Shop:
    out = tmp_path_factory.mktemp("small") / "raw"
    generate(500, 24, 7, out)
    return Shop(out)


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Shop:
    """A shop large enough for chance to even out."""
    out = tmp_path_factory.mktemp("shop") / "raw"
    generate(5_000, 36, 1, out)
    return Shop(out)


# The files


@pytest.mark.parametrize("dirty", [False, True])
def test_same_arguments_same_rows_whatever_the_chunks(small, dirty, tmp_path, monkeypatch):
    rows = generate(500, 24, 7, tmp_path / "once", dirty=dirty)
    content = Shop(tmp_path / "once").content()
    assert rows == {table: len(content[f"raw.{table}"]) for table in KEYS}
    assert (content == small.content()) is not dirty
    monkeypatch.setattr(module, "CHUNK", 130)
    done = []
    generate(500, 24, 7, tmp_path / "raw", lambda *progress: done.append(progress), dirty)
    assert done == [(130, 500), (260, 500), (390, 500), (500, 500)]
    assert Shop(tmp_path / "raw").content() == content


def test_another_seed_is_another_shop(small, tmp_path):
    generate(500, 24, 8, tmp_path / "raw")
    other = Shop(tmp_path / "raw").content()
    same = {name for name, content in small.content().items() if content == other[name]}
    assert same == {"planted.product_pairs", "planted.refilled_products", "planted.campaigns"}


@pytest.mark.parametrize("table", KEYS)
def test_columns_are_those_of_the_contract(small, table):
    for file in ("part", "other"):
        names = [name for name, *_ in small.rows(f"describe from '{small.raw}/{table}/{file}-*.parquet'")]
        assert names == list(declared_columns()[table])


@pytest.mark.parametrize("customers", [1, 2, 60])
def test_the_smallest_shop_has_every_table(customers, tmp_path):
    assert generate(customers, 1, 1, tmp_path, dirty=True)["customers"] >= customers
    assert {path.name for path in tmp_path.iterdir()} == {*KEYS, "planted"}
    assert Shop(tmp_path).rows("from raw.products")


def test_refuses_what_makes_no_sense(small, tmp_path):
    before = small.content()
    with pytest.raises(UsageError, match="is not an empty folder"):
        generate(500, 24, 8, small.raw)
    assert Shop(small.raw).content() == before
    for customers, months in [(0, 1), (1, 0)]:
        with pytest.raises(UsageError, match="at least 1"):
            generate(customers, months, 1, tmp_path / "raw")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_nothing_behind(tmp_path):
    def fail(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(5, 1, 1, tmp_path / "raw", fail)
    assert list(tmp_path.iterdir()) == []


# What a shop has


def test_every_reference_is_known_and_nothing_is_dated_ahead(shop):
    shop.connection.execute("set schema = 'newest'")
    line = "order_items join orders using (order_id)"
    for wrong in (
        "orders anti join customers using (customer_id) where customer_id is not null",
        "order_items anti join orders using (order_id)",
        "order_items anti join products using (product_id)",
        "refunds anti join orders using (order_id)",
        "refunds anti join order_items using (order_id, line_number) where line_number is not null",
        "interactions anti join customers using (customer_id)",
        "interactions join customers using (customer_id) where referred_by = customer_id or referred_customer_id = customer_id",
        "(select referred_customer_id as customer_id from interactions where referred_customer_id is not null) anti join customers using (customer_id)",
        "campaign_members anti join customers using (customer_id)",
        "interactions anti join campaign_members using (campaign_id, customer_id) where campaign_id is not null",
        "campaign_members join interactions using (campaign_id, customer_id) where member_group = 'control' or occurred_at < assigned_at",
        "tier_overrides anti join customers using (customer_id)",
        "assessments join customers using (customer_id) where customer_type <> 'company'",
        "customers as a join customers as b on b.customer_id = a.merged_into where b.merged_into is not null",
        "customers where signed_up_at > loaded_at",
        "orders where ordered_at > loaded_at or ordered_at not between '2022-01-05' and '2025-01-05'",
        "refunds join orders using (order_id) where refunded_at < ordered_at or refunded_at > refunds.loaded_at or refunded_at > '2025-01-05'",
        "refunds join order_items using (order_id, line_number) where returned_quantity > quantity or refund_amount > quantity * unit_price",
        "interactions where occurred_at > loaded_at or occurred_at > '2025-01-05'",
        f"{line} where quantity <= 0 or discount_amount >= quantity * unit_price or unit_cost >= unit_price",
        f"{line} asof join exchange_rates on orders.currency = exchange_rates.currency and ordered_at >= valid_from"
        " where unit_price * rate_to_reporting not between 4 and 500",
        "tier_overrides where valid_to < valid_from",
        "(select customer_id, ordered_at from orders where customer_id is not null group by all having count(*) > 1)",
    ):
        assert shop.rows(f"from {wrong}") == [], wrong
    shop.connection.execute("set schema = 'main'")


def test_there_is_some_of_everything(shop):
    accepted = declared_columns()
    for table, columns in accepted.items():
        for column, meta in columns.items():
            if "values" in meta:
                found = {row[0] for row in shop.rows(f"select distinct {column} from newest.{table}")} - {None}
                assert found == set(meta["values"]), (table, column)
    for share, least, most in (
        ("select avg((currency <> 'USD')::int) from newest.orders", 0.2, 0.6),
        ("select avg((customer_id is null)::int) from newest.orders", 0.005, 0.03),
        ("select avg((merged_into is not null)::int) from newest.customers", 0.003, 0.01),
        ("select (select count(*) from newest.refunds) / (select count(*) from newest.orders)", 0.02, 0.08),
        ("select avg((line_number is null)::int) from newest.refunds", 0.2, 0.6),
        ("select avg((monthname(refunded_at) <> monthname(ordered_at))::int) from newest.refunds join newest.orders using (order_id)", 0.2, 0.8),
        ("select avg((loaded_at > ordered_at + interval 1 day)::int) from newest.orders", 0.01, 0.06),
        ("select count(distinct assessments.customer_id) / count(distinct customers.customer_id) from newest.customers left join newest.assessments"
         " using (customer_id) where customer_type = 'company'", 0.1, 0.5),
        ("select count(*) / 5000 from newest.tier_overrides", 0.001, 0.02),
        # November sells more than February
        ("select avg((month(ordered_at) = 11)::int) / avg((month(ordered_at) = 2)::int) from newest.orders", 1.3, 3),
    ):  # fmt: skip
        assert least < shop.row(share)[0] < most, share


def test_rates_differ_and_customers_leave(shop):
    """Half of the buyers have one or two orders, a tenth many; most of those who came in the first year have left."""
    assert shop.row(
        """
        select median(orders) <= 4, quantile_disc(orders, 0.95) >= 25, avg((gone)::int) filter (began < '2023-01-05') > .5
        from (
            select count(*) as orders, min(ordered_at) as began, max(ordered_at) < '2024-07-05' as gone
            from newest.orders where customer_id is not null group by customer_id
        )
        """
    ) == (True, True, True)


@pytest.mark.parametrize("table", ["customers", "orders", "order_items", "refunds", "interactions", "campaign_members"])
def test_rows_come_twice_and_are_corrected(shop, table):
    """Some rows are exact copies; of some keys a later row says something else, and never two of one moment."""
    keys = ", ".join(KEYS[table])
    copies, corrected, disputed = shop.row(
        f"""
        select sum(sent - versions), count(*) filter (versions > 1), count(*) filter (versions > moments)
        from (
            select count(*) as sent, count(distinct version) as versions, count(distinct loaded_at) as moments
            from (select {keys}, loaded_at, rows::varchar as version from raw.{table} as rows)
            group by {keys}
        )
        """
    )
    assert copies > 0 and corrected > 0 and disputed == 0


# What models have to find


def test_regulars_come_on_their_rhythm_and_some_have_stopped(shop):
    """Whoever has stopped was silent for at least two rhythms and a half, and eleven weeks, at the end."""
    regulars, stopped, complained, least_orders = shop.row(
        "select count(*), count(*) filter (has_stopped), count(*) filter (complained), min(orders) from planted.regulars"
    )
    assert regulars > 60 and 0.3 < stopped / regulars < 0.7 and 0.3 < complained / stopped < 0.7 and least_orders >= 8
    off, own = shop.row(
        """
        select max(abs(date_diff('day', first_order_on, ordered_at) / rhythm_days - nth + 1)), bool_and(visits = orders)
        from (
            select *, row_number() over (partition by customer_id order by ordered_at) as nth, count(*) over (partition by customer_id) as visits
            from newest.orders
        )
        join planted.regulars using (customer_id)
        """
    )
    assert off <= 0.3 and own
    assert shop.row(
        """
        select
            min((date '2025-01-05' - last_order_on) / rhythm_days) filter (has_stopped) >= 2.5,
            min(date '2025-01-05' - last_order_on) filter (has_stopped) >= 75,
            max((date '2025-01-05' - last_order_on) / rhythm_days) filter (not has_stopped) <= 1.4
        from planted.regulars
        """
    ) == (True, True, True)


def test_some_who_stopped_had_complained(shop):
    """At the last three orders, and not satisfied; before that they were as content as anybody."""
    assert shop.row(
        """
        select
            count(*) = 3 * count(distinct customer_id) and count(distinct customer_id) = (select count(*) from planted.regulars where complained),
            avg(satisfaction_score) < 2
        from newest.interactions join planted.regulars using (customer_id)
        where complained and interaction_type = 'complaint' and interaction_id in (
            select 'IO' || order_id[2:]::int from newest.orders
            qualify row_number() over (partition by customer_id order by ordered_at desc) <= 3
        )
        """
    ) == (True, True)
    assert shop.row(
        """
        select avg(satisfaction_score) > 3.5
        from newest.interactions join planted.regulars using (customer_id)
        where complained and occurred_at < last_order_on - (3 * rhythm_days)::int
        """
    ) == (True,)


LINES = "(select distinct order_id, product_id from newest.order_items)"


def test_planted_pairs_are_the_only_ones_bought_together(shop):
    """Of all pairs with a support of 0.5 % or more, those with a lift of 3 or more are the planted ones."""
    found = shop.rows(
        f"""
        with line as (from {LINES}),
        bought as (select product_id, count(*) / (select count(*) from newest.orders) as share from line group by all),
        together as (
            select a.product_id as first, b.product_id as second, count(*) / (select count(*) from newest.orders) as support
            from line as a join line as b using (order_id)
            where a.product_id < b.product_id group by all
        )
        select first, second
        from together join bought as a on first = a.product_id join bought as b on second = b.product_id
        where support >= 0.005 and support / a.share / b.share >= 3
        order by all
        """
    )
    assert found == shop.rows("from planted.product_pairs order by all") and len(found) == 5


def test_refilled_products_are_the_only_ones_bought_on_a_rhythm(shop):
    """The middle half of the days between two purchases of one customer lies within a fifth of their median, the cycle."""
    found = shop.rows(
        f"""
        select product_id, median(gap)
        from (
            select product_id, date_diff('day', lag(ordered_at) over (partition by customer_id, product_id order by ordered_at), ordered_at) as gap
            from {LINES} join newest.orders using (order_id) where customer_id is not null
        )
        group by product_id
        having count(gap) >= 30 and quantile_cont(gap, 0.75) - quantile_cont(gap, 0.25) < 0.4 * median(gap)
        """
    )
    planted = dict(shop.rows("from planted.refilled_products"))
    assert {product for product, _ in found} == set(planted) and len(planted) == 4
    assert all(abs(days - planted[product]) <= 0.1 * planted[product] for product, days in found)


def test_a_message_brings_orders(shop):
    """Treatment and control order alike before the campaign; in the fortnight after it, treatment orders more."""
    before, after = shop.rows(
        """
        select
            is_after,
            avg(orders) filter (member_group = 'treatment') - avg(orders) filter (member_group = 'control') as effect,
            sqrt(var_samp(orders) filter (member_group = 'treatment') / count(*) filter (member_group = 'treatment')
                + var_samp(orders) filter (member_group = 'control') / count(*) filter (member_group = 'control')) as error
        from (
            select member_group, is_after, count(order_id) as orders
            from newest.campaign_members as member
            cross join (values (false), (true)) as sides(is_after)
            left join newest.orders on orders.customer_id = member.customer_id
                and if(is_after, ordered_at between assigned_at and assigned_at + interval 14 day, ordered_at between assigned_at - interval 14 day and assigned_at)
            group by member.campaign_id, member.customer_id, member_group, is_after
        )
        group by is_after order by is_after
        """
    )
    assert abs(before[1]) < 3 * before[2]
    assert after[1] > 3 * after[2] and 0.05 < after[1] < shop.row("select min(orders_more) from planted.campaigns")[0]


# Dirt


def test_a_dirty_shop_shows_every_reason_and_is_graded_as_a_clean_one(tiers, tmp_path):
    """Clean one night, dirty the next: it is published without any limit being met, and no fact and nobody's tier changes."""
    graded = {}
    for options in ([], ["--dirty"]):
        shutil.rmtree(tmp_path / "raw", ignore_errors=True)
        for command in (
            ["generate", "--customers", 400, "--months", 20, "--seed", 3, "--out", "raw", *options],
            ["refresh", "--raw", "raw", "--warehouse", "w.duckdb", "--publish", "p.duckdb", "--json"],
        ):
            done = tiers(*command, cwd=tmp_path)
            assert done.returncode == 0, done.stderr
        for file, tables in {
            "w.duckdb": ("fct_customer_rfm", "fct_customer_profit", "fct_customer_engagement", "fct_tier_reviews"),
            "p.duckdb": ("customer_tier", "customer_tier_history", "tier_migration", "customer_classes"),
        }.items():
            with duckdb.connect(str(tmp_path / file), read_only=True) as connection:
                for table in tables:
                    graded.setdefault(table, []).append(connection.execute(f"from {table} order by all").fetchall())
    assert [table for table, (clean, dirty) in graded.items() if clean != dirty] == []

    summary = json.loads(done.stdout)
    found: dict[str, set[str]] = {}
    for row in summary["data_quality"]:
        if row["reason"]:
            name = row["table_name"] + (" accepted" if row["outcome"] == "accepted" else "")
            found.setdefault(name, set()).add(row["reason"])
    assert found == {name: set(reasons.split()) for name, reasons in REASONS.items()}
    bad, rows = (sum(row["row_count"] for row in summary["data_quality"] if row["outcome"] in of) for of in ({"quarantined"}, {"quarantined", "accepted"}))
    assert bad < 0.02 * rows
