"""A project of one's own: settings, selects that map one's tables, and rules; everything else stays as shipped."""

from __future__ import annotations

import csv
import textwrap
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from tiers import __version__
from tiers.errors import UsageError
from tiers.project import PROJECT

TEMPLATES = Path(__file__).with_name("assets") / "project"

IGNORED = "# rows of customers are no business of a repository\n/raw/\n/warehouse/\n/published/\n"


def init(folder: Path) -> None:
    """Write a new project into a folder that is new or empty, or nothing. Raises UsageError if it is neither."""
    folder = folder.resolve()
    is_there = folder.exists()
    if is_there and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder; tiers init takes a new one")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder if is_there else folder.parent, prefix=f".{folder.name}-") as aside:
        complete = Path(aside) / folder.name
        for name, text in project_files().items():
            (complete / name).parent.mkdir(parents=True, exist_ok=True)
            (complete / name).write_text(text, encoding="utf-8")
        if is_there:
            for part in complete.iterdir():
                part.rename(folder / part.name)
        else:
            complete.rename(folder)


def project_files() -> dict[str, str]:
    """The text of each file of a new project, by its path."""
    read = {file.name: file.read_text(encoding="utf-8") for file in TEMPLATES.iterdir()}
    # Metrics are what the shipped models work out: a copy would be out of date with the next version.
    rules = [file for file in sorted((PROJECT / "seeds/rules").glob("*.csv")) if file.name != "metrics.csv"]
    return {
        ".gitignore": IGNORED,
        "tiers.toml": read["tiers.toml"],
        "README.md": read["README.md"].format(version=__version__, metrics=_metrics()),
        **{f"inputs/{name}.sql": text for name, text in _inputs().items()},
        **{f"rules/{file.name}": file.read_text(encoding="utf-8") for file in rules},
    }


def _inputs() -> dict[str, str]:
    """Each shipped input, under a list of the columns that it has to give."""
    declared = yaml.safe_load((PROJECT / "models/input/_input__models.yml").read_text(encoding="utf-8"))["models"]
    texts = {}
    for model in declared:
        grain, select = (PROJECT / f"models/input/{model['name']}.sql").read_text(encoding="utf-8").split("\n", 1)
        lines = [grain, "-- Columns, in any order; those without a * may be left out:"]
        for column in model["columns"]:
            star = "*" if column["config"]["meta"].get("required") else ""
            lines += _beside(f"--   {column['name'] + star:22}", _meaning(column))
        texts[model["name"]] = "\n".join(lines) + "\n" + select
    return texts


def _meaning(column: dict) -> str:
    """What a column means, and the words it takes."""
    words = column["config"]["meta"].get("values")
    meaning = column["description"].replace("seeds/rules/", "rules/")
    return f"{meaning} One of {', '.join(words)}." if words and not all(word in meaning for word in words) else meaning


def _beside(head: str, text: str) -> list[str]:
    return textwrap.wrap(text, 110, initial_indent=head, subsequent_indent="--" + " " * (len(head) - 2))


def _metrics() -> str:
    with (PROJECT / "seeds/rules/metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = [f"| `{row['metric']}` | {row['unit']} | {row['description']} |" for row in csv.DictReader(file)]
    return "\n".join(["| metric | unit | meaning |", "| --- | --- | --- |", *rows])
