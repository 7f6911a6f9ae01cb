"""What sells together and what to offer next: planted pairs and refills are found, and odd data has a documented answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tiers.generate import generate
from warehouse import Dbt, Warehouse

MODELS = ["+customer_clusters", "+product_affinity", "+next_best_product"]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Iterator[Dbt]:
    with Dbt(tmp_path_factory.mktemp("cross-selling")) as ready:
        yield ready


# The made-up shop


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("shop") / "raw"
    generate(2_000, 24, 3, folder)
    return folder


@pytest.fixture(scope="module")
def shop(project, raw) -> Warehouse:
    return project.warehouse("shop").refresh(raw, {}, {}, select=MODELS)


def planted(shop: Warehouse, raw: Path, truth: str, columns: str) -> set[tuple]:
    return set(shop.query(f"select {columns} from '{raw}/planted/{truth}/*.parquet'"))


def test_the_planted_pairs_are_the_ones_that_sell_together(shop, raw):
    pairs = planted(shop, raw, "product_pairs", "product_id, other_product_id")
    strongest = shop.query("select product_id, other_product_id from product_affinity where product_id < other_product_id order by lift desc limit 5")
    assert len(pairs) == 5 and set(strongest) == pairs
    assert min(lift for (lift,) in shop.query("select lift from product_affinity order by lift desc limit 10")) > 5


def test_who_bought_half_of_a_pair_is_offered_the_other(shop, raw):
    """Each pair both ways round; nothing planted speaks for anything else."""
    pairs = planted(shop, raw, "product_pairs", "product_id, other_product_id")
    offers = shop.query("select because_of_product_id, product_id from next_best_product where kind = 'cross_sell'")
    assert len(offers) > 500
    in_pairs = [offer for offer in offers if offer in pairs or offer[::-1] in pairs]
    assert len(in_pairs) > 0.9 * len(offers)


def test_refills_are_offered_to_the_regulars_who_are_due(shop, raw):
    """Recall among the regulars who are there still and due within two weeks; precision among all that is offered as a refill."""
    regulars = planted(shop, raw, "regulars", "customer_id, product_id, has_stopped")
    refills = set(shop.query("select customer_id, product_id from next_best_product where kind = 'replenish'"))
    due = {
        row
        for row in shop.query(
            """
            select customer_id, product_id from int_customer_products cross join int_as_of
            where days_bought >= 3 and as_of_date + 14 >= last_bought_on + (last_bought_on - first_bought_on) / (days_bought - 1)
            """
        )
    }
    there_still = {(customer, product) for customer, product, has_stopped in regulars if not has_stopped}
    assert len(there_still & due) >= 10
    assert len(refills & there_still) >= 0.95 * len(there_still & due)
    stopped = {(customer, product) for customer, product, has_stopped in regulars if has_stopped}
    assert len(refills & stopped) <= 0.1 * len(stopped)


# Odd data


ORDERS = [
    {"order_id": f"{customer}{month}", "customer_id": customer, "ordered_at": f"2024-{month:02}-05", "status": "completed", "currency": "USD"}
    for customer in "ABCDEFGH"
    for month in range(1, 7)
]


def raw_rows(bought: list[str | None], orders: list[dict] = ORDERS, **tables: list[dict]) -> dict[str, list[dict]]:
    items = [
        {"order_id": order["order_id"], "line_number": str(number), "quantity": "1", "unit_price": "10", "product_id": product}
        for order in orders
        for number, product in enumerate(bought, 1)
    ]
    return {"orders": orders, "order_items": items, **tables}


CASES = {
    "one product": (raw_rows(["P1"]), 0, {"replenish"}, 1),
    "every order the same": (raw_rows(["P1", "P2"]), 0, {"replenish"}, 1),
    "the same product twice in an order": (raw_rows(["P1", "P1"]), 0, {"replenish"}, 1),
    "no product is known": (raw_rows([None, None]), 0, set(), 1),
    "one order": (raw_rows(["P1", "P2"], ORDERS[:1]), 0, set(), 1),
    "one customer": (raw_rows(["P1", "P2"], ORDERS[:6]), 0, {"replenish"}, 1),
    "goods given away": (raw_rows(["P1"]) | {"order_items": [row | {"unit_price": "0"} for row in raw_rows(["P1"])["order_items"]]}, 0, {"replenish"}, 1),
    "no review": (raw_rows(["P1"], [order | {"status": "cancelled"} for order in ORDERS]), 0, set(), 0),
    "products without a category": (raw_rows(["P1", "P2"], products=[{"product_id": "P1"}, {"product_id": "P2"}]), 0, {"replenish"}, 1),
}


@pytest.mark.parametrize("case", CASES)
def test_odd_data_have_an_answer(project, case):
    rows, pairs, kinds, clusters = CASES[case]
    built = project.warehouse("odd").refresh(rows, {}, {"as_of_date": "2024-06-30"}, select=MODELS)
    assert built.query("select count(*) from product_affinity") == [(pairs,)]
    assert {kind for (kind,) in built.query("select distinct kind from next_best_product")} == kinds
    assert built.query("select count(*), count(silhouette) from customer_clusters") == [(clusters, 0)]
    assert built.query("select count(*) from next_best_product where score is null or isnan(score::double)") == [(0,)]
