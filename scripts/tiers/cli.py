"""The `tiers` command: thin click commands over the modules beside it."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import click
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tiers import __version__
from tiers.dbt import Finished
from tiers.errors import TiersError, UsageError
from tiers.refresh import Refresh

DEFAULT_WAREHOUSE = Path("warehouse/customer_tiers.duckdb")
DEFAULT_PUBLISHED = Path("published/customer_tiers.duckdb")
SAMPLE_WAREHOUSE = Path("warehouse/sample.duckdb")
SAMPLE_PUBLISHED = Path("published/sample.duckdb")


class Commands(click.Group):
    """A group whose errors are one clear line and the exit code the error means."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except TiersError as error:
            click.echo(f"tiers: {error}", err=True)
            context.exit(error.exit_code)


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
@click.option("--target", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="Engine.")
@click.option("--json", "as_json", is_flag=True, help="Print one machine-readable summary and nothing else.")
def refresh(raw, sample, warehouse, published, as_of, known_at, full_refresh, rules, dbt_vars, accept, target, as_json) -> None:
    """Build, test and publish the tiers, all or nothing."""
    settings = project_settings()
    raw = raw or _path(settings.get("raw"))
    if sample and raw:
        raise UsageError("--sample and --raw exclude each other")
    if target == "spark":
        raise UsageError("publishing from Spark is not supported yet; `make test-spark` builds the models there")
    chosen = {**settings.get("vars", {}), **parsed_vars(dbt_vars)}
    chosen |= {name: value for name, value in {"as_of_date": as_of, "known_at": known_at}.items() if value}
    run = Refresh(
        warehouse=_absolute(warehouse or _path(settings.get("warehouse")) or (SAMPLE_WAREHOUSE if sample else DEFAULT_WAREHOUSE)),
        published=_absolute(published or _path(settings.get("publish")) or (SAMPLE_PUBLISHED if sample else DEFAULT_PUBLISHED)),
        raw=raw,
        is_sample=sample,
        rules=rules or _path(settings.get("rules")),
        dbt_vars=chosen,
        full_refresh=full_refresh,
    )
    console = Console(stderr=True)
    if as_json or not console.is_terminal:
        result = run.run()
    else:
        with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console, transient=True) as progress:
            task = progress.add_task("starting dbt", total=None)

            def show(node: Finished) -> None:
                progress.update(task, description=node.name[:40].ljust(40), completed=node.index, total=node.total)

            run.report = show
            result = run.run()
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        show_summary(result)


def show_summary(result: dict[str, object]) -> None:
    """Print the tiers, what became of the raw rows, and where the files are."""
    console = Console()
    table = Table(title=f"Customer tiers as of {result['as_of_date']}")
    for heading, justify in (("tier", "left"), ("customers", "right"), ("revenue", "right"), ("net profit", "right")):
        table.add_column(heading, justify=justify)
    for row in result["tiers"]:
        table.add_row(row["tier"], f"{row['customers']:,}", f"{float(row['monetary']):,.2f}", f"{float(row['net_profit']):,.2f}")
    console.print(table)
    quality = Table(title="What became of the raw rows")
    for heading, justify in (("table", "left"), ("outcome", "left"), ("reason", "left"), ("rows", "right")):
        quality.add_column(heading, justify=justify)
    for row in result["data_quality"]:
        quality.add_row(row["table_name"], row["outcome"], row["reason"] or "", f"{row['row_count']:,}")
    console.print(quality)
    seconds = result["seconds"]
    console.print(f"built and tested in {seconds['build']} s, published in {seconds['publish']} s")
    console.print(f"published: {result['published']}", soft_wrap=True)
    console.print(f"warehouse: {result['warehouse']}", soft_wrap=True)


def project_settings() -> dict[str, object]:
    """What tiers.toml in the current folder says; empty without one."""
    try:
        settings = tomllib.loads(Path("tiers.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"tiers.toml: {error}") from error
    known = {"warehouse", "publish", "raw", "rules", "vars"}
    for name in settings:
        if name not in known:
            raise UsageError(f"tiers.toml: there is no setting {name}; there are {', '.join(sorted(known))}")
    return settings


def parsed_vars(text: str | None) -> dict[str, object]:
    """The vars of --vars as a dict; dates become text, as dbt takes them."""
    try:
        values = yaml.load(text or "{}", Loader=yaml.BaseLoader) and yaml.safe_load(text or "{}")
    except yaml.YAMLError as error:
        raise UsageError(f"--vars is not YAML: {str(error).splitlines()[0]}") from error
    values = values or {}
    if not isinstance(values, dict):
        raise UsageError("--vars takes a mapping such as '{review_cadence: week}'")
    return {name: value if isinstance(value, (bool, int, str, type(None))) else str(value) for name, value in values.items()}


def _path(value: object) -> Path | None:
    return Path(value) if value else None


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


if __name__ == "__main__":
    sys.exit(main())
