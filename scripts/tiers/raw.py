"""Raw input: a directory of files shown to dbt as the tables of the warehouse's raw schema."""

from __future__ import annotations

from pathlib import Path

import duckdb
import yaml

from tiers.errors import UsageError
from tiers.project import PROJECT

REQUIRED_TABLES = ("orders", "order_items")


def declared_columns() -> dict[str, dict[str, bool]]:
    """Every raw table with its columns, each True if required, as models/input/_input__models.yml declares them."""
    text = (PROJECT / "models/input/_input__models.yml").read_text(encoding="utf-8")
    return {
        model["name"].removeprefix("input_"): {
            column["name"]: bool(column["config"]["meta"].get("required")) for column in model["columns"]
        }
        for model in yaml.safe_load(text)["models"]
    }


def show_raw_files(connection: duckdb.DuckDBPyConnection, directory: Path) -> None:
    """Make one view of the raw schema for each table found in the directory, and drop those that are gone.

    Raises UsageError, naming file and column, if a file cannot be read or a required table or column is missing.
    """
    if not directory.is_dir():
        raise UsageError(f"{directory} is not a directory; --raw takes one that holds orders and order_items")
    connection.execute("create schema if not exists raw")
    for table, columns in declared_columns().items():
        connection.execute(f"drop view if exists raw.{table}")
        reader = _reader(directory, table)
        if reader is None:
            if table in REQUIRED_TABLES:
                raise UsageError(f"{directory} holds no {table}.parquet, {table}.csv or folder {table}/; orders and order_items must exist")
            continue
        try:
            connection.execute(f"create view raw.{table} as select * from {reader}")
            found = {row[0].lower() for row in connection.execute(f"describe raw.{table}").fetchall()}
        except duckdb.Error as error:
            raise UsageError(f"{directory}/{table} cannot be read: {str(error).splitlines()[0]}") from error
        missing = [column for column, required in columns.items() if required and column not in found]
        if missing:
            raise UsageError(f"{table} has no column {missing[0]}, which is required (in {directory})")


def _reader(directory: Path, table: str) -> str | None:
    """The table function that reads a table's files, or None if there are none."""
    folder = directory / table
    for suffix in ("parquet", "csv"):
        if (directory / f"{table}.{suffix}").is_file():
            paths = [directory / f"{table}.{suffix}"]
        elif folder.is_dir():
            paths = sorted(folder.glob(f"*.{suffix}"))
        else:
            paths = []
        if paths:
            files = "[" + ", ".join("'" + str(path.resolve()).replace("'", "''") + "'" for path in paths) + "]"
            if suffix == "parquet":
                return f"read_parquet({files}, union_by_name = true)"
            return f"read_csv({files}, header = true, all_varchar = true, union_by_name = true)"
    return None
