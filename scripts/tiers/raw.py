"""Raw input: a directory of files shown to dbt as the tables of the warehouse's raw schema."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import yaml

from tiers.errors import TiersError, UsageError
from tiers.project import PROJECT

REQUIRED_TABLES = ("orders", "order_items")

READERS = {
    ".parquet": "read_parquet([{files}], union_by_name = true)",
    # Nothing is left to DuckDB's guesses: they take lines that begin with # for comments and skip lines that look odd.
    ".csv": "read_csv([{files}], union_by_name = true, all_varchar = true, header = true, skip = 0,"
    " delim = ',', quote = '\"', escape = '\"', comment = '')",
}


MOMENTS = ("DATE", "TIME", "INTERVAL")
NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "U", "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN")
NEVER_READ_AS = {"timestamp": NUMBERS, "date": NUMBERS, "integer": MOMENTS, "quantity": MOMENTS, "amount": MOMENTS, "rate": MOMENTS, "score": MOMENTS}
"""By what a column must hold: the types, by their beginnings, of which no value can be read so."""


def declared_columns() -> dict[str, dict[str, dict]]:
    """Every raw table with its columns, each with what models/input/_input__models.yml asks of it (type, required, bounds …)."""
    text = (PROJECT / "models/input/_input__models.yml").read_text(encoding="utf-8")
    return {
        model["name"].removeprefix("input_"): {
            column["name"]: column["config"]["meta"] for column in model["columns"]
        }
        for model in yaml.safe_load(text)["models"]
    }


def input_files(inputs: Path) -> dict[str, Path]:
    """The input models in a directory of the user's own, by file name. Raises UsageError if it is none, or a file's name fits no raw table."""
    if not inputs.is_dir():
        raise UsageError(f"{inputs} is not a directory; inputs in tiers.toml takes one with files such as input_orders.sql")
    files = {file.name: file for file in sorted(inputs.glob("*.sql"))}
    names = [f"input_{table}.sql" for table in declared_columns()]
    for name, file in files.items():
        if name not in names:
            raise UsageError(f"{file} is not an input; there are {', '.join(names)}")
    return files


def show_raw_files(connection: duckdb.DuckDBPyConnection, directory: Path, project: Path = PROJECT) -> None:
    """Make one view of the raw schema for each table found in the directory, and drop those that are gone.

    Tables of other names are shown too if the project has an input of the user's own, which may read them. Raises
    UsageError, naming what it is about, if a file cannot be read or a required table or column is missing or
    holds something else altogether; which
    tables and columns an input of the user's own needs is left to dbt.
    """
    if not directory.is_dir():
        raise UsageError(f"{directory} is not a directory; --raw takes one that holds orders and order_items")
    tables = declared_columns()
    read_as_they_come = {table for table in tables if _is_read_as_it_comes(project, table)}
    others = sorted(_table_names(directory) - tables.keys()) if read_as_they_come < tables.keys() else []
    connection.execute("create schema if not exists raw")
    for (view,) in connection.execute("select view_name from duckdb_views() where schema_name = 'raw'").fetchall():
        connection.execute(f"drop view raw.{_quoted(view)}")
    for table, columns in {**tables, **dict.fromkeys(others, {})}.items():
        files = _files(directory, table)
        if not files:
            if table in REQUIRED_TABLES and table in read_as_they_come:
                raise UsageError(f"{directory} holds no {table}: {table}.parquet, {table}.csv or a folder {table} of such files")
            continue
        try:
            connection.execute(f"create view raw.{_quoted(table)} as {_select(files)}")
            found = {name.lower(): kind for name, kind, *_ in connection.execute(f"describe raw.{_quoted(table)}").fetchall()}
            if table in read_as_they_come:
                _check_columns(connection, directory, table, {name: meta["type"] for name, meta in columns.items() if meta.get("required")}, found)
        except duckdb.Error as error:
            raise _unreadable(directory, table, error) from error


def _check_columns(connection: duckdb.DuckDBPyConnection, directory: Path, table: str, required: dict[str, str], found: dict[str, str]) -> None:
    for column, kind in required.items():
        if column not in found:
            raise UsageError(f"{table} has no column {column}, which is required (in {directory})")
        is_nested = found[column].endswith("]") or found[column].startswith(("STRUCT", "MAP", "UNION"))
        if (is_nested or found[column].startswith(NEVER_READ_AS.get(kind, ()))) and connection.execute(
            f"select 1 from raw.{table} where {column} is not null limit 1"  # writers give an empty column any type
        ).fetchall():
            raise UsageError(f"{table} has a column {column} of type {found[column]}, which cannot be read as {kind} (in {directory})")


def check_readable(warehouse: Path, directory: Path) -> None:
    """Read every raw file to its end. Raises UsageError if one cannot be read; their heads alone do not tell."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        views = connection.execute("select view_name from duckdb_views() where schema_name = 'raw'").fetchall()
        for (table,) in views:
            try:
                connection.execute(f"select max(hash(rows)) from raw.{_quoted(table)} as rows").fetchall()
            except duckdb.Error as error:
                raise _unreadable(directory, table, error) from error


def raw_state(directory: Path) -> dict[Path, tuple[int, int]]:
    """Every raw file with what tells whether it has changed: its size and when it was last written."""
    return {file: (status.st_size, status.st_mtime_ns) for file in directory.rglob("*") if file.suffix in READERS for status in [file.stat()]}


def check_unchanged(before: dict[Path, tuple[int, int]]) -> None:
    """Raise TiersError if a raw file is not what it was: models that read it one after the other have seen different rows."""
    for file, state in before.items():
        if not file.exists() or (file.stat().st_size, file.stat().st_mtime_ns) != state:
            raise TiersError(f"{file} changed while it was read, so nothing was published; refresh again")


def _files(directory: Path, table: str) -> list[Path]:
    """The files of a table: one file, or all in a folder of that name, however deep."""
    places = [place for place in (directory / name for name in (f"{table}.parquet", f"{table}.csv", table)) if place.exists()]
    if len(places) > 1:
        raise UsageError(f"{directory} holds {table} more than once: {', '.join(place.name for place in places)}")
    if not places or places[0].is_file():
        return places
    hidden = (".", "_")
    return sorted(
        file
        for file in places[0].rglob("*")
        if file.suffix in READERS and file.is_file() and not any(part.startswith(hidden) for part in file.relative_to(places[0]).parts)
    )


def _select(files: list[Path]) -> str:
    selects = []
    for suffix, reader in READERS.items():
        quoted = ["'" + str(file.resolve()).replace("'", "''") + "'" for file in files if file.suffix == suffix]
        if quoted:
            selects.append("select * from " + reader.format(files=", ".join(quoted)))
    return " union all by name ".join(selects)


def _table_names(directory: Path) -> set[str]:
    """The names of all files and folders that can be read as a table."""
    return {entry.name if entry.is_dir() else entry.stem for entry in directory.glob("[!._]*") if entry.is_dir() or entry.suffix in READERS}


def _is_read_as_it_comes(project: Path, table: str) -> bool:
    """Whether the input model is the shipped one; if it maps another table, only that model knows which columns it needs."""
    sql = (project / f"models/input/input_{table}.sql").read_text(encoding="utf-8")
    return bool(re.search(rf"^select \*\s+from {{{{ raw_table\('{table}'\) }}}}\s*\Z", sql, re.MULTILINE))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _unreadable(directory: Path, table: str, error: duckdb.Error) -> UsageError:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return UsageError(f"{table} in {directory} cannot be read: {' '.join(lines[:3])}")
