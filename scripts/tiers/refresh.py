"""One refresh: build, test, then publish; nothing is published unless everything before it went well."""

from __future__ import annotations

import datetime
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb

from tiers import __version__, dbt
from tiers.database import check_not_newer, rows
from tiers.errors import LockedError, TiersError, UsageError, first_line
from tiers.project import lay_over
from tiers.publications import CHECKS, Publication
from tiers.publish import check_replaceable, publish, published_last, published_tables
from tiers.raw import check_readable, check_unchanged, input_files, raw_state, show_raw_files
from tiers.rules import read_rules, rule_files
from tiers.settings import check_vars

SAMPLE = "the shipped sample"
OWN_TABLES = "tables of its own"

TIERS = """
    with sums as (
        select tier, count(*) as customers, sum(monetary) as monetary, sum(net_profit) as net_profit
        from customer_tier
        group by tier
    ),
    -- a tier that nobody holds any more has no rank here, and comes last
    ranks as (
        select tier, max(tier_rank) as tier_rank
        from (select tier, tier_rank from customer_tier union all select tier, tier_rank from customer_tier_history)
        group by tier
    ),
    moves as (
        select
            coalesce(to_tier, from_tier) as tier,
            count(*) filter (from_tier is null) as entered,
            count(*) filter (latest.tier_rank > earlier.tier_rank) as rose,
            count(*) filter (latest.tier_rank < earlier.tier_rank) as fell,
            count(*) filter (to_tier is null) as "left"
        from tier_changes
        left join ranks as earlier on from_tier = earlier.tier
        left join ranks as latest on to_tier = latest.tier
        where publication_id = $publication
        group by all
    )
    select
        tier,
        coalesce(customers, 0) as customers,
        coalesce(monetary, 0) as monetary,
        coalesce(net_profit, 0) as net_profit,
        coalesce(entered, 0) as entered,
        coalesce(rose, 0) as rose,
        coalesce(fell, 0) as fell,
        coalesce("left", 0) as "left"
    from sums
    full join moves using (tier)
    left join ranks using (tier)
    order by tier_rank desc nulls last, tier
"""


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
    before_publishing: Callable[[], None] = lambda: None

    def run(self) -> dict[str, object]:
        """Build, test and publish; returns a summary that a machine can read.

        Raises UsageError for unreadable input, LockedError if another refresh runs, TiersError if a model or test fails.
        """
        started = time.monotonic()
        check_vars(self.dbt_vars)
        read_rules(self.rules)
        if self.published.resolve() == self.warehouse.resolve():
            raise UsageError(f"{self.warehouse} is the warehouse; --publish takes another file")
        for check in self.accepted:
            if check not in (*CHECKS, "all"):
                raise UsageError(f"there is no check {check}; --accept takes {', '.join(CHECKS)} or all")
        check_replaceable(self.published)
        self.warehouse.parent.mkdir(parents=True, exist_ok=True)
        with only_refresh(self.warehouse) as lock:
            # what a killed refresh had no room for in memory
            shutil.rmtree(f"{self.warehouse}.tmp", ignore_errors=True)
            own = self._own_files()
            work = self.warehouse.with_name(f"{self.warehouse.name}.build")
            project = lay_over(own, work / "project")
            raw_schema, directory = self._prepare_source(project)
            publication = Publication.under(project / "seeds/rules", self.dbt_vars, self.accepted)
            dbt_vars = {**self.dbt_vars, "raw_schema": raw_schema}
            raw_files = raw_state(directory) if directory else {}
            try:
                built = dbt.build(
                    project, self.warehouse, work, dbt_vars, lock, own=own, full_refresh=self.full_refresh, report=self.report
                )
            except TiersError:
                if directory:
                    check_readable(self.warehouse, directory)
                    check_unchanged(raw_files)
                raise
            check_unchanged(raw_files)
            seconds = {"build": round(time.monotonic() - started, 1)}
            self.before_publishing()
            warnings = [*built.warnings, *self._stand_in()]
            tables = published_tables(built.manifest, bool(self.dbt_vars.get("publish_facts")))
            counts = publish(self.warehouse, self.published, tables, publication.record)
            seconds["publish"] = round(time.monotonic() - started - seconds["build"], 1)
            return {
                "warehouse": str(self.warehouse),
                "published": str(self.published),
                **summary(self.published),
                "warnings": warnings + publication.warnings,
                "rows": counts,
                "seconds": seconds,
            }

    def _own_files(self) -> dict[str, Path]:
        """The user's own rule files and input models, by the path of the shipped file that each one replaces."""
        rules = rule_files(self.rules) if self.rules else {}
        inputs = input_files(self.inputs) if self.inputs else {}
        return {f"seeds/rules/{name}": file for name, file in rules.items()} | {f"models/input/{name}": file for name, file in inputs.items()}

    def _stand_in(self) -> list[str]:
        """What to tell if the published file is damaged or gone, and the copy kept of it is what the new one is compared with."""
        last = published_last(self.published)
        if last in (None, self.published):
            return []
        return [f"{self.published} was {'damaged' if self.published.exists() else 'gone'}; the copy of publication {last.stem} stood in for it"]

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
            known = _known_source(connection, self.warehouse)
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
            connection.execute("create or replace table harness.warehouse_source as select $1 as source, $2 as version", [source, __version__])
        return "" if source == SAMPLE else "raw", directory


def _known_source(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> str | None:
    """What a warehouse was made from: what an earlier refresh wrote down, or else tables that lie in it; None for a new one.

    Raises UsageError if that refresh was of a newer version.
    """
    tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
    if ("harness", "warehouse_source") in tables:
        (known,) = rows(connection, "from harness.warehouse_source")
        check_not_newer(warehouse, known.get("version"))
        return known["source"]
    return OWN_TABLES if any(schema not in ("main", "harness") for schema, _ in tables) else None


@contextmanager
def only_refresh(warehouse: Path) -> Iterator[int]:
    """Hold the warehouse's lock, or raise LockedError at once, naming the process that holds it. A dead holder holds nothing.

    Yields the lock's descriptor: a child that inherits it holds the lock too, for as long as it lives.
    """
    with open(f"{warehouse}.lock", "a+", encoding="utf-8") as file:
        for attempts_left in reversed(range(10)):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if not attempts_left:
                    file.seek(0)
                    raise LockedError(f"another refresh of {warehouse} is running: process {file.read().strip() or 'unknown'}") from error
                time.sleep(0.1)  # `tiers status` looks at the lock for a moment, and what a killed refresh has started takes one to end
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file.fileno()


def summary(published: Path) -> dict[str, object]:
    """What a published file holds: its publication, tiers with their customers, value and movements, and the quality ledger.

    Movements are those since the publication before: of the customers who left a tier or came into it, how many rose or fell
    into it, were graded for the first time (entered) or are no longer graded (left, under the tier they had).
    """
    with duckdb.connect(str(published), read_only=True) as connection:
        publication = rows(connection, "from publications order by publication_id desc limit 1")[0]
        tiers = rows(connection, TIERS, publication=publication["publication_id"])
        latest = rows(connection, "select max(as_of_date) as as_of, max(as_of_date) - min(recency_days)::int as order_on from customer_tier")[0]
        quality = rows(
            connection,
            "select table_name, outcome, reason, sum(row_count)::bigint as row_count from data_quality group by all order by all",
        )
    return {
        "publication_id": publication["publication_id"],
        "as_of_date": str(latest["as_of"]) if latest["as_of"] else None,
        "latest_order": str(latest["order_on"]) if latest["order_on"] else None,
        "latest_order_age_days": (datetime.datetime.now(datetime.UTC).date() - latest["order_on"]).days if latest["order_on"] else None,
        "tiers": [{name: str(value) if isinstance(value, Decimal) else value for name, value in tier.items()} for tier in tiers],
        "data_quality": quality,
    }
