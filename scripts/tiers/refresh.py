"""One refresh: build, test, then publish; nothing is published unless everything before it went well."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from tiers import dbt
from tiers.errors import LockedError, TiersError, UsageError, first_line
from tiers.project import lay_over
from tiers.publications import CHECKS, Publication
from tiers.publish import check_replaceable, publish, published_tables
from tiers.raw import check_readable, input_files, show_raw_files
from tiers.rules import rule_files
from tiers.settings import check_vars

SAMPLE = "the shipped sample"
OWN_TABLES = "tables of its own"


@dataclass
class Refresh:
    """What one refresh is to do. raw None takes the warehouse's own source; is_sample takes the shipped sample."""

    warehouse: Path
    published: Path
    raw: Path | None = None
    is_sample: bool = False
    rules: Path | None = None
    inputs: Path | None = None
    dbt_vars: dict[str, object] = field(default_factory=dict)
    accepted: tuple[str, ...] = ()
    full_refresh: bool = False
    report: Callable[[dbt.Finished], None] = lambda finished: None

    def run(self) -> dict[str, object]:
        """Build, test and publish; returns a summary that a machine can read.

        Raises UsageError for unreadable input, LockedError if another refresh runs, TiersError if a model or test fails.
        """
        started = time.monotonic()
        check_vars(self.dbt_vars)
        if self.published.resolve() == self.warehouse.resolve():
            raise UsageError(f"{self.warehouse} is the warehouse; --publish takes another file")
        for check in self.accepted:
            if check not in (*CHECKS, "all"):
                raise UsageError(f"there is no check {check}; --accept takes {', '.join(CHECKS)} or all")
        check_replaceable(self.published)
        self.warehouse.parent.mkdir(parents=True, exist_ok=True)
        with only_refresh(self.warehouse):
            own = self._own_files()
            work = self.warehouse.with_name(f"{self.warehouse.name}.build")
            project = lay_over(own, work / "project")
            raw_schema, directory = self._prepare_source(project)
            publication = Publication.under(project / "seeds/rules", self.dbt_vars, self.accepted)
            dbt_vars = {**self.dbt_vars, "raw_schema": raw_schema}
            try:
                manifest = dbt.build(project, self.warehouse, work, dbt_vars, full_refresh=self.full_refresh, report=self.report)
            except TiersError as error:
                if directory:
                    check_readable(self.warehouse, directory)
                raise type(error)(_in_own_paths(str(error), own, project)) from error
            built = time.monotonic()
            tables = published_tables(manifest, bool(self.dbt_vars.get("publish_facts")))
            counts = publish(self.warehouse, self.published, tables, publication.record)
            return {
                "warehouse": str(self.warehouse),
                "published": str(self.published),
                **summary(self.published),
                "rows": counts,
                "seconds": {"build": round(built - started, 1), "publish": round(time.monotonic() - built, 1)},
            }

    def _own_files(self) -> dict[str, Path]:
        """The user's own rule files and input models, by the path of the shipped file that each one replaces."""
        rules = rule_files(self.rules) if self.rules else {}
        inputs = input_files(self.inputs) if self.inputs else {}
        return {f"seeds/rules/{name}": file for name, file in rules.items()} | {f"models/input/{name}": file for name, file in inputs.items()}

    def _prepare_source(self, project: Path) -> tuple[str, Path | None]:
        """Point the warehouse at its raw rows, refusing another source than it was made from.

        Returns the raw schema ("" for the sample) and the directory of raw files, if they come from one.
        """
        source = SAMPLE if self.is_sample else str(self.raw.resolve()) if self.raw else None
        try:
            connection = duckdb.connect(str(self.warehouse))
        except duckdb.Error as error:
            raise UsageError(f"{self.warehouse} cannot be opened: {first_line(error)}") from error
        with connection:
            known = _known_source(connection)
            if source is None and known == SAMPLE:
                raise UsageError(f"{self.warehouse} was made from {SAMPLE}: refresh it with --sample, or name another --warehouse")
            source = source or known
            if source is None:
                raise UsageError(f"{self.warehouse} is new: name its source with --raw DIR or --sample")
            if known and known != source:
                raise UsageError(f"{self.warehouse} was made from {known} and does not take {source}; name another --warehouse")
            directory = None if source in (SAMPLE, OWN_TABLES) else Path(source)
            if directory:
                show_raw_files(connection, directory, project)
            connection.execute("create schema if not exists harness")
            connection.execute("create or replace table harness.warehouse_source as select ? as source", [source])
        return "" if source == SAMPLE else "raw", directory


def _known_source(connection: duckdb.DuckDBPyConnection) -> str | None:
    """What a warehouse was made from: what an earlier refresh wrote down, or else tables that lie in it; None for a new one."""
    tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
    if ("harness", "warehouse_source") in tables:
        return connection.execute("select source from harness.warehouse_source").fetchall()[0][0]
    return OWN_TABLES if any(schema not in ("main", "harness") for schema, _ in tables) else None


@contextmanager
def only_refresh(warehouse: Path) -> Iterator[None]:
    """Hold the warehouse's lock, or raise LockedError at once, naming the process that holds it. A dead holder holds nothing."""
    with open(f"{warehouse}.lock", "a+", encoding="utf-8") as file:
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:  # `tiers status` looks at the lock for a moment
                time.sleep(0.2)
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise LockedError(f"another refresh of {warehouse} is running: process {file.read().strip() or 'unknown'}") from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _in_own_paths(message: str, own: dict[str, Path], project: Path) -> str:
    """What dbt says of the files it built from, said of the user's files that they are copies of."""
    for path, file in own.items():
        message = re.sub(f"({re.escape(str(project))}/)?{re.escape(path)}", lambda _, file=file: str(file), message)
    return message


def summary(published: Path) -> dict[str, object]:
    """Tiers with their customers and value, and the quality ledger, from a published file."""
    with duckdb.connect(str(published), read_only=True) as connection:
        tiers = connection.execute(
            "select tier, tier_rank, count(*), sum(monetary), sum(net_profit) from customer_tier group by all order by tier_rank desc"
        ).fetchall()
        as_of = connection.execute("select max(as_of_date) from customer_tier").fetchall()[0][0]
        quality = connection.execute(
            "select table_name, outcome, reason, sum(row_count) from data_quality group by all order by all"
        ).fetchall()
    return {
        "as_of_date": str(as_of) if as_of else None,
        "tiers": [
            {"tier": tier, "customers": customers, "monetary": str(monetary), "net_profit": str(profit)}
            for tier, _, customers, monetary, profit in tiers
        ],
        "data_quality": [
            {"table_name": table, "outcome": outcome, "reason": reason, "row_count": int(rows)}
            for table, outcome, reason, rows in quality
        ],
    }
