"""What sells together and what to offer next: planted pairs and refills are found, and odd data has a documented answer."""

from __future__ import annotations

import pytest
from warehouse import Warehouse

MODELS = ["+customer_clusters", "+product_affinity", "+next_best_product"]


# The made-up shop


def planted(shop: Warehouse, truth: str, columns: str) -> set[tuple]:
    return set(shop.query(f"select {columns} from '{shop.raw}/planted/{truth}/*.parquet'"))


def test_the_planted_pairs_are_the_ones_that_sell_together(shop):
    pairs = planted(shop, "product_pairs", "product_id, other_product_id")
    found = shop.query("select product_id, other_product_id from product_affinity where product_id < other_product_id")
    assert len(pairs) == 5 and set(found) == pairs


def test_who_bought_one_of_a_pair_is_offered_the_other(shop):
    pairs = planted(shop, "product_pairs", "product_id, other_product_id")
    both_ways = pairs | {(other, one) for one, other in pairs}
    bought = set(shop.query("select customer_id, product_id from int_customer_products"))
    lacking = {(customer, other) for customer, product in bought for one, other in both_ways if one == product} - bought
    offers = shop.query("select customer_id, product_id, because_of_product_id from next_best_product where kind = 'cross_sell'")
    assert len(lacking) > 300
    assert len(lacking & {offer[:2] for offer in offers}) >= 0.9 * len(lacking)  # whom nothing else is due to
    assert all((because, product) in both_ways for _, product, because in offers)


def test_refills_are_offered_to_the_regulars_who_are_due_and_to_none_who_stopped(shop):
    regulars = planted(shop, "regulars", "customer_id, product_id, has_stopped")
    there_still = {(customer, product) for customer, product, has_stopped in regulars if not has_stopped}
    stopped = {(customer, product) for customer, product, has_stopped in regulars if has_stopped}
    due = set(
        shop.query(
            """
            select customer_id, product_id
            from int_customer_products cross join int_as_of
            where days_bought >= 3 and (as_of_date + 14 - last_bought_on) * (days_bought - 1) >= last_bought_on - first_bought_on
            """
        )
    )
    refills = set(shop.query("select customer_id, product_id from next_best_product where kind = 'replenish'"))
    assert len(there_still & due) >= 5 and len(stopped) >= 10
    assert len(refills & there_still & due) >= 0.9 * len(there_still & due)
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
