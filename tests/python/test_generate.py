import duckdb
import pytest

from tiers import generate as module
from tiers.errors import UsageError
from tiers.generate import generate

COLUMNS = {
    "customers": "customer_id customer_name customer_type industry region acquisition_channel referred_by"
    " signed_up_at merged_into opted_out_of loaded_at",
    "products": "product_id valid_from product_name category is_flagship unit_cost loaded_at",
    "orders": "order_id customer_id ordered_at status currency channel promotion_code shipping_cost loaded_at",
    "order_items": "order_id line_number quantity unit_price product_id discount_amount unit_cost loaded_at",
}
KEYS = {
    "customers": "customer_id",
    "products": "product_id, valid_from",
    "orders": "order_id",
    "order_items": "order_id, line_number",
}


def query(sql):
    with duckdb.connect() as con:
        return con.execute(sql).fetchall()


def tables(raw):
    return {table: query(f"from '{raw}/{table}/*.parquet' order by {key}") for table, key in KEYS.items()}


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    out = tmp_path_factory.mktemp("generate") / "raw"
    generate(500, 24, 7, out)
    return out


def test_same_arguments_same_rows(raw, tmp_path):
    rows = generate(500, 24, 7, tmp_path / "again")
    assert tables(tmp_path / "again") == tables(raw)
    assert rows == {table: len(content) for table, content in tables(raw).items()}
    generate(500, 24, 8, tmp_path / "other")
    assert tables(tmp_path / "other")["orders"] != tables(raw)["orders"]


def test_chunks_do_not_change_the_rows(raw, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 130)
    done = []
    generate(500, 24, 7, tmp_path / "raw", lambda *progress: done.append(progress))
    assert done == [(130, 500), (260, 500), (390, 500), (500, 500)]
    assert tables(tmp_path / "raw") == tables(raw)


@pytest.mark.parametrize("table", KEYS)
def test_columns_and_unique_keys(raw, table):
    files = f"'{raw}/{table}/*.parquet'"
    assert [name for name, *_ in query(f"describe from {files}")] == COLUMNS[table].split()
    assert query(f"select count(*) = count(distinct ({KEYS[table]})) from {files}") == [(True,)]


def test_every_reference_is_known_and_nothing_is_dated_ahead(raw):
    customers, products, orders, items = (f"'{raw}/{table}/*.parquet'" for table in KEYS)
    for wrong in (
        f"{orders} anti join {customers} using (customer_id)",
        f"{items} anti join {orders} using (order_id)",
        f"{items} anti join {products} using (product_id)",
        f"{customers} a join {customers} b on b.customer_id = a.merged_into where b.merged_into is not null",
        f"{customers} where signed_up_at > loaded_at",
        f"{orders} where ordered_at > loaded_at or ordered_at not between '2022-01-05' and '2024-01-05'",
        f"{items} where quantity <= 0 or discount_amount >= quantity * unit_price or unit_cost >= unit_price",
    ):
        assert query(f"from {wrong}") == [], wrong


def test_the_smallest_shop_has_every_table(tmp_path):
    assert generate(1, 1, 1, tmp_path)["customers"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(KEYS)
    assert tables(tmp_path)["products"]


def test_refuses_what_makes_no_sense(raw, tmp_path):
    before = tables(raw)
    with pytest.raises(UsageError, match="is not an empty folder"):
        generate(500, 24, 8, raw)
    assert tables(raw) == before
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
