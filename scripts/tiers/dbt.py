"""Runs dbt in a child process and reports how far it is."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tiers.errors import TiersError
from tiers.project import PROJECT


@dataclass(frozen=True)
class Finished:
    """One node that dbt has finished: its name, how it ended, its number and how many there are."""

    name: str
    status: str
    index: int
    total: int


def code_fingerprint() -> str:
    """A fingerprint of the project's SQL and configuration: reviews built by other code are built anew."""
    digest = hashlib.sha256()
    files = [PROJECT / "dbt_project.yml", *sorted((PROJECT / "macros").rglob("*.sql")), *sorted((PROJECT / "models").rglob("*.sql"))]
    for file in files:
        digest.update(str(file.relative_to(PROJECT)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def build(
    warehouse: Path,
    work: Path,
    dbt_vars: dict[str, object],
    *,
    rules: Path | None = None,
    full_refresh: bool = False,
    report: Callable[[Finished], None] = lambda finished: None,
) -> dict[str, object]:
    """Build and test every model in a warehouse; returns dbt's manifest.

    `work` takes dbt's own files. Raises TiersError naming each model or test that failed.
    """
    target = work / "target"
    (target / "run_results.json").unlink(missing_ok=True)
    command = [
        sys.executable, "-c", "from dbt.cli.main import cli; cli()",
        "--log-format", "json", "--log-level-file", "none", "--no-use-colors",
        "build",
        "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT / "profiles"), "--target-path", str(target),
        "--vars", json.dumps(dbt_vars),
    ]  # fmt: skip
    if full_refresh:
        command.append("--full-refresh")
    environment = {
        **os.environ,
        "TIERS_WAREHOUSE": str(warehouse),
        "TIERS_CODE": code_fingerprint(),
        "DBT_LOG_PATH": str(work / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    if rules:
        environment["TIERS_RULES"] = str(rules)
    errors: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as child:
        for line in child.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                errors.append(line.strip())
                continue
            data, info = event.get("data", {}), event.get("info", {})
            if "index" in data and "total" in data and info.get("name") in ("LogModelResult", "LogTestResult", "LogSeedResult"):
                report(Finished(data["node_info"]["node_name"], data["status"], data["index"], data["total"]))
            elif info.get("level") == "error" and info.get("msg", "").strip():
                errors.append(info["msg"].strip())
    if child.returncode:
        raise TiersError(_why_it_failed(target, errors))
    return json.loads((target / "manifest.json").read_text(encoding="utf-8"))


def _why_it_failed(target: Path, errors: list[str]) -> str:
    """One line a failed node, or what dbt said before it ran any."""
    try:
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    except FileNotFoundError:
        return "dbt stopped before it built anything: " + _one_line(errors[-1] if errors else "it gave no reason")
    lines = [
        f"{result['unique_id'].split('.')[0]} {result['unique_id'].split('.')[2]}: {_one_line(result.get('message') or result['status'])}"
        for result in results
        if result["status"] in ("error", "fail", "runtime error")
    ]
    return "\n".join(lines or [_one_line(errors[-1]) if errors else "dbt failed without a reason"])


def _one_line(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return " ".join(lines[:3])
