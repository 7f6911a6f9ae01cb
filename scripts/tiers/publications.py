"""What a publication is, what it changed against the one before, and whether it changed too much.

Three tables, carried from published file to published file, are the only state that is no function of the raw rows:
    publications        one row per publication
    tier_changes        one row per publication and customer whose tier is not that of the publication before
    publication_checks  one row per publication, check and what it looked at: the level, its change, the limit
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from tiers import __version__
from tiers.errors import TiersError, UsageError
from tiers.settings import project_vars

CHECKS = {
    "quarantined_at_first": "so much of {subject} is quarantined, mostly as {reason}",
    "quarantined_rows": "more of {subject} is quarantined, mostly as {reason}",
    "quarantined_amount": "more of the amount of {subject} is quarantined, mostly as {reason}",
    "fewer_customers": "fewer customers are graded",
    "fewer_recent_orders": "fewer orders were completed in the last 7 days than in the 7 before",
    "fallen_customers": "customers' tiers fell",
    "restated_customers": "customers have another tier for the day that was published last",
    "revenue_without_cost": "more revenue has no known cost",
}
"""Every check, with what it means to be beyond its limit."""

STATE = {"publications", "tier_changes", "publication_checks"}
"""The tables of a published file that are no function of the raw rows."""

LEAST_SIGN = 20
"""A change of fewer rows, customers or orders than this is no sign of anything."""

NEAR = 0.8
"""What has come this near to its limit is worth a warning."""

TABLES = """
    create table published.main.publications (
        publication_id bigint, published_at timestamp, as_of_date date, known_at timestamp, rules_fingerprint varchar, code_version varchar,
        returned_to bigint
    );
    create table published.main.tier_changes (publication_id bigint, customer_id varchar, from_tier varchar, to_tier varchar, cause varchar);
    create table published.main.publication_checks (
        publication_id bigint, check_name varchar, subject varchar, level decimal(18, 6), change decimal(18, 6), max_value decimal(18, 6), is_accepted boolean
    )
"""

CHANGES = """
    insert into published.main.tier_changes
    with moments as (
        select
            (select as_of_date from before.main.publications order by publication_id desc limit 1) as then_on,
            (select as_of_date from published.main.publications order by publication_id desc limit 1) as now_on,
            (select count(distinct rules_fingerprint) > 1 from published.main.publications where publication_id >= $publication - 1) as has_new_rules
    ),
    -- what the customer's tier on that morning is as it is known now
    that_morning as (
        select history.customer_id, history.tier, history.tier_source
        from published.main.customer_tier_history as history, moments
        where history.valid_from <= moments.then_on + 1 and coalesce(history.valid_to > moments.then_on + 1, true)
    ),
    compared as (
        select
            customer_id,
            earlier.tier as from_tier,
            latest.tier as to_tier,
            coalesce(moments.now_on >= moments.then_on and 'override' in (earlier.tier_source, coalesce(that_morning.tier_source, latest.tier_source)), false) as was_overridden,
            latest.tier_source = 'override'
            or coalesce(latest.tier_since not in (select review_date + 1 from published.main.tier_migration), false) as is_of_an_override,
            latest.customer_id is null
            or moments.now_on <= moments.then_on
            or (that_morning.tier is distinct from earlier.tier and not coalesce(earlier.is_provisional, that_morning.tier is null)) as is_of_the_past,
            moments.has_new_rules
        from before.main.customer_tier as earlier
        full join published.main.customer_tier as latest using (customer_id)
        left join that_morning using (customer_id)
        cross join moments
        where earlier.tier is distinct from latest.tier
    )
    select
        $publication,
        customer_id,
        from_tier,
        to_tier,
        case
            when is_of_the_past and was_overridden then 'override'
            when is_of_the_past and has_new_rules then 'rules'
            when is_of_the_past then 'restated'
            when is_of_an_override then 'override'
            else 'review'
        end
    from compared
"""

LEVELS = """
    with ledger as (
        select
            table_name,
            currency,
            sum(row_count) as rows,
            sum(abs(amount)) as amount,
            coalesce(sum(abs(amount)) filter (outcome = 'quarantined'), 0) as bad_amount
        from published.main.data_quality
        group by all
    ),
    tables as (
        select
            table_name,
            sum(row_count) as rows,
            coalesce(sum(row_count) filter (outcome = 'quarantined'), 0) / sum(row_count) as bad_share,
            max_by(reason, row_count) filter (outcome = 'quarantined') as main_reason
        from published.main.data_quality
        group by all
    ),
    as_of as (select as_of_date from warehouse.main.int_as_of),
    publication_before as (select as_of_date from published.main.publications where publication_id = $publication - 1),
    levels_before as (
        select check_name, subject, max_by(level, publication_id) as level
        from published.main.publication_checks
        where level is not null
        group by all
    ),
    graded as (
        select count(*) as now, (select level from levels_before where check_name = 'fewer_customers') as before
        from published.main.customer_tier
    ),
    recent_orders as (
        select
            count(*) filter (ordered_on > as_of_date - 7) as now,
            count(*) filter (ordered_on <= as_of_date - 7) as before,
            max(as_of_date) > (select as_of_date from publication_before) as has_moved_on
        from warehouse.main.int_orders, as_of
        where status = 'completed' and ordered_on between as_of_date - 13 and as_of_date
    ),
    reviews_since as (
        select greatest(count(distinct review_date), 1) as number
        from published.main.tier_migration
        where review_date > (select as_of_date from publication_before)
    ),
    changed as (
        select
            count(*) filter (cause = 'restated') as restated,
            count(*) filter (cause <> 'rules' and latest.tier_rank::int < earlier.tier_rank::int) as fallen
        from published.main.tier_changes as changes
        left join warehouse.main.tiers as earlier on changes.from_tier = earlier.tier
        left join warehouse.main.tiers as latest on changes.to_tier = latest.tier
        where publication_id = $publication
    ),
    costs as (
        select 1 - sum(net_of_known_cost) / nullif(sum(net), 0) as share_without, sum(orders) as orders
        from warehouse.main.int_purchase_days, as_of
        where business_date > as_of_date - $window_days and business_date <= as_of_date
    ),
    -- change null: as much as the level rose; of: how many rows, customers or orders the change is a share of
    levels (check_name, subject, level, change, of, reason) as (
        select 'quarantined_at_first', table_name, bad_share, bad_share, rows, main_reason from tables where $publication = 1
        union all
        select 'quarantined_rows', table_name, bad_share, null, rows, main_reason from tables
        union all
        select 'quarantined_amount', concat(table_name, ' in ', currency), bad_amount / nullif(amount, 0), null, ledger.rows, main_reason
        from ledger inner join tables using (table_name)
        where amount is not null and currency is not null
        union all
        select 'fewer_customers', null, now, coalesce(1 - now / nullif(before, 0), 0), before, null from graded
        union all
        select 'fewer_recent_orders', null, now, if(has_moved_on, coalesce(1 - now / nullif(before, 0), 0), 0), before, null from recent_orders
        union all
        select 'fallen_customers', null, fallen / number / nullif(graded.now, 0) as share, share, graded.now, null from changed, reviews_since, graded
        union all
        select 'restated_customers', null, restated / nullif(graded.now, 0) as share, share, graded.now, null from changed, graded
        union all
        select 'revenue_without_cost', null, share_without, null, orders, null from costs
    )
    select
        levels.check_name,
        levels.subject,
        levels.level,
        round(coalesce(change, if($publication > 1, levels.level - coalesce(levels_before.level, 0), null))::double, 6),
        of::double,
        reason
    from levels
    left join levels_before on levels.check_name = levels_before.check_name and levels.subject is not distinct from levels_before.subject
    where levels.level is not null
"""

IS_A_WISH = """
    select coalesce(bool_or(known_at is not null) or ($2 and max_by(as_of_date, publication_id) < min_by(as_of_date, publication_id)), false)
    from published.main.publications
    where publication_id >= $1 - 1 and $1 > 1
"""
"""Whether this publication was told to look back to another day, or it or the one before to another moment: that change is wished for."""


@dataclass(frozen=True)
class Publication:
    """What is about to be published: under which vars, rules and limits, what its user lets through, and what came near a limit."""

    dbt_vars: dict[str, object]
    fingerprint: str
    limits: dict[str, float]
    accepted: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def under(cls, rules: Path, dbt_vars: dict[str, object], accepted: tuple[str, ...]) -> Publication:
        """A publication under the rules of a directory."""
        return cls(dbt_vars, rules_fingerprint(rules, dbt_vars), publish_limits(rules), accepted)

    def record(self, connection: duckdb.DuckDBPyConnection, has_before: bool) -> None:
        """Write this publication into the new file (catalog `published`), beside `warehouse` and, if there is one, `before`.

        Raises TiersError, naming each check with its figure and limit, if it changes more than it may.
        """
        number = _record(
            connection,
            has_before,
            "select as_of_date, timezone('UTC', $known_at::timestamptz), $fingerprint, $version, null from warehouse.main.int_as_of",
            {"known_at": self.dbt_vars.get("known_at"), "fingerprint": self.fingerprint, "version": __version__},
        )
        self._check(connection, number)

    def _check(self, connection: duckdb.DuckDBPyConnection, number: int) -> None:
        window_days = int(self.dbt_vars.get("window_days") or project_vars()["window_days"])
        levels = connection.execute(LEVELS, {"publication": number, "window_days": window_days}).fetchall()
        is_wish = connection.execute(IS_A_WISH, [number, bool(self.dbt_vars.get("as_of_date"))]).fetchall()[0][0]
        beyond = []
        for check, subject, level, change, of, reason in levels:
            limit = self.limits.get(check)
            is_sign = not is_wish and None not in (limit, change, of) and round(change * of) >= LEAST_SIGN
            is_beyond = is_sign and change > limit
            is_accepted = is_beyond and bool({check, "all"} & set(self.accepted))
            connection.execute(
                "insert into published.main.publication_checks values ($1, $2, $3, $4, $5, $6, $7)",
                [number, check, subject, level, change, limit, is_accepted],
            )
            if is_sign and change > NEAR * limit:
                found = f"publish limit {check}: {CHECKS[check].format(subject=subject, reason=reason)}: {change:.1%}, and the limit is {limit:.1%}"
                if is_beyond and not is_accepted:
                    beyond.append(f"{found}; --accept {check} publishes it once")
                else:
                    self.warnings.append(f"{found}; it was let through" if is_accepted else found)
        if beyond:
            raise TiersError("\n".join(beyond))


def record_return(connection: duckdb.DuckDBPyConnection, has_before: bool) -> None:
    """Write into the new file, made from an older publication (catalog `warehouse`), that this is what holds again.

    It is a publication of its own, numbered on: who follows the feed learns what was taken back. The levels of then are its
    own, so that the next refresh is compared with what holds now.
    """
    number = _record(
        connection,
        has_before,
        "select as_of_date, known_at, rules_fingerprint, code_version, coalesce(returned_to, publication_id)"
        " from warehouse.main.publications order by publication_id desc limit 1",
        {},
    )
    connection.execute(
        f"insert into published.main.publication_checks select {number}, check_name, subject, level, null, null, false"
        " from warehouse.main.publication_checks where publication_id = (select max(publication_id) from warehouse.main.publications)"
    )


def _record(connection: duckdb.DuckDBPyConnection, has_before: bool, what: str, parameters: dict[str, object]) -> int:
    """Carry the tables over from the file before, add a publication, and what it changes; returns its number."""
    connection.execute(TABLES)
    if has_before:
        kept = {row[0] for row in connection.execute("select table_name from duckdb_tables() where database_name = 'before'").fetchall()}
        for table in STATE & kept:
            connection.execute(f"insert into published.main.{table} by name select * from before.main.{table}")
    number = connection.execute("select coalesce(max(publication_id), 0) + 1 from published.main.publications").fetchall()[0][0]
    connection.execute(f"insert into published.main.publications select {number}, timezone('UTC', now()), what.* from ({what}) as what", parameters)
    if number > 1:
        connection.execute(CHANGES, {"publication": number})
    return number


def publish_limits(rules: Path) -> dict[str, float]:
    """The limits of publish_limits.csv, check → greatest share. Raises UsageError, naming the row, for one that cannot be read."""
    file = rules / "publish_limits.csv"
    limits = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), 2):
            if row.get("check") not in CHECKS:
                raise UsageError(f"{file}, line {number}: there is no check {row.get('check')}; there are {', '.join(CHECKS)}")
            if not re.fullmatch(r"0?\.\d+|[01](\.0*)?", row.get("max_value") or ""):
                raise UsageError(f"{file}, line {number}: max_value is {row.get('max_value')}; it must be a share from 0 to 1")
            limits[row["check"]] = float(row["max_value"])
    return limits


def rules_fingerprint(rules: Path, dbt_vars: dict[str, object]) -> str:
    """A fingerprint of the rules and vars that tiers follow; the day and moment they are looked at are no part of it."""
    digest = hashlib.sha256()
    for file in sorted(rules.glob("*.csv")):
        if file.name != "publish_limits.csv":
            digest.update(file.name.encode() + file.read_bytes())
    in_force = {**project_vars(), **dbt_vars}
    for name in ("as_of_date", "known_at", "publish_facts", "raw_schema"):
        in_force.pop(name, None)
    digest.update(json.dumps(in_force, sort_keys=True, default=str).encode())
    return digest.hexdigest()[:16]
