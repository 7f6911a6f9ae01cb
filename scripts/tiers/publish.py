"""Publishes the marts: a new file written aside, checked, and renamed over the old one."""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tiers.database import check_not_newer, rows
from tiers.errors import TiersError, UsageError, first_line
from tiers.publications import STATE, record_return

STORAGE_VERSION = "v1.0.0"
"""What DuckDB 1.0 and later can read; a file in DuckDB 2.0's own format opens in no 1.x client."""

KEPT = 7
"""How many older publications stay beside the published file, a week of nights."""


@contextmanager
def _only_publication(folder: Path) -> Iterator[None]:
    """Wait until nobody else publishes into a folder: whoever compares with a file must be the one to replace it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def published_tables(manifest: dict[str, object], publish_facts: bool) -> list[str]:
    """The marts, and the facts too if they are to be published, by name."""
    folders = ("marts", "facts") if publish_facts else ("marts",)
    return sorted(
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] in folders
    )


def publish(
    warehouse: Path,
    target: Path,
    tables: list[str],
    record: Callable[[duckdb.DuckDBPyConnection, bool], None] = lambda connection, has_before: None,
) -> dict[str, int]:
    """Copy tables of the warehouse into a new file at target, all or nothing; returns their row counts.

    `record` may add to the new file (catalog published) beside the warehouse and, if there is one (True), what was published
    last (catalog before), and stop it all by raising. Readers of the old file keep it until they reconnect. Raises TiersError
    if the new file does not hold what the warehouse does, UsageError if it cannot be written; the old one stays in place then.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with _only_publication(target.parent):
        for end in ("", ".wal"):
            for left_by_killed in target.parent.glob(f".{glob.escape(target.name)}.*[0-9]{end}"):
                left_by_killed.unlink()
        return _publish(warehouse, target, tables, record)


def _publish(
    warehouse: Path, target: Path, tables: list[str], record: Callable[[duckdb.DuckDBPyConnection, bool], None]
) -> dict[str, int]:
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        counts = _write(warehouse, target, aside, tables, record)
        _check(aside, counts)
        _sync(aside)
        _keep(aside, target)
        # A write-ahead log beside a swapped file would be replayed into the new one.
        Path(f"{target}.wal").unlink(missing_ok=True)
        os.replace(aside, target)
        _sync(target.parent)
    except (duckdb.Error, OSError) as error:
        raise UsageError(f"{target} could not be written: {first_line(error)}") from error
    finally:
        for leftover in (aside, Path(f"{aside}.wal")):
            leftover.unlink(missing_ok=True)
    return counts


def versions(target: Path) -> dict[int, Path]:
    """The copies kept beside a published file, of itself and of older publications: number → file, the latest first."""
    files = {int(file.stem): file for file in _versions_folder(target).glob("*.duckdb") if file.stem.isdecimal()}
    return dict(sorted(files.items(), reverse=True))


def published_last(target: Path) -> Path | None:
    """What was published last: the file itself or, where it is damaged or gone, the copy kept of it; None if there is none."""
    return next((file for file in (target, *versions(target).values()) if _is_whole(file)), None)


def roll_back(target: Path, number: int | None = None) -> int:
    """Publish an older publication again and return its number: the one named, else the one before that whose tiers hold now.

    A damaged or missing file is put right by the copy kept of it. What is taken back is recorded as a publication of its
    own. Raises UsageError if there is nothing to return to.
    """
    check_replaceable(target)
    kept = versions(target)
    if not target.exists() and not kept:
        raise UsageError(f"{target} does not exist: nothing has been published yet")
    holding = _holding(target) if _is_whole(target) else None
    if number is None:
        number = next((number for number, file in kept.items() if (holding is None or number < holding) and _is_whole(file)), None)
        if number is None:
            raise UsageError(f"no older publication of {target} is kept")
    if number not in kept:
        raise UsageError(f"publication {number} of {target} is not kept; there are {', '.join(map(str, kept))}")
    with duckdb.connect(str(kept[number]), read_only=True) as connection:
        tables = sorted(row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall() if row[0] not in STATE)
    publish(kept[number], target, tables, record_return)
    return number


def _holding(published: Path) -> int:
    """The publication whose tiers a file holds: its own, or the one that it returned to."""
    with duckdb.connect(str(published), read_only=True) as connection:
        return connection.execute("select coalesce(returned_to, publication_id) from publications order by publication_id desc limit 1").fetchall()[0][0]


def _is_whole(file: Path) -> bool:
    """Whether a file was published by tiers and can be read to its end."""
    if not file.exists():
        return False
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            tables = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
            for table in tables:
                connection.execute(f"select max(hash(rows)) from {table} as rows").fetchall()
    except duckdb.Error:
        return False
    return STATE <= tables


def _keep(published: Path, target: Path) -> None:
    """Keep a copy of the file that is about to be published under the number of its publication, and the latest KEPT before it.

    A copy, not a link: what damages the published file must not damage it.
    """
    with duckdb.connect(str(published), read_only=True) as connection:
        if not connection.execute("select 1 from duckdb_tables() where table_name = 'publications'").fetchall():
            return
        number = connection.execute("select max(publication_id) from publications").fetchall()[0][0]
    folder = _versions_folder(target)
    folder.mkdir(exist_ok=True)
    unfinished = folder / "unfinished"
    try:
        shutil.copyfile(published, unfinished)
        _sync(unfinished)
        os.replace(unfinished, folder / f"{number}.duckdb")
    finally:
        unfinished.unlink(missing_ok=True)
    for other, file in versions(target).items():
        if not number - KEPT <= other <= number:
            file.unlink()


def _versions_folder(target: Path) -> Path:
    return target.with_name(f".{target.name}.versions")


def check_replaceable(target: Path) -> None:
    """Raise UsageError if the file to be replaced is not one that was published: it may be a user's own, or a warehouse.

    Or if a newer version published it. One that is damaged is replaced where copies show that it was published.

    Raises TiersError if a client has it open for writing: what it holds cannot be read then.
    """
    if not target.exists():
        return
    try:
        with duckdb.connect(str(target), read_only=True) as connection:
            tables = {".".join(row) for row in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()}
            latest = rows(connection, "from publications order by publication_id desc limit 1") if "main.publications" in tables else []
    except duckdb.Error as error:
        if "Could not set lock" in str(error):
            raise TiersError(f"{target} is open for writing elsewhere; readers open it read-only: {first_line(error)}") from error
        if "newer version" in str(error):
            raise UsageError(f"{target} is not replaced: {first_line(error)}") from error
        if versions(target):  # it was ours before it was damaged
            return
        raise UsageError(f"{target} is no DuckDB file and is not replaced; name another file with --publish") from error
    if not {"main.customer_tier", "main.data_quality"} <= tables or "main.int_as_of" in tables or any(not name.startswith("main.") for name in tables):
        raise UsageError(f"{target} was not published by tiers and is not replaced; name another file with --publish, or move it away")
    for publication in latest:
        check_not_newer(target, publication["code_version"])


def _write(
    warehouse: Path, target: Path, aside: Path, tables: list[str], record: Callable[[duckdb.DuckDBPyConnection, bool], None]
) -> dict[str, int]:
    aside.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false; set TimeZone = 'UTC'")
        connection.execute(f"attach '{_sql(warehouse)}' as warehouse (read_only)")
        connection.execute(f"attach '{_sql(aside)}' as published (storage_version '{STORAGE_VERSION}')")
        counts = {}
        for table in tables:
            connection.execute(f"create table published.main.{table} as select * from warehouse.main.{table}")
            counts[table] = connection.execute(f"select count(*) from warehouse.main.{table}").fetchall()[0][0]
        before = published_last(target)
        if before:
            connection.execute(f"attach '{_sql(before)}' as before (read_only)")
        record(connection, before is not None)
        connection.execute("checkpoint published")
        connection.execute("detach published")
    if Path(f"{aside}.wal").exists():
        raise TiersError(f"{aside} was not closed cleanly")
    return counts


def _check(aside: Path, counts: dict[str, int]) -> None:
    with duckdb.connect(str(aside), read_only=True) as connection:
        for table, count in counts.items():
            written = connection.execute(f"select count(*) from {table}").fetchall()[0][0]
            if written != count:
                raise TiersError(f"{table} has {written} rows in the new file and {count} in the warehouse")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sql(path: Path) -> str:
    return str(path).replace("'", "''")
