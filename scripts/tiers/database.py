"""Reading a database."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from tiers import __version__
from tiers.errors import UsageError


def rows(connection: duckdb.DuckDBPyConnection, sql: str, *parameters: object, **named: object) -> list[dict[str, object]]:
    """What a query finds, each row as column → value; its parameters are given in order, or by name."""
    answer = connection.execute(sql, named or parameters)
    columns = [column[0] for column in answer.description]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def check_not_newer(file: Path, version: str | None) -> None:
    """Raise UsageError if a newer version of the project wrote a file: this one does not know all that is in it. None: nobody did."""
    if version and _numbers(version) > _numbers(__version__):
        raise UsageError(f"{file} was written by version {version} of tiers, and this is {__version__}: install that version, or name another file")


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
