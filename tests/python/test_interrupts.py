"""Whatever ends a refresh, and whenever: BI reads the old state or the new one, and the next refresh needs no hand.

INTERRUPTS=20 takes more moments than the four of `make test`.
"""

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
from conftest import BIN

from tiers.publications import STATE, Publication
from tiers.publish import publish, published_last

MOMENTS = int(os.environ.get("INTERRUPTS", "4"))
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGINT)


def write_raw(folder: Path, last_month: int, price: int) -> None:
    """Thirty customers' orders of 2024; a month more or another price of the first order changes what is known of them all."""
    folder.mkdir(exist_ok=True)
    chosen = random.Random(1)
    orders = [(f"o{month}-{customer}", f"c{customer}", f"2024-{month:02}-{chosen.randrange(1, 29):02}", chosen.randrange(1, 500))
              for month in range(1, 10) for customer in range(30) if chosen.random() < 0.4]  # fmt: skip
    orders = [("o0", "c0", "2024-01-01", price), *(order for order in orders if int(order[2][5:7]) <= last_month)]
    lines = [f"{order},{customer},{day},completed,USD\n" for order, customer, day, _ in orders]
    (folder / "orders.csv").write_text("order_id,customer_id,ordered_at,status,currency\n" + "".join(lines), encoding="utf-8")
    lines = [f"{order},1,1,{price}\n" for order, _, _, price in orders]
    (folder / "order_items.csv").write_text("order_id,line_number,quantity,unit_price\n" + "".join(lines), encoding="utf-8")


def contents(file: Path, prefix: str = "") -> dict[str, list[tuple]]:
    """Every row of every table, or of those whose names begin so; what publications leave of themselves aside."""
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = connection.execute("select table_name from information_schema.tables where table_schema = 'main'").fetchall()
        return {
            table: connection.execute(f"select * from {table} order by all").fetchall()
            for (table,) in sorted(tables)
            if table.startswith(prefix) and table not in STATE
        }


def test_a_refresh_interrupted_at_any_moment_leaves_the_old_state_or_the_new(tiers, tmp_path):
    raw, base, fresh = tmp_path / "raw", tmp_path / "base", tmp_path / "fresh"
    write_raw(raw, 8, price=1), write_raw(tmp_path / "raw later", 9, price=9_999)
    base.mkdir(), fresh.mkdir()
    started = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        earlier = pool.submit(tiers, "refresh", "--raw", raw, "--quiet", cwd=base)
        later = pool.submit(tiers, "refresh", "--raw", tmp_path / "raw later", "--quiet", cwd=fresh)
    assert earlier.result().returncode == later.result().returncode == 0
    duration = time.monotonic() - started
    write_raw(raw, 9, price=9_999)
    before = contents(base / "published/customer_tiers.duckdb")
    after, facts = contents(fresh / "published/customer_tiers.duckdb"), contents(fresh / "warehouse/customer_tiers.duckdb", "fct_")
    assert before != after and len(facts) > 8

    def interrupt(number: int, moment: float) -> None:
        folder = shutil.copytree(base, tmp_path / str(number))
        published = folder / "published/customer_tiers.duckdb"
        with subprocess.Popen([BIN / "tiers", "refresh", "--quiet"], cwd=folder, stderr=subprocess.PIPE, text=True) as refresh:
            try:
                refresh.wait(moment)
            except subprocess.TimeoutExpired:
                refresh.send_signal(SIGNALS[number % len(SIGNALS)])
            told = refresh.stderr.read()
        assert "Traceback" not in told, told
        found = contents(published)
        assert found == after if refresh.returncode == 0 else found in (before, after)
        done = tiers("refresh", "--quiet", cwd=folder)
        assert (done.returncode, done.stderr) == (0, "")
        assert contents(published) == after
        assert contents(folder / "warehouse/customer_tiers.duckdb", "fct_") == facts
        assert sorted(file.name for file in published.parent.iterdir()) == [".customer_tiers.duckdb.versions", "customer_tiers.duckdb"]
        shutil.rmtree(folder)

    # from when Python has started to when all is done
    chosen = random.Random(11)
    moments = [chosen.uniform(1.5, duration) for _ in range(MOMENTS)]
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(interrupt, range(len(moments)), moments):
            pass


def publish_for_ever(folder: Path, versions: int = 1_000_000) -> None:
    """Publishes one version after another, until it is killed."""
    warehouse = folder / "w.duckdb"
    for version in range(versions):
        warehouse.unlink(missing_ok=True)
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute(
                f"""
                create table int_as_of as select date '2024-02-20' as as_of_date;
                create table customer_tier as
                    select range::varchar as customer_id, 'v{version}' as tier, 'earned' as tier_source, date '2024-02-01' as tier_since,
                        false as is_provisional
                    from range(20_000);
                create table customer_tier_history as
                    select customer_id, tier, tier_source, tier_since as valid_from, null::date as valid_to from customer_tier;
                create table data_quality as select '' as table_name, '' as currency, '' as outcome, '' as reason, 1 as row_count, 1 as amount;
                create table tier_migration as select date '2024-01-31' as review_date;
                create table int_orders as select '' as status, date '2024-02-20' as ordered_on;
                create table int_purchase_days as select date '2024-02-20' as business_date, 1 as orders, 1 as net, 1 as net_of_known_cost;
                create table tiers as select '' as tier, '0' as tier_rank;
                """
            )
        publish(warehouse, folder / "bi/p.duckdb", ["customer_tier", "customer_tier_history", "tier_migration", "data_quality"], Publication({}, "", {}).record)


def test_a_publication_killed_at_any_moment_is_whole(tmp_path):
    """The file is there and one version throughout, each change is told of once, and nothing is left over for good."""
    published = tmp_path / "bi/p.duckdb"
    chosen = random.Random(5)
    last = 0
    for _ in range(MOMENTS):
        publishing = multiprocessing.get_context("spawn").Process(target=publish_for_ever, args=(tmp_path,))
        publishing.start()
        known = published.stat().st_mtime_ns if published.exists() else None
        while not published.exists() or published.stat().st_mtime_ns == known:  # from the first that it has published
            assert publishing.is_alive()
            time.sleep(0.01)
        time.sleep(chosen.uniform(0, 0.7))
        publishing.kill()
        publishing.join()
        assert published_last(published) == published
        with duckdb.connect(str(published), read_only=True) as connection:
            versions = connection.execute("select tier from customer_tier union select tier from customer_tier_history").fetchall()
            numbers = connection.execute("select publication_id from publications order by all").fetchall()
            feed = connection.execute("select publication_id, count(*) from tier_changes group by all order by all").fetchall()
        assert len(versions) == 1
        assert [number for (number,) in numbers] == list(range(1, len(numbers) + 1)) and len(numbers) > last
        assert {changed for _, changed in feed} <= {20_000}
        last = len(numbers)
    left = {file.name for file in published.parent.iterdir()} - {"p.duckdb", ".p.duckdb.versions"}
    assert all(name.startswith(".p.duckdb.") for name in left)


def test_what_a_killed_publication_leaves_is_removed_by_the_next(tmp_path):
    (tmp_path / "bi").mkdir()
    for left in (".p.duckdb.4711", ".p.duckdb.4711.wal"):
        (tmp_path / "bi" / left).write_text("half", encoding="utf-8")
    publish_for_ever(tmp_path, versions=1)
    assert sorted(file.name for file in (tmp_path / "bi").iterdir()) == [".p.duckdb.versions", "p.duckdb"]
