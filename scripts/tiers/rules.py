"""The tier rules: read, checked, and put into words."""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from tiers.errors import UsageError
from tiers.project import PROJECT

KINDS = ("entry", "retain")
NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
COLUMNS = {
    "tiers": ("tier", "tier_rank", "label_en", "label_zh"),
    "tier_rules": ("valid_from", "tier", "kind", "alternative", "metric", "min_value", "max_value"),
    "metrics": ("metric", "unit"),
    "metric_labels": ("metric", "label_en", "label_zh"),
}

Row = tuple[str, dict[str, str | None]]
"""A row of a rule table, after the place it was read from, such as "tier_rules.csv, line 7"."""


@dataclass(frozen=True)
class Tier:
    """A row of tiers.csv."""

    name: str
    rank: int
    label_en: str
    label_zh: str


@dataclass(frozen=True)
class Condition:
    """A row of tier_rules.csv. Bounds are inclusive and in the metric's own unit; None is no bound."""

    tier: Tier
    kind: str
    alternative: str
    metric: str
    min_value: Decimal | None
    max_value: Decimal | None

    def is_met(self, value: Decimal | int | None) -> bool:
        """Whether a value of the metric is within the bounds; None, no value, never is."""
        return (
            value is not None
            and (self.min_value is None or value >= self.min_value)
            and (self.max_value is None or value <= self.max_value)
        )


@dataclass(frozen=True)
class Alternative:
    """Conditions that must all hold for a tier to be earned (entry) or kept (retain)."""

    tier: Tier
    kind: str
    name: str
    conditions: tuple[Condition, ...]

    @property
    def lets_everyone_in(self) -> bool:
        """Whether nobody who has been seen can fail it: tenure_days of 0 or more, alone."""
        return all(c.metric == "tenure_days" and c.max_value is None and (c.min_value or 0) <= 0 for c in self.conditions)

    def unmet(self, values: dict[str, Decimal | int | None]) -> list[Condition]:
        """The conditions that do not hold for a customer's metrics; one that is not among them fails."""
        return [condition for condition in self.conditions if not condition.is_met(values.get(condition.metric))]


@dataclass(frozen=True)
class Rules:
    """The tiers, highest first; the alternatives of each version, highest tier and entry first; of each metric unit and labels."""

    tiers: tuple[Tier, ...]
    versions: dict[datetime.date, tuple[Alternative, ...]]
    units: dict[str, str]
    labels: dict[str, dict[str, str]]

    @property
    def metrics(self) -> set[str]:
        """The metrics that any version looks at."""
        return {condition.metric for alternatives in self.versions.values() for rule in alternatives for condition in rule.conditions}

    def tier(self, rank: int) -> Tier:
        """The tier of a rank."""
        return self.tiers[len(self.tiers) - 1 - rank]

    def label(self, metric: str, language: str = "en") -> str:
        """The metric as a reader would call it; one without a label goes by its name."""
        return self.labels[language].get(metric) or metric.replace("_", " ")

    def in_force(self, review_date: datetime.date) -> datetime.date:
        """The version that holds at a review: the latest up to it; before the first, the first."""
        return max((version for version in self.versions if version <= review_date), default=min(self.versions))

    def highest_met(self, version: datetime.date, kind: str, values: dict[str, Decimal | int | None]) -> int | None:
        """The rank of the highest tier with an alternative of a kind that metrics meet; None: no tier has."""
        met = (rule.tier.rank for rule in self.versions[version] if rule.kind == kind and not rule.unmet(values))
        return max(met, default=None)


# Reading


def rule_files(rules: Path | None) -> dict[str, Path]:
    """Where each rule file is to be read, by its name: in a directory, else among the shipped ones.

    Raises UsageError if there is no such directory, or no rule file or another one in it.
    """
    files = {file.name: file for file in sorted((PROJECT / "seeds/rules").glob("*.csv"))}
    if rules is None:
        return files
    if not rules.is_dir():
        raise UsageError(f"{rules} is not a directory; --rules takes one with files such as tier_rules.csv")
    found = sorted(rules.glob("*.csv"))
    if not found:
        raise UsageError(f"{rules} holds no rule file; there are {', '.join(files)}")
    for file in found:
        if file.name not in files:
            raise UsageError(f"{file} is not a rule file; there are {', '.join(files)}")
    return files | {file.name: file for file in found}


def read_rules(rules: Path | None) -> Rules:
    """The tier rules of a directory laid over the shipped ones. Raises UsageError naming file, line, column and what to write."""
    files = rule_files(rules)
    return checked_rules({table: _rows_of(files[f"{table}.csv"]) for table in COLUMNS})


def _rows_of(file: Path) -> list[Row]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            rows = [(f"{file}, line {reader.line_num}", row) for row in reader]
            header = reader.fieldnames or []
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{file} cannot be read: {error}; save it as CSV in UTF-8") from error
    missing = [column for column in COLUMNS[file.stem] if column not in header]
    if missing:
        raise UsageError(f"{file}, line 1, column {missing[0]}: it is missing; the columns are {', '.join(COLUMNS[file.stem])}")
    for place, row in rows:
        if None in row or None in row.values():
            raise UsageError(f"{place}: it has {'more' if None in row else 'fewer'} cells than line 1; quote a cell that holds a comma")
    return [(place, {column: cell or None for column, cell in row.items()}) for place, row in rows]


def checked_rules(tables: dict[str, list[Row]]) -> Rules:
    """The rules in the rows of tiers, tier_rules and metrics. Raises UsageError at the first that makes no sense."""
    tiers: dict[str, Tier] = {}
    for place, row in tables["tiers"]:
        name, rank = row["tier"], row["tier_rank"] or ""
        _demand(name is not None, place, "tier", "it is empty; name the tier")
        _demand(name not in tiers, place, "tier", f"{name} is there twice; give every tier one row")
        _demand(rank.isdecimal() and rank.isascii(), place, "tier_rank", f"{rank or 'nothing'} is not a rank; write a whole number from 0 on")
        ranks = [tier.rank for tier in tiers.values()]
        _demand(int(rank) not in ranks, place, "tier_rank", f"{rank} is there twice; give every tier a rank of its own")
        tiers[name] = Tier(name, int(rank), row["label_en"] or name, row["label_zh"] or name)
    highest_first = tuple(sorted(tiers.values(), key=attrgetter("rank"), reverse=True))
    place = tables["tiers"][-1][0] if tables["tiers"] else "tiers"
    consecutive = [tier.rank for tier in reversed(highest_first)] == list(range(len(tiers))) != []
    _demand(consecutive, place, "tier_rank", "the ranks have a gap; number the tiers 0, 1, 2 …, without one left out")

    units = {row["metric"]: row["unit"] or "" for _, row in tables["metrics"]}
    versions: dict[datetime.date, list[Condition]] = {}
    for place, row in tables["tier_rules"]:
        version, condition = _condition(place, row, tiers, units)
        versions.setdefault(version, []).append(condition)
    labels = {language: {row["metric"]: row[f"label_{language}"] for _, row in tables["metric_labels"]} for language in LANGUAGES}
    rules = Rules(highest_first, {version: _alternatives(versions[version]) for version in sorted(versions)}, units, labels)
    place = tables["tier_rules"][-1][0] if versions else "tier_rules"
    _demand(bool(versions), place, "tier", "there is no rule; begin with an entry rule that everyone meets, tenure_days with min_value 0")
    for version, alternatives in rules.versions.items():
        _demand(
            any(rule.kind == "entry" and rule.lets_everyone_in for rule in alternatives),
            place, "metric",
            f"no entry rule of version {version} is met by everyone; add one with the single condition tenure_days, min_value 0",
        )  # fmt: skip
    return rules


def _condition(place: str, row: dict[str, str | None], tiers: dict[str, Tier], units: dict[str, str]) -> tuple[datetime.date, Condition]:
    tier, kind, metric = row["tier"], row["kind"], row["metric"]
    _demand(tier in tiers, place, "tier", f"there is no tier {tier or 'without a name'}; write one of {', '.join(tiers)}")
    _demand(kind in KINDS, place, "kind", f"{kind or 'nothing'} is not a kind of rule; write entry or retain")
    _demand(metric in units, place, "metric", f"there is no metric {metric or 'without a name'}; write one that metrics.csv lists")
    bounds = {}
    for column in ("min_value", "max_value"):
        given = row[column]
        _demand(given is None or NUMBER.fullmatch(given), place, column, f"{given} is not a plain number; write one such as 5 or 0.25, or nothing")
        bounds[column] = None if given is None else Decimal(given)
    low, high = bounds.values()
    _demand(low is None or high is None or low <= high, place, "min_value", f"{low} is above max_value, {high}; exchange them or leave one empty")
    return _day(place, row["valid_from"]), Condition(tiers[tier], kind, row["alternative"] or "", metric, low, high)


def _day(place: str, given: str | None) -> datetime.date:
    try:
        return datetime.date.fromisoformat(DATE.fullmatch(given or "")[0])
    except (TypeError, ValueError) as error:
        raise UsageError(f"{place}, column valid_from: {given or 'nothing'} is not a date; write it as YYYY-MM-DD") from error


def _demand(holds: object, place: str, column: str, problem: str) -> None:
    if not holds:
        raise UsageError(f"{place}, column {column}: {problem}")


def _alternatives(conditions: Iterable[Condition]) -> tuple[Alternative, ...]:
    def rule(condition: Condition) -> tuple:
        name = condition.alternative
        return -condition.tier.rank, KINDS.index(condition.kind), int(name) if name.isdecimal() else 0, name

    rules = (list(rows) for _, rows in groupby(sorted(conditions, key=rule), key=rule))
    return tuple(Alternative(rows[0].tier, rows[0].kind, rows[0].alternative, tuple(rows)) for rows in rules)


# Words

LANGUAGES = ("en", "zh")
BOUNDS = {  # by whether there is a lower and an upper bound
    "en": {(False, False): "any value", (False, True): "at most {1}", (True, False): "at least {0}", (True, True): "{0} to {1}"},
    "zh": {(False, False): "有记录即可", (False, True): "不超过{1}", (True, False): "不低于{0}", (True, True): "在{0}至{1}之间"},
}


def value_in_words(value: Decimal | int | None, unit: str, language: str = "en") -> str:
    """A value of a metric: days with their unit, money with cents, all with thousands separators; None is "none"."""
    if value is None:
        return {"en": "none", "zh": "无"}[language]
    if unit == "money":
        return f"{value:,.2f}"
    number = f"{value:,f}"
    number = number.rstrip("0").rstrip(".") if "." in number else number
    days = {"en": " day" if value == 1 else " days", "zh": "天"}[language]
    return number + days if unit == "days" else number


def bounds_in_words(low: Decimal | None, high: Decimal | None, unit: str, language: str = "en") -> str:
    """What a condition with these bounds asks of its metric, such as "at least 5"; None is no bound."""
    if low == high is not None:
        return {"en": "exactly ", "zh": "等于"}[language] + value_in_words(low, unit, language)
    return BOUNDS[language][low is not None, high is not None].format(value_in_words(low, unit, language), value_in_words(high, unit, language))


def tier_in_words(rules: Rules, version: datetime.date, tier: Tier, language: str = "en") -> str:
    """How a tier is earned and kept under a version of the rules, as one paragraph."""
    ways = {kind: [rule for rule in rules.versions[version] if (rule.tier, rule.kind) == (tier, kind)] for kind in KINDS}
    entry, retain = ([_conditions_in_words(rule, rules, language) for rule in ways[kind]] for kind in KINDS)
    is_open = any(rule.lets_everyone_in for rule in ways["entry"])
    if language == "zh":
        earned = "所有客户均可获得" if is_open else f"获得条件：{'；或者'.join(entry)}" if entry else "没有获得规则，只能由人工指定"
        kept = "" if is_open else f"保留条件：{'；或者'.join(retain)}。" if retain else "没有单独的保留规则。"
        return f"{tier.label_zh}（{tier.name}）{'' if is_open else '的'}{earned}。{kept}"
    earned = "is earned by every customer" if is_open else f"is earned with {'; or with '.join(entry)}" if entry else "is never earned, only granted by hand"
    kept = "" if is_open else f" It is kept with {'; or with '.join(retain)}." if retain else " It has no rule of its own to keep it."
    return f"{tier.name} ({tier.label_zh}) {earned}.{kept}"


def _conditions_in_words(rule: Alternative, rules: Rules, language: str) -> str:
    parts = [(rules.label(c.metric, language), bounds_in_words(c.min_value, c.max_value, rules.units[c.metric], language)) for c in rule.conditions]
    if language == "zh":
        return "，".join(name + bounds for name, bounds in parts)
    phrases = [f"{'an' if name[0] in 'aeiou' else 'a'} {name} of {bounds}" for name, bounds in parts]
    return " and ".join(filter(None, [", ".join(phrases[:-1]), phrases[-1]]))
