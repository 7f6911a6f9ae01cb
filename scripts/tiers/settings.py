"""What a user sets: tiers.toml in the current folder, and the vars of the dbt project."""

from __future__ import annotations

import csv
import datetime
import tomllib
from pathlib import Path

import pytz
import yaml

from tiers.errors import UsageError, first_line
from tiers.project import PROJECT

SETTINGS = {"raw": str, "inputs": str, "rules": str, "warehouse": str, "publish": str, "vars": dict}


def project_settings() -> dict[str, object]:
    """What tiers.toml in the current folder says, if there is one; `vars` is always there."""
    try:
        settings = tomllib.loads(Path("tiers.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        settings = {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"tiers.toml: {error}") from error
    for name, value in settings.items():
        if name not in SETTINGS:
            raise UsageError(f"tiers.toml: there is no setting {name}; there are {', '.join(SETTINGS)}")
        if not isinstance(value, SETTINGS[name]):
            raise UsageError(f"tiers.toml: {name} must be a {'table' if name == 'vars' else 'text'}, not {value}")
    return settings | {"vars": _as_dbt_takes_them(settings.get("vars", {}))}


class _DatesAsText(yaml.SafeLoader):
    """Reads YAML, and leaves dates and times as they are written."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def parsed_vars(text: str | None) -> dict[str, object]:
    """The vars of --vars."""
    try:
        values = yaml.load(text or "{}", Loader=_DatesAsText)
    except yaml.YAMLError as error:
        raise UsageError(f"--vars is not YAML: {first_line(error)}") from error
    if not isinstance(values, dict):
        raise UsageError("--vars takes a mapping such as '{review_cadence: week}'")
    return _as_dbt_takes_them(values)


def _as_dbt_takes_them(values: dict[object, object]) -> dict[str, object]:
    return {str(name): value if isinstance(value, (bool, int, str, type(None))) else str(value) for name, value in values.items()}


def project_vars() -> dict[str, object]:
    """The vars of dbt_project.yml with their defaults."""
    return yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


def check_vars(dbt_vars: dict[str, object]) -> None:
    """Raise UsageError for a var that the project does not have, or a value that macros/config/check_vars.sql cannot judge."""
    known = project_vars().keys() - {"raw_schema"}
    with (PROJECT / "seeds/rules/metrics.csv").open(encoding="utf-8", newline="") as file:
        metrics = {row["metric"] for row in csv.DictReader(file)}
    expected = {
        "as_of_date": (_is_day, "a date, YYYY-MM-DD"),
        "history_start": (_is_day, "a date, YYYY-MM-DD"),
        "known_at": (_is_time, "a time in ISO 8601"),
        "business_timezone": (pytz.all_timezones_set.__contains__, "a time zone such as Europe/Berlin"),
        "abc_metric": (metrics.__contains__, "a metric of seeds/rules/metrics.csv"),
    }
    for name, value in dbt_vars.items():
        if name not in known:
            raise UsageError(f"there is no var {name}; there are {', '.join(sorted(known))}")
        holds, kind = expected.get(name, (lambda value: True, ""))
        if not holds(value):
            raise UsageError(f"var {name} is {value}; it must be {kind}")


def _is_day(value: object) -> bool:
    """Whether it is a day of the calendar; null is, too."""
    try:
        return value is None or bool(datetime.date.fromisoformat(str(value)))
    except ValueError:
        return False


def _is_time(value: object) -> bool:
    """Whether it is a time of the calendar; null is, too."""
    try:
        return value is None or bool(datetime.datetime.fromisoformat(str(value)))
    except ValueError:
        return False
