"""Why a customer has their tier on a day: worked out again from the facts, breakpoints and rules of a warehouse."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb

from tiers.database import rows
from tiers.errors import TiersError, UsageError, first_line
from tiers.refresh import SAMPLE
from tiers.rules import COLUMNS, Alternative, Condition, Rules, checked_rules

SCORED = {"recency": "recency_days", "frequency": "frequency", "monetary": "monetary", "profit": "net_profit"}
"""The metric behind each score; of recency_days fewer are better, of the others more."""
SETTINGS = {"known_at", "reporting_currency", "review_cadence", "score_by", "tier_grace_reviews", "tier_soft_landing", "window_days"}
PATTERNS = {
    *("promotion_share", "flagship_share", "categories", "average_interval_days"),
    *("recency_intervals", "frequency_trend", "monetary_trend"),
}
"""The metrics of fct_customer_patterns. They are worked out when asked for, so only where a rule asks for one."""
PURCHASE_SUMS = ("orders", "net", "cost_of_goods", "net_of_known_cost", "shipping_cost", "refund_amount", "returned_cost")
CONTACT_SUMS = (
    *("interactions", "inbound", "outbound", "complaints", "events_attended", "campaign_touches"),
    *("campaign_responses", "referrals", "satisfaction_answers", "satisfaction_total", "service_cost"),
)
BREAKPOINT_COLUMNS = ("review_date", "score_group", "metric", "b1", "b2", "b3", "b4", "population", "is_warm_up")

Value = Decimal | int | None


@dataclass(frozen=True)
class Breakpoints:
    """What parts the scores of one metric at a review, b1 to b4 in the metric's unit; empty with too few buyers."""

    metric: str
    values: tuple[Decimal, ...]
    population: int
    is_warm_up: bool

    def score(self, value: Value) -> int:
        """The score, 1 to 5, of a buyer's value; 3 without breakpoints."""
        if not self.values:
            return 3
        return 1 + sum(value < b if self.metric == "recency" else value > b for b in self.values)

    def earning(self, least: int) -> Decimal | None:
        """The worst value of the metric that a buyer would have scored at least this with; None: no value would do.

        Whole days and orders, or cents; a score of 1 comes with any purchase, and has None too.
        """
        if least < 2 or least > 5 or not self.values:
            return None
        step = Decimal("0.01") if SCORED[self.metric] in ("monetary", "net_profit") else Decimal(1)
        if self.metric == "recency":
            days = self.values[least - 2].quantize(step, ROUND_CEILING) - step
            return days if days >= 0 else None
        return self.values[least - 2].quantize(step, ROUND_FLOOR) + step


@dataclass(frozen=True)
class Review:
    """One review of a customer and the tier that follows from it and those before it. Tiers are ranks.

    graced is w of the rules: the highest kept within the grace, and graced_on the latest review that kept it; kept_on is the latest
    within the grace that kept at least the held tier, if there is one.
    held_before is None at the customer's first review.
    """

    review_date: datetime.date
    is_closed: bool
    score_group: str
    metrics: dict[str, Value]
    breakpoints: dict[str, Breakpoints]
    version: datetime.date
    earned: int
    kept: int
    graced: int
    graced_on: datetime.date
    kept_on: datetime.date | None
    held_before: int | None
    held: int
    source: str


# Reading


def explain(warehouse: Path, customer_id: str, on: str | None = None, known_at: str | None = None) -> dict[str, object]:
    """Why a customer has their tier on a day, as one object that JSON can hold; without a day, the morning after as_of_date.

    Counts are numbers and decimals are text, so that no digit is lost. Raises UsageError if the warehouse, the customer
    or the day has no tier to explain, and TiersError if the warehouse holds another tier than follows from its rules.
    """
    with _opened(warehouse) as connection:
        return _explain(connection, warehouse, customer_id, on, known_at)


@contextmanager
def _opened(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    if not warehouse.is_file():
        raise UsageError(f"there is no warehouse {warehouse}: make it with tiers refresh, or name another with --warehouse")
    try:
        connection = duckdb.connect(str(warehouse), read_only=True)
    except duckdb.Error as error:
        told = "a refresh is writing to it, try again when it is done" if "Conflicting lock" in str(error) else first_line(error)
        raise UsageError(f"{warehouse} cannot be opened: {told}") from error
    with connection:
        try:
            yield connection
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise _other_version(warehouse, first_line(error)) from error
        except duckdb.Error as error:
            raise UsageError(f"{warehouse} cannot be read: {first_line(error)}") from error


def _explain(connection: duckdb.DuckDBPyConnection, warehouse: Path, asked_for: str, on: str | None, known_at: str | None) -> dict[str, object]:
    settings = {row["var_name"]: json.loads(row["setting"]) for row in rows(connection, "select var_name, setting from int_settings")}
    _check_version(warehouse, settings.keys(), SETTINGS)
    _check_known_at(connection, warehouse, settings["known_at"], known_at)
    unfinished = rows(connection, "select review_date from int_reviews where review_date not in (select review_date from int_built_reviews)")
    if unfinished:
        raise UsageError(f"the last refresh of {warehouse} did not finish: run tiers refresh again")
    as_of = rows(connection, "select as_of_date from int_as_of")[0]["as_of_date"]
    customer_id = _counted_for(connection, warehouse, asked_for)
    day = _day(on, as_of)

    rules = _rules(connection)
    facts = _facts(connection, customer_id, day)
    for row, _ in facts[:1]:
        _check_version(warehouse, row.keys() | PATTERNS, rules.units.keys() - {f"{name}_score" for name in SCORED})
    if rules.metrics & PATTERNS:
        _add_patterns(connection, customer_id, facts)
    reviews = _followed(facts, rules, settings)
    if not reviews:
        raise _without_tier(connection, customer_id, day, as_of)
    closed = [review for review in reviews if review.is_closed]
    review = (closed or reviews)[-1]
    if not closed and day <= as_of:
        raise _without_tier(connection, customer_id, day, as_of)
    _check_agreement(connection, warehouse, customer_id, review)

    override = _override_in_force(connection, customer_id, day, as_of)
    tier = next(tier for tier in rules.tiers if tier.name == override["tier"]) if override else rules.tier(review.held)
    history = rows(
        connection,
        "select tier, valid_from, previous_tier from customer_tier_history where customer_id = ? and valid_from <= ? and (valid_to > ? or valid_to is null)",
        customer_id, day, day,
    )  # fmt: skip
    if closed and [row["tier"] for row in history] != [tier.name]:
        raise _disagreement(warehouse, customer_id, f"{tier.name} on {day}")
    since = history[0] if history else {"valid_from": None, "previous_tier": None}
    return _plain(
        {
            "customer_id": customer_id,
            "asked_for": asked_for,
            "on": day,
            "as_of_date": as_of,
            "known_at": settings["known_at"],
            "reporting_currency": settings["reporting_currency"],
            "tier": tier.name,
            "tier_rank": tier.rank,
            "tier_label_en": tier.label_en,
            "tier_label_zh": tier.label_zh,
            "tier_source": "override" if override else review.source,
            "tier_since": since["valid_from"],
            "previous_tier": since["previous_tier"],
            "is_provisional": not closed,
            "because": _because(review, rules, override, settings),
            "override": override,
            "review": _review(review, rules, settings),
            "scores": _scores(review, rules),
            "rules": [_rule(rule, review, rules) for rule in rules.versions[review.version]],
            "next": _next_step(reviews[-1], tier.rank, rules),
            "keep_until": override["valid_to"] if override else _kept_until(connection, customer_id, reviews, rules, settings),
        }
    )


def _check_version(warehouse: Path, found: Iterable[str], needed: Set[str]) -> None:
    missing = sorted(needed - set(found))
    if missing:
        raise _other_version(warehouse, f"it has no {missing[0]}")


def _other_version(warehouse: Path, reason: str) -> UsageError:
    return UsageError(f"{warehouse} is no warehouse of this version ({reason}): make it again with tiers refresh")


def _check_known_at(connection: duckdb.DuckDBPyConnection, warehouse: Path, built_with: str | None, wanted: str | None) -> None:
    if wanted is None:
        return
    moment = _time(wanted)
    if built_with and moment == _time(built_with):
        return
    known = f"known at {built_with}" if built_with else "known today"
    try:
        source = rows(connection, "select source from harness.warehouse_source")[0]["source"]
    except duckdb.CatalogException:
        source = SAMPLE
    raw = "--sample" if source == SAMPLE else f"--raw {source if Path(source).is_absolute() else 'DIR'}"
    raise UsageError(
        f"{warehouse} shows what was {known}; build the other view first: tiers refresh {raw} --known-at {wanted} "
        "--warehouse OTHER --publish OTHER.published, then explain with --warehouse OTHER"
    )


def _time(text: str) -> datetime.datetime:
    """The moment of a time in ISO 8601; without an offset it is UTC."""
    try:
        time = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--known-at is {text}; it must be a time in ISO 8601") from error
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)


def _counted_for(connection: duckdb.DuckDBPyConnection, warehouse: Path, asked_for: str) -> str:
    """The customer that an id counts for. Raises UsageError if it is not known or never graded."""
    identities = rows(connection, "select customer_id, is_graded from int_identities where given_id = ?", asked_for)
    customer_id = identities[0]["customer_id"] if identities else asked_for
    if identities and not identities[0]["is_graded"]:
        merged = "" if customer_id == asked_for else f" was merged into {customer_id}, which"
        raise UsageError(f"{asked_for}{merged} is an internal or anonymous customer, and those are never graded")
    if not rows(connection, "select customer_id from int_customers where customer_id = ?", customer_id):
        raise UsageError(f"there is no customer {asked_for} in {warehouse}; ids count exactly as given")
    return customer_id


def _day(on: str | None, as_of: datetime.date) -> datetime.date:
    last = as_of + datetime.timedelta(days=1)
    try:
        day = datetime.date.fromisoformat(on) if on else last
    except ValueError as error:
        raise UsageError(f"--on is {on}; it must be a date, YYYY-MM-DD") from error
    if day > last:
        raise UsageError(f"{day} is after {last}, the morning after as_of_date: no tier is known for it yet")
    return day


def _without_tier(connection: duckdb.DuckDBPyConnection, customer_id: str, day: datetime.date, as_of: datetime.date) -> UsageError:
    seen = rows(connection, "select first_seen_on from int_customers where customer_id = ?", customer_id)[0]["first_seen_on"]
    first = rows(
        connection,
        "select min(review_date) as any_review, min(review_date) filter (where is_closed) as closed_review "
        "from fct_tier_reviews where customer_id = ?",
        customer_id,
    )[0]
    if first["closed_review"]:
        reason = f"the first is of {first['closed_review'] + datetime.timedelta(days=1)}, the day after their first closed review"
    elif first["any_review"]:
        reason = f"no review of theirs is closed yet; {as_of + datetime.timedelta(days=1)} has a provisional one"
    else:
        reason = f"first seen on {seen}, they are in no review yet" if seen else "nobody knows since when they are a customer, so they are in no review"
    return UsageError(f"{customer_id} has no tier on {day}: {reason}")


def _rules(connection: duckdb.DuckDBPyConnection) -> Rules:
    return checked_rules(
        {
            table: [(f"{table}, row {number}", row) for number, row in enumerate(rows(connection, f"select {', '.join(columns)} from {table}"), 1)]
            for table, columns in COLUMNS.items()
        }
    )


def _facts(connection: duckdb.DuckDBPyConnection, customer_id: str, day: datetime.date) -> list[tuple[dict[str, object], dict[str, Breakpoints]]]:
    """The customer's reviews before a day, in order, each with the breakpoints of its score group by metric."""
    facts = rows(
        connection,
        "select * from (select * from fct_customer_reviews where customer_id = ?) as facts "
        "inner join (select * from fct_customer_engagement where customer_id = ?) as engagement using (customer_id, review_date) "
        "inner join (select review_date, is_closed from int_reviews) as reviews using (review_date) where review_date < ? order by review_date",
        customer_id, customer_id, day,
    )  # fmt: skip
    breakpoints: dict[tuple, dict[str, Breakpoints]] = {}
    groups = sorted({row["score_group"] for row in facts})
    for row in rows(connection, f"select {', '.join(BREAKPOINT_COLUMNS)} from fct_score_breakpoints where score_group = any(?::varchar[]) and review_date < ?", groups, day):
        values = tuple(row[f"b{number}"] for number in (1, 2, 3, 4) if row["b1"] is not None)
        of_review = breakpoints.setdefault((row["review_date"], row["score_group"]), {})
        of_review[row["metric"]] = Breakpoints(row["metric"], values, row["population"], row["is_warm_up"])
    return [(row, breakpoints.get((row["review_date"], row["score_group"]), {})) for row in facts]


def _add_patterns(connection: duckdb.DuckDBPyConnection, customer_id: str, facts: list[tuple[dict[str, object], dict[str, Breakpoints]]]) -> None:
    """Adds to each review how the customer bought; whoever had not bought by then has no pattern and no categories."""
    found = rows(connection, "select * exclude (customer_id) from fct_customer_patterns where customer_id = ?", customer_id)
    patterns = {row.pop("review_date"): row for row in found}
    for row, _ in facts:
        row.update(patterns.get(row["review_date"], dict.fromkeys(PATTERNS) | {"categories": 0}))


def _override_in_force(connection: duckdb.DuckDBPyConnection, customer_id: str, day: datetime.date, as_of: datetime.date) -> dict[str, object] | None:
    found = rows(
        connection,
        """
        select overrides.tier, overrides.valid_from, overrides.valid_to, overrides.reason, overrides.approved_by
        from stg_tier_overrides as overrides
        left join int_identities as identities on overrides.customer_id = identities.given_id
        where coalesce(identities.customer_id, overrides.customer_id) = ? and overrides.outcome = 'current' and overrides.effective_on <= ?
            and overrides.valid_from <= ? and coalesce(overrides.valid_to >= ?, true)
        order by overrides.valid_from desc, overrides.valid_to desc nulls first, overrides.tier desc, overrides.customer_id
        limit 1
        """,
        customer_id, as_of, day, day,
    )  # fmt: skip
    return found[0] if found else None


def _check_agreement(connection: duckdb.DuckDBPyConnection, warehouse: Path, customer_id: str, review: Review) -> None:
    """What is explained must be what was built."""
    built = rows(
        connection,
        "select earned_rank, keep_rank, held_rank, held_source from fct_tier_reviews where customer_id = ? and review_date = ?",
        customer_id, review.review_date,
    )  # fmt: skip
    if [tuple(row.values()) for row in built] != [(review.earned, review.kept, review.held, review.source)]:
        raise _disagreement(warehouse, customer_id, f"the tier held after the review of {review.review_date}")


def _disagreement(warehouse: Path, customer_id: str, what: str) -> TiersError:
    return TiersError(f"{what} of {customer_id} does not follow from the rules in {warehouse}: something changed them since; run tiers refresh")


# Deriving


def _followed(facts: list[tuple[dict[str, object], dict[str, Breakpoints]]], rules: Rules, settings: dict[str, object]) -> list[Review]:
    """A customer's reviews, in order, each with the tier that follows from it and those before it."""
    reviews: list[Review] = []
    for row, breakpoints in facts:
        metrics = {name: value for name, value in row.items() if name not in ("customer_id", "review_date", "score_group", "is_closed")}
        for name, metric in SCORED.items():
            metrics[f"{name}_score"] = breakpoints[name].score(metrics[metric]) if metrics["frequency"] else 0
        version = rules.in_force(row["review_date"])
        earned = rules.highest_met(version, "entry", metrics) or 0
        kept = max(earned, rules.highest_met(version, "retain", metrics) or 0)
        within_grace = reviews[max(0, len(reviews) - settings["tier_grace_reviews"]) :]
        keeping = [(review.kept, review.review_date) for review in within_grace] + [(kept, row["review_date"])]
        graced, graced_on = max(keeping)
        before = reviews[-1].held if reviews else None
        held = earned if before is None else max(earned, min(before, graced), before - 1 if settings["tier_soft_landing"] else 0)
        kept_on = max((day for rank, day in keeping if rank >= held), default=None)
        source = "earned" if held == earned else "grace" if held == min(before, graced) else "soft_landing"
        reviews.append(
            Review(
                row["review_date"], row["is_closed"], row["score_group"], metrics, breakpoints,
                version, earned, kept, graced, graced_on, kept_on, before, held, source,
            )
        )  # fmt: skip
    return reviews


def _next_step(review: Review, rank: int, rules: Rules) -> dict[str, object] | None:
    """What the next tier above a rank that has an entry rule asks for and the customer lacks; None if there is none.

    The nearest alternative is the one that asks for the fewest metrics without a value, then the one with the fewest conditions
    unmet, then the first. metric and gap say it in one number (see _lacking), of several the first metric by name that has a value.
    """
    ways = [rule for rule in rules.versions[review.version] if rule.kind == "entry" and rule.tier.rank > rank]
    if not ways:
        return None
    tier = min((rule.tier for rule in ways), key=lambda tier: tier.rank)

    def distance(rule: Alternative) -> int:
        return sum(100 if review.metrics[condition.metric] is None else 1 for condition in rule.unmet(review.metrics))

    nearest = min((rule for rule in ways if rule.tier == tier), key=distance)
    unmet = nearest.unmet(review.metrics)
    first = min(unmet, key=lambda condition: (review.metrics[condition.metric] is None, condition.metric), default=None)
    metric, gap = _lacking(first, review) if first else (None, None)
    return {
        "review_date": review.review_date,
        "tier": tier.name,
        "tier_rank": tier.rank,
        "tier_label_en": tier.label_en,
        "alternative": nearest.name,
        "metric": metric,
        "gap": None if gap is None else Decimal(gap),
        "missing": [_missing(condition, review, rules) for condition in unmet],
    }


def _lacking(condition: Condition, review: Review) -> tuple[str, Value]:
    """The metric that must change so that an unmet condition is just met, and what must be added to it (None: no value is known, or none would do).

    Of a score that is too low it is the metric behind it; frequency, where only an order in the window is missing.
    """
    value, low, high = review.metrics[condition.metric], condition.min_value, condition.max_value
    name = condition.metric.removesuffix("_score")
    if name == condition.metric or name not in SCORED or low is None or value >= low:
        bound = high if low is None or (value is not None and value >= low) else low
        return condition.metric, None if value is None or bound is None else bound - value
    least = max(1, int(low.to_integral_value(ROUND_CEILING)))
    behind = review.metrics[SCORED[name]]
    bound = review.breakpoints[name].earning(least) if name in review.breakpoints else None
    if _lacks_order(name, least, review):
        return "frequency", max(bound or 1, 1) if name == "frequency" else 1
    return SCORED[name], None if bound is None or behind is None else bound - behind


def _lacks_order(name: str, least: int, review: Review) -> bool:
    """Whether nothing but an order in the window is missing for a score: any would earn it, or the metric behind it is there already."""
    if review.metrics["frequency"] or name not in review.breakpoints:
        return False
    if least <= (1 if review.breakpoints[name].values else 3):
        return True
    bound, value = review.breakpoints[name].earning(least), review.metrics[SCORED[name]]
    return bound is not None and (value is None or value <= bound if name == "recency" else value >= bound)


def _missing(condition: Condition, review: Review, rules: Rules) -> dict[str, object]:
    """An unmet condition: gap is how far the value is from the bound (None without a value); earns, of a score that is too low,
    the metric value that would have earned it by the breakpoints of that review (None: none would, or it is no such score)."""
    value, low, high = review.metrics[condition.metric], condition.min_value, condition.max_value
    is_low = low is not None and (value is None or value < low)
    gap = None if value is None else low - value if is_low else value - high if high is not None else None
    return _condition(condition, review, rules) | {"gap": gap, "earns": _earning(condition, review, rules) if is_low else None}


def _earning(condition: Condition, review: Review, rules: Rules) -> dict[str, object] | None:
    name = condition.metric.removesuffix("_score")
    if name == condition.metric or name not in review.breakpoints:
        return None
    least = max(1, int(condition.min_value.to_integral_value(ROUND_CEILING)))
    bound, lacks_order = review.breakpoints[name].earning(least), _lacks_order(name, least, review)
    if bound is None and not lacks_order:
        return None
    return {
        "metric": SCORED[name],
        "label_en": rules.label(SCORED[name]),
        "unit": rules.units[SCORED[name]],
        "value": review.metrics[SCORED[name]],
        "min_value": None if name == "recency" else bound,
        "max_value": bound if name == "recency" else None,
        "needs_order_in_window": review.metrics["frequency"] == 0,
    }


def _kept_until(
    connection: duckdb.DuckDBPyConnection, customer_id: str, reviews: list[Review], rules: Rules, settings: dict[str, object]
) -> datetime.date | None:
    """The last day with at least the held tier if nothing more happens: the first review to come at which none within the grace keeps it.

    Rules and breakpoints are those of the last review. None: there is no such review before everything has left the window.
    """
    last, grace = reviews[-1], settings["tier_grace_reviews"]
    closed = [review for review in reviews if review.is_closed]
    held = (closed or reviews)[-1].held
    kept = max((1 - place for place, review in enumerate(reversed(closed[-grace - 1 :]), 1) if review.kept >= held), default=-grace)
    totals = _window_totals(connection, customer_id, last.review_date, settings["window_days"])
    patterns = _patterns(connection, customer_id, last.review_date, settings["window_days"]) if rules.metrics & PATTERNS else lambda _: {}
    for number, review_date in enumerate(_coming_reviews(last.review_date, settings), 1):
        metrics = _aged(last, review_date, totals(review_date)) | patterns(review_date)
        is_kept = (rules.highest_met(last.version, "entry", metrics) or 0) >= held
        if closed or number > 1:
            is_kept = is_kept or (rules.highest_met(last.version, "retain", metrics) or 0) >= held
        kept = number if is_kept else kept
        if number - kept > grace:
            return review_date
    return None


def _coming_reviews(last: datetime.date, settings: dict[str, object]) -> list[datetime.date]:
    """The reviews after one, up to where everything has left the window and the grace is over."""
    cadence = settings["review_cadence"]
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92}[cadence]
    days = settings["window_days"] + settings["tier_grace_reviews"] * longest
    return sorted({_period_end(last + datetime.timedelta(days=number), cadence) for number in range(1, days + 1)})


def _period_end(day: datetime.date, cadence: str) -> datetime.date:
    if cadence == "day":
        return day
    if cadence == "week":
        return day + datetime.timedelta(days=6 - day.weekday())
    month = day.month if cadence == "month" else (day.month + 2) // 3 * 3
    return datetime.date(day.year + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1)


def _window_totals(
    connection: duckdb.DuckDBPyConnection, customer_id: str, last: datetime.date, window_days: int
) -> Callable[[datetime.date], dict[str, Value]]:
    """What is known at a review, by the review to come whose window still holds it."""
    days = {
        table: rows(connection, f"select * from {table} where customer_id = ? and {seen_on} <= ?", customer_id, last)
        for table, seen_on in (("int_purchase_days", "business_date"), ("int_contact_days", "business_date"), ("int_conversions", "converted_on"))
    }

    def totals(review_date: datetime.date) -> dict[str, Value]:
        begins = review_date - datetime.timedelta(days=window_days)
        purchases, contacts = ([row for row in days[table] if row["business_date"] > begins] for table in ("int_purchase_days", "int_contact_days"))
        sums = {name: sum(row[name] for row in rows) for rows, names in ((purchases, PURCHASE_SUMS), (contacts, CONTACT_SUMS)) for name in names}
        return sums | {"converted_referrals": sum(row["occurred_on"] > begins for row in days["int_conversions"])}

    return totals


def _patterns(
    connection: duckdb.DuckDBPyConnection, customer_id: str, last: datetime.date, window_days: int
) -> Callable[[datetime.date], dict[str, Value]]:
    """How the customer will have bought at a review to come, by what is known at the last one."""
    days = rows(connection, "select * from int_purchase_days where customer_id = ? and business_date <= ? and orders > 0", customer_id, last)
    lines = rows(connection, "select distinct ordered_on, category from int_order_lines where customer_id = ? and ordered_on <= ?", customer_id, last)
    order_days = sorted(row["business_date"] for row in days)

    def patterns(review_date: datetime.date) -> dict[str, Value]:
        begins, middle = (review_date - datetime.timedelta(days=back) for back in (window_days, window_days // 2))
        recent = [row for row in days if row["business_date"] > middle]
        earlier = [row for row in days if begins < row["business_date"] <= middle]
        sums = {name: sum(row[name] for row in recent + earlier) for name in ("net", "promoted_net", "flagship_net")}
        intervals = len(order_days) - 1
        span, silence = ((order_days[-1] - order_days[0]).days, (review_date - order_days[-1]).days) if days else (0, 0)
        orders_before, net_before = (sum(row[name] for row in earlier) for name in ("orders", "net"))
        return {
            "promotion_share": _ratio(sums["promoted_net"], sums["net"]) if sums["net"] > 0 else None,
            "flagship_share": _ratio(sums["flagship_net"], sums["net"]) if sums["net"] > 0 else None,
            "categories": len({row["category"] for row in lines if row["ordered_on"] > begins} - {None}),
            "average_interval_days": _ratio(span, intervals) if intervals > 0 else None,
            "recency_intervals": _ratio(silence * intervals, span) if intervals > 0 else None,
            "frequency_trend": _ratio(sum(row["orders"] for row in recent), orders_before) if orders_before else None,
            "monetary_trend": _ratio(sum(row["net"] for row in recent), net_before) if net_before > 0 else None,
        }

    return patterns


def _aged(last: Review, review_date: datetime.date, totals: dict[str, Value]) -> dict[str, Value]:
    """The metrics of a review to come: what grows with time, what is left in the window, and what stays."""
    passed = (review_date - last.review_date).days
    recency = last.metrics["recency_days"]
    monetary, cost_of_goods = totals["net"] - totals["refund_amount"], totals["cost_of_goods"] - totals["returned_cost"]
    answers, net = totals["satisfaction_answers"], totals["net"]
    metrics = last.metrics | {name: totals[name] for name in CONTACT_SUMS if name in last.metrics} | {
        "recency_days": None if recency is None else recency + passed,
        "tenure_days": last.metrics["tenure_days"] + passed,
        "frequency": totals["orders"],
        "monetary": monetary,
        "cost_of_goods": cost_of_goods,
        "gross_profit": monetary - cost_of_goods,
        "shipping_cost": totals["shipping_cost"],
        "net_profit": monetary - cost_of_goods - totals["service_cost"] - totals["shipping_cost"],
        "cost_coverage": _ratio(totals["net_of_known_cost"], net) if net > 0 else None,
        "satisfaction": _ratio(totals["satisfaction_total"], answers) if answers else None,
        "converted_referrals": totals["converted_referrals"],
    }  # fmt: skip
    for name, metric in SCORED.items():
        metrics[f"{name}_score"] = last.breakpoints[name].score(metrics[metric]) if metrics["frequency"] else 0
    return metrics


def _ratio(numerator: Value, denominator: Value) -> Decimal:
    return (Decimal(numerator) / denominator).quantize(Decimal("0.0001"), ROUND_HALF_UP)


# What is handed out


def _plain(value: object) -> object:
    """The same with decimals and dates as text."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, datetime.date) else value


def _condition(condition: Condition, review: Review, rules: Rules) -> dict[str, object]:
    value = review.metrics.get(condition.metric)
    return {
        "metric": condition.metric,
        "label_en": rules.label(condition.metric),
        "unit": rules.units[condition.metric],
        "min_value": condition.min_value,
        "max_value": condition.max_value,
        "value": value,
        "is_met": condition.is_met(value),
    }


def _rule(rule: Alternative, review: Review, rules: Rules) -> dict[str, object]:
    return {
        "tier": rule.tier.name,
        "tier_rank": rule.tier.rank,
        "tier_label_en": rule.tier.label_en,
        "kind": rule.kind,
        "alternative": rule.name,
        "is_met": not rule.unmet(review.metrics),
        "conditions": [_condition(condition, review, rules) for condition in rule.conditions],
    }


def _scores(review: Review, rules: Rules) -> list[dict[str, object]]:
    """The four scores; without any buyer in the score group there are no breakpoints to show."""
    scores = []
    for name, metric in SCORED.items():
        breakpoints = review.breakpoints.get(name)
        values = (breakpoints and breakpoints.values) or (None,) * 4
        scores.append(
            {
                "score": name,
                "metric": metric,
                "unit": rules.units[metric],
                "value": review.metrics[metric],
                "scored": review.metrics[f"{name}_score"],
                **{f"b{number}": value for number, value in enumerate(values, 1)},
                "population": breakpoints.population if breakpoints else 0,
                "is_warm_up": breakpoints.is_warm_up if breakpoints else None,
            }
        )
    return scores


def _review(review: Review, rules: Rules, settings: dict[str, object]) -> dict[str, object]:
    return {
        "review_date": review.review_date,
        "is_closed": review.is_closed,
        "window_begins": review.review_date - datetime.timedelta(days=settings["window_days"] - 1),
        "rules_version": review.version,
        "score_by": settings["score_by"],
        "score_group": review.score_group,
        "earned_tier": rules.tier(review.earned).name,
        "keep_tier": rules.tier(review.kept).name,
        "grace_tier": rules.tier(review.graced).name,
        "grace_review_date": review.graced_on,
        "tier_grace_reviews": settings["tier_grace_reviews"],
        "tier_soft_landing": settings["tier_soft_landing"],
        "held_before": None if review.held_before is None else rules.tier(review.held_before).name,
        "held_tier": rules.tier(review.held).name,
        "held_source": review.source,
        "metrics": review.metrics,
    }


def _because(review: Review, rules: Rules, override: dict[str, object] | None, settings: dict[str, object]) -> str:
    """What grace, soft landing or an override did, in plain sentences."""

    def label(rank: int) -> str:
        return rules.tier(rank).label_en

    day, held = review.review_date, label(review.held)
    if review.source == "earned":
        text = f"{held} was earned at the review of {day}."
        if review.held_before is not None and review.held < review.held_before:
            text = f"{held} is what was earned at the review of {day}; {label(review.held_before)}, held before, was lost."
    elif review.source == "grace" and review.kept >= review.held:
        text = f"The review of {day} earned only {label(review.earned)}, but {held} stays, because a rule for keeping {label(review.kept)} is still met."
    elif review.source == "grace":
        grace = settings["tier_grace_reviews"]
        text = (
            f"The review of {day} earned only {label(review.earned)} and met no rule for keeping {held}; grace lets it stay, because "
            f"that of {review.kept_on} still did, and a bad period costs nothing for {grace} {'review' if grace == 1 else 'reviews'}."
        )
    else:
        text = (
            f"The review of {day} earned only {label(review.earned)}, and nothing above {label(review.graced)} was kept within the grace; "
            f"soft landing lets the tier fall one step, from {label(review.held_before)} to {held}, rather than at once."
        )
    if not review.is_closed:
        text += " No review of this customer is closed yet, so the tier is provisional."
    if override is None:
        return text
    until = f"to {override['valid_to']}" if override["valid_to"] else "on, without an end"
    granted = next(tier for tier in rules.tiers if tier.name == override["tier"]).label_en
    return (
        f"{granted} was granted by hand from {override['valid_from']} {until}, approved by {override['approved_by']}: "
        f"{override['reason']}. Without it the tier would be {held}. {text}"
    )
