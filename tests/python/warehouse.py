"""Scratch warehouses, built by dbt in a few seconds each.

Two workers parse the project once; after that every build gets the manifest ready-made and brings raw files, rules
and vars of its own. Rules are written straight into the tables of their seeds, and data tests are left out: what the
harness does, seeds and tests included, is another test's business.
"""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from tiers.project import PROJECT
from tiers.raw import show_raw_files

NAME = "scratch"  # compiled SQL names the database, so every warehouse file has this name, in a folder of its own
CODE = "as it is"  # the code does not change while tests run, so a refresh takes over what the one before it built
QUIET = ("--quiet", "--log-level", "none", "--log-level-file", "none", "--no-version-check", "--no-write-json")


# ---------------------------------------------------------------- in a worker

manifest = None  # of the project, once it is parsed


def parse(folder: Path) -> None:
    """Parse the project. `folder` takes the files of dbt."""
    global manifest
    os.environ |= {"TIERS_CODE": CODE, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    manifest = invoke(folder, folder / f"{NAME}.duckdb", "parse", "--no-partial-parse")


def run(folder: Path, warehouse: Path, *arguments: str) -> None:
    """Build models in a warehouse."""
    invoke(folder, warehouse, "run", *arguments)


def invoke(folder: Path, warehouse: Path, command: str, *arguments: str) -> object:
    """Run one dbt command; returns dbt's result. Fails with a line for each model that failed."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    os.environ["TIERS_WAREHOUSE"] = str(warehouse)
    places = ("--project-dir", PROJECT, "--profiles-dir", PROJECT / "profiles", "--target-path", folder / f"target-{os.getpid()}")
    arguments = arguments or ("--vars", json.dumps({"raw_schema": "raw"}))
    with redirect_stdout(io.StringIO()):
        try:
            answer = dbtRunner(manifest=manifest).invoke([*QUIET, command, *map(str, places), *arguments])
        finally:
            DuckDBConnectionManager.close_all_connections()
    if not answer.success:
        raise RuntimeError("\n".join(["dbt failed", *failures(answer)]))
    return answer.result


def failures(answer: object) -> Iterator[str]:
    """Why dbt failed: what it could not do, or the models that it could not build."""
    if answer.exception:
        yield str(answer.exception)
    for result in getattr(answer.result, "results", ()):
        if result.status not in ("success", "pass", "skipped"):
            yield f"{result.node.name}: {result.message}"


def contents() -> tuple[dict, dict]:
    """What the project holds: each model's folder and the models it reads, in an order in which they can be built;
    each rule table's columns and their types."""
    models = {n.unique_id: n for n in manifest.nodes.values() if n.resource_type == "model"}
    placed: dict[str, tuple[str, list[str]]] = {}

    def place(model: str) -> None:
        reads = [other for other in sorted(models[model].depends_on.nodes) if other in models]
        for other in reads:
            place(other)
        placed.setdefault(models[model].name, (models[model].fqn[1], [models[other].name for other in reads]))

    for model in sorted(models):
        place(model)
    seeds = {
        n.name: dict(n.config.column_types)
        for n in manifest.nodes.values()
        if n.resource_type == "seed" and (PROJECT / "seeds/rules" / f"{n.name}.csv").exists()
    }
    return placed, seeds


# ---------------------------------------------------------------- in the tests


@dataclass
class Dbt:
    """The project, ready to be built many times, twice at a time. `folder` takes all files."""

    folder: Path
    pool: ProcessPoolExecutor = field(init=False)
    jobs: list[Future] = field(init=False, default_factory=list)  # builds begun since the last warehouse was made
    reads: dict[str, tuple[str, list[str]]] = field(init=False)  # by model, in an order in which they can be built
    rules: dict[str, dict[str, str]] = field(init=False)  # columns and types by rule table

    def __post_init__(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pool = ProcessPoolExecutor(2, mp_context=spawn, initializer=parse, initargs=(self.folder,))
        self.reads, self.rules = self.pool.submit(contents).result()

    def __enter__(self) -> Dbt:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(cancel_futures=True)

    def models(self, *folders: str) -> list[str]:
        """The models of these folders of models/, by name."""
        return sorted(name for name, (folder, _) in self.reads.items() if folder in folders)

    def warehouse(self, name: str) -> Warehouse:
        """An empty warehouse; one of the same name is gone, once no build is in it any more."""
        wait(self.jobs)
        self.jobs.clear()
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return Warehouse(self, folder / f"{NAME}.duckdb")


@dataclass
class Warehouse:
    """One database file and the builds in it."""

    dbt: Dbt
    path: Path

    def start(
        self,
        raw: dict[str, list[dict]] | Path,
        rules: dict[str, list[dict]],
        dbt_vars: dict[str, object],
        *,
        select: Iterable[str] = (),
        full_refresh: bool = False,
    ) -> Future:
        """Begin to build all models, or those selected, from raw rows or a directory of raw files; rules replace the
        shipped ones table by table."""
        self.fill(raw, rules)
        arguments = ["--vars", json.dumps({**dbt_vars, "raw_schema": "raw"})]
        arguments += [*(["--select", *select] if select else []), *(["--full-refresh"] if full_refresh else [])]
        self.dbt.jobs.append(self.dbt.pool.submit(run, self.dbt.folder, self.path, *arguments))
        return self.dbt.jobs[-1]

    def refresh(self, *arguments: object, **named: object) -> Warehouse:
        """As start, and wait for it."""
        self.start(*arguments, **named).result()
        return self

    def fill(self, raw: dict[str, list[dict]] | Path, rules: dict[str, list[dict]]) -> None:
        """Show raw files in the raw schema, and put the rules where their seeds would."""
        directory = raw if isinstance(raw, Path) else written(raw, self.path.parent / "raw")
        with duckdb.connect(str(self.path)) as connection:
            show_raw_files(connection, directory)
            for table, types in self.dbt.rules.items():
                columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
                connection.execute(f"create or replace table main.{table} ({columns})")
                rows = [[row.get(name) or None for name in types] for row in rules.get(table, shipped_rules(table))]
                if rows:
                    blanks = ", ".join(["(" + ", ".join("?" for _ in types) + ")"] * len(rows))
                    connection.execute(f"insert into main.{table} values {blanks}", [cell for row in rows for cell in row])

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.path)) as connection:
            return connection.execute(sql).fetchall()

    def copy(self, name: str) -> Warehouse:
        other = self.dbt.warehouse(name)
        shutil.copyfile(self.path, other.path)
        return other


def written(raw: dict[str, list[dict]], folder: Path) -> Path:
    from strategies import write_raw

    return write_raw(raw, folder)


def shipped_rules(table: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds/rules" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
