"""Whether what BI reads is there, whole and fresh."""

from __future__ import annotations

import datetime
import fcntl
from pathlib import Path

import duckdb

from tiers.errors import TiersError, UsageError, first_line
from tiers.publish import versions


class StaleError(TiersError):
    """The published file is older than it may be (exit 4)."""

    exit_code = 4


def status(published: Path, warehouse: Path) -> dict[str, object]:
    """What is published, how old it is, and whether a refresh runs. Times are UTC.

    Raises UsageError if there is no published file, or it is not one that `tiers refresh` wrote.
    """
    copies = versions(published)
    if not published.exists() and not copies:
        raise UsageError(f"{published} does not exist: nothing has been published yet")
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            publication = connection.execute(
                "select publication_id, published_at, as_of_date, known_at, rules_fingerprint, code_version"
                " from publications order by publication_id desc limit 1"
            ).fetchall()[0]
            tiers = connection.execute("select tier, count(*) from customer_tier group by tier, tier_rank order by tier_rank desc").fetchall()
            changes = connection.execute(
                "select cause, count(*) from tier_changes where publication_id = $1 group by cause order by cause", [publication[0]]
            ).fetchall()
    except (duckdb.Error, IndexError) as error:
        if copies and "Could not set lock" not in str(error):
            way_out = f"tiers rollback puts back the copy of publication {next(iter(copies))}, and tiers refresh publishes a new one"
            raise UsageError(f"{published} is damaged or gone; {way_out}: {first_line(error)}") from error
        raise UsageError(f"{published} was not published by tiers refresh, or by an older version: {first_line(error)}") from error
    number, published_at, as_of, known_at, fingerprint, version = publication
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    return {
        "published": str(published),
        "publication_id": number,
        "published_at": published_at.isoformat(timespec="seconds"),
        "age_hours": round((now - published_at).total_seconds() / 3600, 1),
        "as_of_date": str(as_of) if as_of else None,
        "data_age_days": (now.date() - as_of).days if as_of else None,
        "known_at": known_at.isoformat() if known_at else None,
        "rules_fingerprint": fingerprint,
        "code_version": version,
        "customers": dict(tiers),
        "tier_changes": dict(changes),
        "running_refresh": running_refresh(warehouse),
    }


def check_fresh(found: dict[str, object], max_age_hours: float, max_data_age_days: int | None) -> None:
    """Raise StaleError if the publication, or the last day it counts, is older than it may be."""
    if found["age_hours"] >= max_age_hours:
        raise StaleError(f"{found['published']} was published {found['age_hours']} hours ago, and the limit is {max_age_hours:g}")
    if max_data_age_days is not None and found["data_age_days"] is not None and found["data_age_days"] > max_data_age_days:
        raise StaleError(f"the last day that {found['published']} counts is {found['data_age_days']} days ago, and the limit is {max_data_age_days}")


def running_refresh(warehouse: Path) -> int | None:
    """The process that holds the warehouse's lock; None if nobody does."""
    try:
        with open(f"{warehouse}.lock", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return int(file.read().strip() or 0)
    except FileNotFoundError:
        pass
    return None
