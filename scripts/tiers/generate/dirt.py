"""What goes wrong on the way: rows with every fault that staging knows, added to the files of a shop.

Each is a row of the shop sent again, and they change no tier. What is quarantined does not count, and
what is only repaired is a bad word in place of an empty cell. They are text, in a file of their own.
"""

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tiers.project import PROJECT
from tiers.raw import declared_columns

SHARE = 0.006  # of the rows to which a group of faults can happen

UNPARSEABLE = {
    "timestamp": ["2023-02-30 10:00:00", "31/12/2023", "infinity"],
    "date": ["2023-02-30", "31/12/2023", "soon"],
    "integer": ["1.5", "first"],
    "quantity": ["a dozen", "NaN"],
    "amount": ["1,250.00", "n/a", "infinity"],
    "rate": ["1,08", "NaN"],
    "score": ["good", "NaN"],
    "boolean": ["perhaps"],
}
UNKNOWN = ["unheard-of"]
OUT_OF_RANGE = {"integer": ["99999999999999999999"]}
LONG_AGO, FAR_AHEAD = "2002-11-05 10:00:00", "2222-02-22 22:22:22"


@dataclass(frozen=True)
class Fault:
    """What a cell says instead, by turns, and the rows to which it can happen without changing a tier."""

    column: str
    texts: list[str | None]
    where: str = "true"


# What is wrong with a row only beside others, or beside its own loaded_at.
AMONG_OTHERS = {
    "customers": [
        Fault("merged_into", ["nobody"], "merged_into is null and customer_id not in (select coalesce(merged_into, '') from {customers})")
    ],
    "orders": [Fault("currency", ["XXX"]), Fault("ordered_at", [FAR_AHEAD])],
    "order_items": [Fault("order_id", ["lost"])],
    "refunds": [
        Fault("order_id", ["lost"]),
        Fault("refunded_at", [LONG_AGO], "order_id in (select order_id from {orders} where currency <> 'USD')"),
        Fault("refunded_at", [FAR_AHEAD]),
    ],
    "interactions": [Fault("occurred_at", [FAR_AHEAD])],
}


def add_dirt(con: duckdb.DuckDBPyConnection, raw: Path) -> Counter[str]:
    """Write `<table>/dirty.csv` beside the parquet files of each raw table in `raw`; return their row counts.

    `con` knows the macros of the shop. The files are a function of the rows, whatever their order.
    """
    declared, words = declared_columns(), accepted_words()
    parts = {table: f"read_parquet('{_quoted(raw / table)}/part-*.parquet')" for table in declared}
    rows: Counter[str] = Counter()
    for table, columns in declared.items():
        groups: dict[str, list[Fault]] = defaultdict(list)
        for fault in [*faults_of_columns(columns), *words[table], *AMONG_OTHERS.get(table, [])]:
            groups[fault.where].append(fault)
        keys = ", ".join(name for name, meta in columns.items() if meta.get("key"))

        def chosen(draw: str, where: str, least: int) -> str:
            return chosen_rows(con, f"{table} {draw}", f"{parts[table]} where {where.format(**parts)}", keys, least)

        selects = [faulty_cells(columns, faults, chosen(where, where, len(faults))) for where, faults in groups.items()]
        selects.append(awkward_cells(columns, chosen("awkward", "true", 3)))
        union = " union all ".join(f"({select})" for select in selects)
        rows[table] = con.execute(f"copy ({union} order by all) to '{_quoted(raw / table)}/dirty.csv' (header)").fetchall()[0][0]
    return rows


def faults_of_columns(columns: dict[str, dict]) -> list[Fault]:
    """Everything that can be wrong with a cell by itself, by what models/input says of its column."""
    faults = []
    for column, meta in columns.items():
        kind, amounts = meta["type"], ("amount", "quantity", "rate")
        keeps_out = meta.get("required") or meta.get("key") or meta.get("quarantines") or kind in amounts
        otherwise = meta.get("otherwise")
        where = f"{column} = '{otherwise}'" if otherwise else "true" if keeps_out else f"{column} is null"
        if meta.get("required"):
            faults.append(Fault(column, [None]))
        if kind in UNPARSEABLE:
            faults.append(Fault(column, UNPARSEABLE[kind], where))
        if kind == "listed":
            faults.append(Fault(column, UNKNOWN, where))
        beyond = [*OUT_OF_RANGE.get(kind, []), *(["0", "-1"] if "more_than" in meta else [])]
        beyond += [str(meta[bound] + step) for bound, step in {"at_least": -1, "at_most": 1}.items() if bound in meta]
        if beyond:
            faults.append(Fault(column, beyond, where))
    return faults


def accepted_words() -> dict[str, list[Fault]]:
    """Other systems' words for ours: no fault, they are translated."""
    words = defaultdict(list)
    with (PROJECT / "seeds/rules/accepted_values.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            words[row["table_name"]].append(Fault(row["column_name"], [row["raw_value"]], f"{row['column_name']} = '{row['value']}'"))
    return words


def chosen_rows(con: duckdb.DuckDBPyConnection, draw: str, rows: str, keys: str, least: int) -> str:
    """A select of a share of the rows, at least `least` if there are so many, numbered from 0 as `nr`."""
    count = con.execute(f"select count(*) from {rows}").fetchall()[0][0]
    wanted = max(least, int(SHARE * count))
    # only those that have a chance are sorted
    greatest = min(2**64 - 1, int(2**64 * (1.1 * wanted + 100) / max(count, 1)))
    return f"""
        select *, row_number() over (order by chance, {keys}) - 1 as nr
        from (
            select *, hash(seed(), {_literal(draw)}, {keys}) as chance
            from {rows} and chance <= {greatest}
            order by chance, {keys} limit {wanted}
        )
    """


def faulty_cells(columns: dict[str, dict], faults: list[Fault], chosen: str) -> str:
    """A select of rows sent again a day later, each with one of the faults, and every fault with a row."""
    cells = []
    for column in columns:
        cell = f"({column}{' + interval 1 day' if column == 'loaded_at' else ''})::varchar"
        cases = "".join(
            f" when {number} then [{', '.join(map(_literal, fault.texts))}][1 + nr // {len(faults)} % {len(fault.texts)}]"
            for number, fault in enumerate(faults)
            if fault.column == column
        )
        cells.append(f"{f'case fault{cases} else {cell} end' if cases else cell} as {column}")
    return f"""
        with chosen as ({chosen})
        select {", ".join(cells)}
        from chosen join range({len(faults)}) as faults(fault)
            on nr % {len(faults)} = fault % (select greatest(count(*), 1) from chosen)
    """


def awkward_cells(columns: dict[str, dict], chosen: str) -> str:
    """A select of rows sent again without fault: loaded nobody knows when, at the same moment with less to say, in another time zone."""
    optional = [name for name, meta in columns.items() if name != "loaded_at" and not (meta.get("required") or meta.get("key"))]
    cells = []
    for column, meta in columns.items():
        cases = ""
        if column == "loaded_at":
            cases += " when 0 then null"
        if column in optional[-1:]:
            cases += " when 1 then null"
        if meta["type"] == "timestamp":
            cases += f" when 2 then strftime({column} + interval 8 hour, '%Y-%m-%dT%H:%M:%S+08:00')"
        cells.append(f"{f'case nr % 3{cases} else {column}::varchar end' if cases else f'{column}::varchar'} as {column}")
    return f"select {', '.join(cells)} from ({chosen})"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _literal(text: str | None) -> str:
    return "null" if text is None else "'" + text.replace("'", "''") + "'"
