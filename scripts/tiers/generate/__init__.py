"""Synthetic raw files of a shop, at any size, in the memory of one chunk of customers.

Every value is a function of the seed, the name of a draw and a key, so under one DuckDB version the
same arguments give the same rows, whatever the chunk size. Customers arrive one after another, buy
at a rate of their own and leave without notice (Pareto/NBD); the clock ticks faster on busy days.
Rows arrive late, are corrected and come twice.

Some truths are planted for models to find. They lie beside the raw tables, in `planted/`, which no
refresh reads:

- `regulars`: customers who come back for one product every `rhythm_days`, give or take an eighth. Half
  of them have stopped months before the end (`has_stopped`), and half of those `complained` at each
  of the last three orders, with low satisfaction. Too short a history has none.
- `refilled_products`: what the regulars come back for, used up after about `cycle_days`.
- `product_pairs`: bought together in one of eighty orders, which chance would not do in one of a thousand.
- `campaigns`: the orders that a message brings per customer who got it and is not gone, all others equal
  between treatment and control.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from tiers.errors import UsageError
from tiers.generate import shop
from tiers.generate.dirt import add_dirt

CHUNK = 50_000  # customers made at a time


def generate(
    customers: int,
    months: int,
    seed: int,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
    dirty: bool = False,
) -> dict[str, int]:
    """Write the raw tables of a shop as folders of files in `out`; return their row counts.

    The shop opens on 2022-01-05 and the orders end `months` months later. `dirty` adds rows with every
    fault there is; they change no tier. `progress` is told after each chunk how many of how many
    customers are done. `out` appears once all is written. Raises UsageError when `out` is anything
    but a new or empty folder, or a count is less than 1.
    """
    if customers < 1 or months < 1:
        raise UsageError(f"customers and months must be at least 1, not {customers} and {months}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not an empty folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    rows: Counter[str] = Counter()
    with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as temp, duckdb.connect() as con:
        raw = Path(temp, "raw")

        def write(file: str, select: str) -> int:
            path = raw / f"{file}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            quoted = str(path).replace("'", "''")
            return con.execute(f"copy ({select}) to '{quoted}'").fetchall()[0][0]

        def write_table(table: str, part: int, select: str) -> int:
            keys = write(f"{table}/part-{part:05d}", shop.last_versions(table, select))
            rows[table] += keys + write(f"{table}/other-{part:05d}", shop.other_versions(table, select))
            return keys

        con.execute(shop.SETTINGS.format(seed=seed, customers=customers, months=months))
        for sql in shop.ONCE:
            con.execute(sql)
        for table, select in shop.FIXED.items():
            write_table(table, 0, select)
        for truth, select in shop.PLANTED.items():
            write(f"planted/{truth}/part-00000", select)
        orders = 0
        for part, first in enumerate(range(1, customers + 1, CHUNK)):
            end = min(first + CHUNK, customers + 1)
            con.execute(f"set variable first_customer = {first}; set variable end_customer = {end}; set variable orders_before = {orders}")
            for sql in shop.PER_CHUNK:
                con.execute(sql)
            for table, select in shop.CHUNKED.items():
                keys = write_table(table, part, select)
                orders += keys if table == "orders" else 0
            for truth, select in shop.PLANTED_CHUNKED.items():
                write(f"planted/{truth}/part-{part:05d}", select)
            if progress:
                progress(end - 1, customers)
        if dirty:
            rows.update(add_dirt(con, raw))
        if out.exists():
            out.rmdir()
        raw.rename(out)
    return dict(rows)
