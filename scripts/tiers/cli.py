"""The `tiers` command: thin click commands over the modules beside it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tiers import __version__
from tiers.dbt import BuildError
from tiers.errors import TiersError, UsageError, first_line
from tiers.explain import explain as explain_tier
from tiers.explanation import show_explanation
from tiers.generate import generate as generate_raw
from tiers.importers import IMPORTERS
from tiers.init import init as init_project
from tiers.publish import roll_back
from tiers.refresh import Refresh
from tiers.report import OUTCOMES, write_report
from tiers.rules import LANGUAGES, read_rules, tier_in_words
from tiers.settings import parsed_vars, project_settings
from tiers.status import check_fresh
from tiers.status import status as published_status

DEFAULT_WAREHOUSE = Path("warehouse/customer_tiers.duckdb")
DEFAULT_PUBLISHED = Path("published/customer_tiers.duckdb")
SAMPLE_WAREHOUSE = Path("warehouse/sample.duckdb")
SAMPLE_PUBLISHED = Path("published/sample.duckdb")
INTERRUPTS = (signal.SIGINT, signal.SIGTERM)
MOVEMENTS = ("entered", "rose", "fell", "left")
MOST_REASONS = 5


def told(error: Exception) -> tuple[str, int]:
    """An error as one line, and the exit code it means."""
    if isinstance(error, TiersError):
        return str(error), error.exit_code
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}", UsageError.exit_code
    return first_line(error), TiersError.exit_code


class Commands(click.Group):
    """A group whose errors are one clear line and the exit code the error means."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except BrokenPipeError:
            raise
        except (TiersError, OSError, duckdb.Error) as error:
            message, exit_code = told(error)
            if isinstance(error, BuildError) and sys.stderr.isatty():
                message = error.in_full()
        click.echo(f"tiers: {message}", err=True)
        context.exit(exit_code)


@click.group(cls=Commands)
@click.version_option(__version__)
def main() -> None:
    """Grade a company's customers, and show why each has its tier."""


@main.command()
@click.option("--raw", type=click.Path(path_type=Path), help="Directory of raw files; remembered after the first time.")
@click.option("--sample", is_flag=True, help="Take the shipped sample, in files of its own.")
@click.option("--warehouse", type=click.Path(path_type=Path), help=f"Working database. [default: {DEFAULT_WAREHOUSE}]")
@click.option("--publish", "published", type=click.Path(path_type=Path), help=f"File that BI reads. [default: {DEFAULT_PUBLISHED}]")
@click.option("--as-of", "as_of", metavar="DATE", help="Last day that counts. [default: the latest with data, not after yesterday]")
@click.option("--known-at", metavar="TIMESTAMP", help="Leave out rows loaded later than this.")
@click.option("--full-refresh", is_flag=True, help="Make every review anew.")
@click.option("--rules", type=click.Path(path_type=Path), help="Directory with rule files to use in place of the shipped ones.")
@click.option("--vars", "dbt_vars", metavar="YAML", help="Vars such as '{review_cadence: week}'.")
@click.option("--accept", multiple=True, metavar="CHECK", help="Publish limit to let through once, or all.")
@click.option("--target", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="Engine; spark builds with dbt alone and is refused here so far.")
@click.option("--json", "as_json", is_flag=True, help="Print one machine-readable summary and nothing else.")
@click.option("--quiet", is_flag=True, help="Print nothing unless it fails.")
@click.option("--on-failure", metavar="CMD", help="Shell command to run if it fails; TIERS_ERROR and TIERS_EXIT_CODE tell it why.")
def refresh(on_failure, **options) -> None:
    """Build, test and publish the tiers, all or nothing."""
    try:
        _refresh(**options)
    except (TiersError, OSError, duckdb.Error) as error:
        if on_failure:
            message, exit_code = told(error)
            environment = {**os.environ, "TIERS_ERROR": message, "TIERS_EXIT_CODE": str(exit_code)}
            subprocess.run(on_failure, shell=True, check=False, env=environment, stdout=sys.stderr)  # a command of the user's own
        raise


def _refresh(raw, sample, warehouse, published, as_of, known_at, full_refresh, rules, dbt_vars, accept, target, as_json, quiet) -> None:
    settings = project_settings()
    if sample and raw:
        raise UsageError("--sample and --raw exclude each other")
    if sample:  # it stays in files of its own, whatever tiers.toml says
        settings |= {"raw": None, "inputs": None, "warehouse": SAMPLE_WAREHOUSE, "publish": SAMPLE_PUBLISHED}
    if target == "spark":
        raise UsageError("publishing from Spark is not supported yet; `make test-spark` builds the models there")
    chosen = {**settings["vars"], **parsed_vars(dbt_vars)}
    chosen |= {name: value for name, value in {"as_of_date": as_of, "known_at": known_at}.items() if value}
    with interruptible(), progress_bar(not (as_json or quiet)) as report:
        def before_publishing() -> None:
            ignore_interrupts()
            report("publishing", None, None)

        result = Refresh(
            warehouse=_path(warehouse or settings.get("warehouse") or DEFAULT_WAREHOUSE),
            published=_path(published or settings.get("publish") or DEFAULT_PUBLISHED),
            raw=_path(raw or settings.get("raw")),
            is_sample=sample,
            rules=_path(rules or settings.get("rules")),
            inputs=_path(settings.get("inputs")),
            dbt_vars=chosen,
            accepted=accept,
            full_refresh=full_refresh,
            report=lambda node: report(node.name, node.index, node.total),
            before_publishing=before_publishing,
        ).run()
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    elif not quiet:
        show_summary(result)


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder) -> None:
    """Begin a project of your own in a new folder: inputs that map your tables, rules, and tiers.toml."""
    init_project(folder)
    click.echo(f"a project of your own: {_path(folder)}\n")
    if _path(folder) != Path.cwd():
        click.echo(f"  {shlex.join(['cd', str(folder)])}\n")
    steps = [
        ("tiers.toml", "name the folder of your Parquet or CSV files"),
        ("inputs/", "select the columns of the ten raw tables from yours"),
        ("rules/", "accepted_values.csv says what your words mean"),
        ("tiers refresh", "builds, tests and publishes the tiers"),
    ]
    for what, why in steps:
        click.echo(f"  {what:13}   {why}")


@main.command()
@click.option("--warehouse", type=click.Path(path_type=Path), help=f"Working database. [default: {DEFAULT_WAREHOUSE}]")
@click.option("--publish", "published", type=click.Path(path_type=Path), help=f"File that BI reads. [default: {DEFAULT_PUBLISHED}]")
@click.option("--max-age", type=click.FloatRange(min=0), default=30, show_default=True, metavar="HOURS", help="Oldest publication that is healthy.")
@click.option("--max-data-age", type=click.IntRange(min=0), metavar="DAYS", help="Oldest as-of date that is healthy. [default: any]")
@click.option("--json", "as_json", is_flag=True, help="Print one machine-readable document and nothing else.")
def status(warehouse, published, max_age, max_data_age, as_json) -> None:
    """Tell what is published and how fresh it is; exit 4 if it is too old."""
    warehouse, published = chosen_files(warehouse, published)
    found = published_status(published, warehouse)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        rows = [[name.replace("_", " "), "–" if value is None else str(value)] for name, value in found.items() if not isinstance(value, dict)]
        rows += [[f"customers in {tier}", f"{number:,}"] for tier, number in found["customers"].items()]
        rows += [[f"tier changes by {cause}", f"{number:,}"] for cause, number in found["tier_changes"].items()]
        show_table("Published tiers", ["", ""], rows)
    check_fresh(found, max_age, max_data_age)


@main.command()
@click.option("--publish", "published", type=click.Path(path_type=Path), help=f"File that BI reads. [default: {DEFAULT_PUBLISHED}]")
@click.option("--to", "number", type=int, metavar="NUMBER", help="Publication to return to. [default: the one before]")
def rollback(published, number) -> None:
    """Publish an older publication again; what that takes back is recorded as a publication of its own."""
    _, published = chosen_files(None, published)
    number = roll_back(published, number)
    click.echo(f"publication {number} holds again: {published}")


@main.command()
@click.argument("customer_id")
@click.option("--on", metavar="DATE", help="The day to explain. [default: the morning after the last day that counts]")
@click.option("--known-at", metavar="TIMESTAMP", help="Only if the warehouse was built with it; else says how to build one.")
@click.option("--warehouse", type=click.Path(path_type=Path), help=f"Working database. [default: {DEFAULT_WAREHOUSE}]")
@click.option("--json", "as_json", is_flag=True, help="Print one machine-readable object and nothing else.")
def explain(customer_id, on, known_at, warehouse, as_json) -> None:
    """Say why a customer has their tier on a day, and what the next one needs."""
    found = explain_tier(chosen_files(warehouse, None)[0], customer_id, on, known_at)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        show_explanation(found)


@main.command()
@click.option("--rules", type=click.Path(path_type=Path), help="Directory with rule files to use in place of the shipped ones.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Only in English or in Chinese. [default: both]")
def rules(rules, lang) -> None:
    """Print each tier's rule as sentences, highest tier first."""
    read = read_rules(_path(rules or project_settings().get("rules")))
    for version in read.versions:
        for language in [lang] if lang else LANGUAGES:
            click.echo({"en": f"Rules from {version} on\n", "zh": f"自 {version} 起的规则\n"}[language])
            for tier in read.tiers:
                click.echo(tier_in_words(read, version, tier, language) + "\n")


@main.command()
@click.option("--out", type=click.Path(path_type=Path), help="File to write. [default: beside the published file, ending in .report.html]")
@click.option("--publish", "published", type=click.Path(path_type=Path), help=f"File to report on. [default: {DEFAULT_PUBLISHED}]")
@click.option("--warehouse", type=click.Path(path_type=Path), help=f"Where the reasons of movements are. [default: {DEFAULT_WAREHOUSE}]")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language to show first. [default: the reader's]")
def report(out, published, warehouse, lang) -> None:
    """Write a self-contained page on the tiers: their sizes and value over time, who moved and why, and the raw rows."""
    if warehouse and not warehouse.expanduser().is_file():
        raise UsageError(f"{warehouse} is not there; --warehouse takes the file that tiers refresh works in")
    warehouse, published = chosen_files(warehouse, published)
    out = _path(out) or published.with_suffix(".report.html")
    write_report(published, warehouse, out, lang)
    click.echo(f"report: {out}")


@main.command()
@click.option("--customers", type=click.IntRange(min=1), required=True, help="How many customers the shop has.")
@click.option("--months", type=click.IntRange(min=1), default=36, show_default=True, help="How long it has been open.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same rows.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="New or empty folder for the raw files.")
@click.option("--dirty", is_flag=True, help="Add rows with every fault there is; they change no tier.")
def generate(customers, months, seed, out, dirty) -> None:
    """Write the raw files of a made-up shop, of any size.

    The folder `planted` beside them says what was put there for models to find: regular customers and which of them have
    stopped coming, products bought together or on a rhythm, and what the campaigns bring.
    """
    with progress_bar() as report:
        rows = generate_raw(customers, months, seed, out, lambda done, total: report("customers", done, total), dirty)
    show_raw_files(rows, out)


@main.command("import")
@click.argument("name", type=click.Choice(sorted(IMPORTERS)))
@click.argument("src", type=click.Path(path_type=Path), required=False)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="New or empty folder for the raw files.")
def import_(name, src, out) -> None:
    """Turn a known public data set into raw files.

    SRC is the folder that holds the data set's own files; without it, they are those of the installed Python package.
    Online Retail comes in no package: its SRC holds online_retail.parquet.
    """
    importer = IMPORTERS[name]
    with Console(stderr=True).status(f"importing {name}"):
        rows = importer.import_raw(src, out)
        findings = importer.findings(out)
    show_raw_files(rows, out, findings, importer.vars)


def chosen_files(warehouse: Path | None, published: Path | None) -> tuple[Path, Path]:
    """The warehouse and the published file: as given, else as tiers.toml says, else the defaults."""
    settings = project_settings()
    return _path(warehouse or settings.get("warehouse") or DEFAULT_WAREHOUSE), _path(published or settings.get("publish") or DEFAULT_PUBLISHED)


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C and SIGTERM end what runs within as one clear error, with everything put away."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for number in INTERRUPTS:
        signal.signal(number, interrupt)
    try:
        yield
    except (KeyboardInterrupt, RuntimeError) as error:
        # DuckDB makes a RuntimeError of an interrupt
        if isinstance(error, RuntimeError) and "interrupted" not in str(error).lower():
            raise
        raise TiersError("interrupted; nothing was published") from error


def ignore_interrupts() -> None:
    """From here on the end is near, and what is told of it must be true."""
    for number in INTERRUPTS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def progress_bar(is_wanted: bool = True) -> Iterator[Callable[[str, int | None, int | None], None]]:
    """A bar on stderr where that is a terminal, else a line there for each tenth that is done.

    Yields what to call with a name, how many are done, and of how many; without numbers, a new stage begins.
    """
    console = Console(stderr=True)
    if is_wanted and not console.is_terminal:
        yield plain_progress()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not is_wanted) as progress:
        task = progress.add_task("starting".ljust(40), total=None)
        yield lambda name, done, total: progress.update(task, description=name[:40].ljust(40), completed=done, total=total)


def plain_progress() -> Callable[[str, int | None, int | None], None]:
    """Progress for a log file, with the time since it began."""
    started, tenths = time.monotonic(), 0

    def report(name: str, done: int | None, total: int | None) -> None:
        nonlocal tenths
        minutes, seconds = divmod(int(time.monotonic() - started), 60)
        if done is None:
            click.echo(f"{minutes:3}:{seconds:02}  {name}", err=True)
        elif done * 10 // total > tenths:
            tenths = done * 10 // total
            click.echo(f"{minutes:3}:{seconds:02}  {tenths * 10:3} %  {done} of {total}, {name}"[:80], err=True)

    return report


def show_raw_files(rows: dict[str, int], out: Path, findings: Iterable[str] = (), vars_needed: str | None = None) -> None:
    """Print the rows of each raw table written, what was found in them, and what to do with them."""
    show_table("Raw files", ["table", "rows"], [[table, f"{count:,}"] for table, count in rows.items()])
    for finding in findings:
        click.echo(finding)
    click.echo(f"raw files: {_path(out)}")
    command = ["tiers", "refresh", "--raw", str(out), *(["--vars", vars_needed] if vars_needed else [])]
    click.echo(f"grade the customers in them: {shlex.join(command)}")


def show_summary(result: dict[str, object]) -> None:
    """Print what became of the raw rows, the tiers, and where the files are."""
    outcomes: dict[str, Counter[str]] = {}
    for row in result["data_quality"]:
        outcomes.setdefault(row["table_name"], Counter())[row["outcome"]] += row["row_count"]
    show_table(
        "What became of the raw rows",
        ["table", *(outcome.replace("_", " ") for outcome in OUTCOMES)],
        [[table, *(f"{counts[outcome]:,}" for outcome in OUTCOMES)] for table, counts in outcomes.items()],
    )
    show_table(
        f"Customer tiers as of {result['as_of_date']}" if result["tiers"] else "No customer has been seen yet",
        ["tier", "customers", "revenue", "net profit"],
        [
            [row["tier"], f"{row['customers']:,}", f"{float(row['monetary']):,.2f}", f"{float(row['net_profit']):,.2f}"]
            for row in result["tiers"]
        ],
    )
    before = result["publication_id"] - 1
    moved = [row for row in result["tiers"] if any(row[name] for name in MOVEMENTS)]
    if moved:
        rows = [[row["tier"], *(f"{row[name]:,}" for name in MOVEMENTS)] for row in moved]
        show_table(f"Moved since publication {before}", ["tier", *MOVEMENTS], rows)
    elif before:
        click.echo(f"no customer's tier changed since publication {before}")
    reasons = sorted((row for row in result["data_quality"] if row["outcome"] == "quarantined"), key=lambda row: -row["row_count"])
    if reasons:
        show_table(
            "Quarantined most",
            ["reason", "rows"],
            [[f"{row['reason']} ({row['table_name']})", f"{row['row_count']:,}"] for row in reasons[:MOST_REASONS]],
        )
    for warning in result["warnings"]:
        click.echo(textwrap.fill(f"warning: {warning}", 80, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
    if result["latest_order"]:
        click.echo(f"latest completed order: {result['latest_order']}, {result['latest_order_age_days']:,} days ago")
    seconds = result["seconds"]
    click.echo(f"built and tested in {seconds['build']} s, published as number {result['publication_id']} in {seconds['publish']} s")
    click.echo(f"published: {result['published']}")
    click.echo(f"warehouse: {result['warehouse']}")


def show_table(title: str, headings: list[str], rows: list[list[str]]) -> None:
    """Print a table whose first column is a name and whose others are numbers."""
    table = Table(title=title)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _path(value: object) -> Path | None:
    return Path(value).expanduser().absolute() if value else None
