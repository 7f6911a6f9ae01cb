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

from tiers.errors import TiersError, UsageError

DBT = """
import os, threading
from dbt.cli.main import cli
# Standard input ends when the refresh does, however it ended: nothing may go on writing once its lock is free.
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
cli()
"""

REFUSAL = re.compile(r"Compilation Error in .*\n *(.+)\n\s*> in macro (?:check_vars|raw_table|raw_columns) ")
"""What dbt says when a macro refuses a var or a raw table: the user's input is wrong, not the build."""


@dataclass(frozen=True)
class Finished:
    """One node that dbt has finished: its name, how it ended, its number and how many there are."""

    name: str
    status: str
    index: int
    total: int


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
    *,
    full_refresh: bool = False,
    report: Callable[[Finished], None] = lambda finished: None,
) -> dict[str, object]:
    """Build every model of a dbt project in a warehouse and run its data tests (unit tests prove the code, not the data); returns dbt's manifest.

    `work` takes dbt's own files. Raises UsageError if a var or a raw table is refused, else TiersError naming each
    model or test that failed.
    """
    target = work / "target"
    (target / "run_results.json").unlink(missing_ok=True)
    command = [
        sys.executable, "-P", "-c", DBT,
        "--log-format", "json", "--log-level-file", "none", "--no-use-colors",
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
    errors: list[str] = []
    said: list[str] = []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", env=environment
    ) as child:
        for line in child.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                said.append(line.strip())
                continue
            data, info = event.get("data", {}), event.get("info", {})
            if "index" in data and "total" in data and info.get("name") in ("LogModelResult", "LogTestResult", "LogSeedResult"):
                report(Finished(data["node_info"]["node_name"], data["status"], data["index"], data["total"]))
            elif info.get("level") == "error" and info.get("msg", "").strip():
                errors.append(info["msg"].strip())
    if child.returncode:
        raise _failure(target, errors or said)
    return json.loads((target / "manifest.json").read_text(encoding="utf-8"))


def _failure(target: Path, errors: list[str]) -> TiersError:
    """One line for each failed node, or what dbt said before it ran any."""
    try:
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    except FileNotFoundError:
        results = []
    failed = {
        _kind_and_name(result["unique_id"]): result.get("message") or result["status"]
        for result in results
        if result["status"] in ("error", "fail", "runtime error")
    }
    refusals = dict.fromkeys(match[1] for message in [*failed.values(), *errors] for match in REFUSAL.finditer(message))
    if refusals:
        return UsageError("; ".join(refusals))
    if failed:
        return TiersError("\n".join(f"{name}: {_one_line(message)}" for name, message in failed.items()))
    reasons = [error.removeprefix("Encountered an error:") for error in errors if not error.startswith("Traceback")]
    return TiersError("dbt stopped before it built anything: " + _one_line(reasons[-1] if reasons else "it gave no reason"))


def _kind_and_name(unique_id: str) -> str:
    kind, _, *names = unique_id.split(".")
    return f"{kind} {names[-1] if kind == 'unit_test' else names[0]}"


def _one_line(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return " ".join(lines[:3])
