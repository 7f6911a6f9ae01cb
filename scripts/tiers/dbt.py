"""Runs dbt in a child process and reports how far it is."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tiers.database import rows
from tiers.errors import TiersError, UsageError

REFUSAL = re.compile(r"Compilation Error in .*\n *(.+)\n\s*> in macro (?:check_vars|raw_table|raw_columns) ")
"""What dbt says when a macro refuses a var or a raw table: the user's input is wrong, not the build."""

DISK_FULL = re.compile(r"No space left on device|File too large|Disk quota exceeded", re.IGNORECASE)

HOLDS_VALUES = re.compile(r"\b(?:Conversion|Out of Range|Invalid Input|Constraint) Error\b")
VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|(?<!\w)[-+]?\d[\d.,:]*")
"""What DuckDB says of a value that it cannot work with quotes the value, and whose it is stays out of logs."""

KEY_ENDINGS = ("_id", "_date", "_on", "_from", "_number")
MOST_KEYS = 3


@dataclass(frozen=True)
class Finished:
    """One node that dbt has finished: its name, its number and how many there are."""

    name: str
    index: int
    total: int


@dataclass(frozen=True)
class Built:
    """A build that went well: dbt's manifest, and what dbt warned of."""

    manifest: dict[str, object]
    warnings: list[str]


@dataclass(frozen=True)
class Failure:
    """A node that failed: what it is, what dbt said of it, and what it ran, if that is known."""

    name: str
    message: str
    sql: str | None


class BuildError(TiersError):
    """Models or tests failed. As text it says which and why, without a word out of the data: it may end up in a log."""

    def __init__(self, failures: list[Failure], warehouse: Path) -> None:
        super().__init__("\n".join(f"{failure.name}: {_without_values(failure.message)}" for failure in failures))
        self.failures = failures
        self.warehouse = warehouse

    def in_full(self) -> str:
        """The same with the values, and the keys of the first rows that a test found: for whoever sits at a terminal."""
        return "\n".join(f"{failure.name}: {failure.message}" + "".join(self._keys(failure)) for failure in self.failures)

    def _keys(self, failure: Failure) -> list[str]:
        if not failure.sql or not failure.name.startswith("test "):
            return []
        try:
            with duckdb.connect(str(self.warehouse), read_only=True) as connection:
                found = rows(connection, f"select * from ({failure.sql}) as failing limit {MOST_KEYS}")
        except duckdb.Error:
            return []
        has_ids = any(name.endswith("_id") for row in found for name in row)  # rows without one are of rules, sums or days
        keys = [{name: value for name, value in row.items() if name.endswith(KEY_ENDINGS) or not has_ids} for row in found]
        return ["\n  " + ", ".join(f"{name} {value}" for name, value in row.items()) for row in keys]


def code_fingerprint(project: Path) -> str:
    """A fingerprint of a project's SQL and configuration: reviews built by other code are built anew."""
    digest = hashlib.sha256()
    files = [project / "dbt_project.yml", *sorted((project / "macros").rglob("*.sql")), *sorted((project / "models").rglob("*.sql"))]
    for file in files:
        digest.update(str(file.relative_to(project)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def build(
    project: Path,
    warehouse: Path,
    work: Path,
    dbt_vars: dict[str, object],
    lock: int,
    *,
    own: dict[str, Path],
    full_refresh: bool = False,
    report: Callable[[Finished], None] = lambda finished: None,
) -> Built:
    """Build every model of a dbt project in a warehouse and run its data tests: unit tests prove the code, not the data.

    `work` takes dbt's own files; `lock` is the descriptor of the warehouse's lock, which dbt holds too while it runs; `own`
    names the user's files, by the path of their copy in the project. Raises UsageError if a var or a raw table is refused or
    the disk is full, else BuildError naming each model or test that failed.
    """
    target = work / "target"
    command = [
        sys.executable, "-P", "-m", "tiers.dbt_child",
        "--log-level", "none", "--log-level-file", "none",
        "build", "--exclude-resource-type", "unit_test",
        "--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(target),
        "--vars", json.dumps(dbt_vars),
    ]  # fmt: skip
    if full_refresh:
        command.append("--full-refresh")
    environment = {
        # dbt takes any of its flags from the environment too: a refresh must not depend on who starts it.
        **{name: value for name, value in os.environ.items() if not name.startswith("DBT_")},
        "TIERS_WAREHOUSE": str(warehouse),
        "TIERS_CODE": code_fingerprint(project),
        "TIERS_TARGET": "duckdb",
        "DBT_LOG_PATH": str(work / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTHONUTF8": "1",
    }
    ended: dict[str, object] | None = None
    warnings: list[str] = []
    said: list[str] = []
    # A session of its own, so that Ctrl-C is for the refresh alone, which then ends the child.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        env=environment, start_new_session=True, pass_fds=[lock],
    ) as child:  # fmt: skip
        try:
            for line in child.stdout:
                try:
                    ((kind, what),) = json.loads(line).items()
                except (ValueError, AttributeError):
                    said.append(line)
                    continue
                if kind == "finished":
                    report(Finished(**what))
                elif kind == "warning":
                    warnings.append(_one_line(what))
                else:
                    ended = what
        except BaseException:
            child.kill()
            child.wait()  # until it is gone, it holds the warehouse
            raise
        finally:
            # what dbt says of its nodes may quote rows
            (target / "run_results.json").unlink(missing_ok=True)
    if ended is None:
        reason = _one_line(said[-1]) if said else "it may have run out of memory"
        raise TiersError(f"dbt ended unexpectedly, with exit code {child.returncode}: {reason}")
    if not ended["success"]:
        raise _failure(warehouse, ended, lambda message: _in_own_paths(message, own, project))
    return Built(json.loads((target / "manifest.json").read_text(encoding="utf-8")), warnings)


def _failure(warehouse: Path, ended: dict[str, object], told: Callable[[str], str]) -> TiersError:
    """One line for each failed node, or what dbt said before it ran any."""
    failures = [Failure(_kind_and_name(each["node"]), _one_line(told(each["message"])), each["sql"]) for each in ended["failures"]]
    exception = told(ended["exception"] or "").removeprefix("Encountered an error:")
    messages = [exception, *(told(each["message"]) for each in ended["failures"])]
    refusals = dict.fromkeys(match[1] for message in messages for match in REFUSAL.finditer(message))
    if refusals:
        return UsageError("; ".join(refusals))
    full = next((message for message in messages if DISK_FULL.search(message)), None)
    if full:
        return UsageError(f"there is no room left for {warehouse}: {DISK_FULL.search(full)[0]}")
    if failures:
        return BuildError(failures, warehouse)
    return TiersError("dbt stopped before it built anything: " + _one_line(exception or "it gave no reason"))


def _in_own_paths(message: str, own: dict[str, Path], project: Path) -> str:
    """What dbt says of the files it built from, said of the user's files that they are copies of."""
    for path, file in own.items():
        message = re.sub(f"({re.escape(str(project))}/)?{re.escape(path)}", lambda _, file=file: str(file), message)
    return message


def _without_values(message: str) -> str:
    return VALUE.sub("…", message) if HOLDS_VALUES.search(message) else message


def _kind_and_name(unique_id: str) -> str:
    kind, _, *names = unique_id.split(".")
    return f"{kind} {names[-1] if kind == 'unit_test' else names[0]}"


def _one_line(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return " ".join(lines[:3])
