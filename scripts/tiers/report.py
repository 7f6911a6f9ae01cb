"""The report: one page of HTML that needs nothing but a browser, made from a published file."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import tomllib
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tiers import __version__
from tiers.classifications import classification_figures
from tiers.database import rows
from tiers.errors import UsageError, first_line
from tiers.rules import LANGUAGES

ASSETS = Path(__file__).with_name("assets")
MARKER = "customer-tiers report"
"""What every report says in its head; a file that does not is never replaced."""

REQUIRED_TABLES = ("customer_tier", "customer_tier_history", "tier_migration", "data_quality")
OUTCOMES = ("accepted", "superseded", "quarantined", "not_yet_visible")
MOVEMENTS = ("upgraded", "downgraded", "entered", "stayed")
MEASURES = ("customers", "monetary", "net_profit")
MOST_REASONS = 10
COLOURS = ("#2d1e6b", "#2f62a8", "#2a9d8f", "#8fbf62", "#efcb68", "#b9bfc8")
"""From the best tier to the lowest; between them, where there are more tiers or fewer."""
CURVE_COLOURS = {"net_profit": "#2a9d8f", "monetary": "#2f62a8"}
CURVE_STEPS = (1, 5, 10, 20, 50)
"""The percents of the Pareto curve that its table shows."""
VALIDATION_COLOURS = {"actual_orders": "#1f2733", "predicted_orders": "#2a9d8f", "naive_orders": "#d9a441"}

TIERS = """
    select tier, coalesce(max(tier_rank), -1) as tier_rank, coalesce(max(en), tier) as en, coalesce(max(zh), tier) as zh
    from (
        select tier, tier_rank, tier_label_en as en, tier_label_zh as zh from customer_tier
        union all by name
        select distinct tier, tier_rank from customer_tier_history
        union all by name
        select distinct unnest([from_tier, to_tier]) as tier from tier_migration
    )
    where tier is not null
    group by tier
    order by tier_rank desc, tier
"""

# A downgrade comes after the grace, and by the review before it the scores may long have fallen: it is held against the last
# review that still met the tier.
REASONS = """
    with scores as (
        select *, [recency_score, frequency_score, monetary_score, profit_score] as scores
        from fct_tier_reviews
    ),
    moves as (
        select *, tier_rank > previous_tier_rank as is_up
        from scores
        where review_date = $review and tier_rank <> previous_tier_rank
    ),
    review_before as (
        select *
        from scores
        where review_date = (select max(review_date) from tier_migration where review_date < $review)
    ),
    last_met as (
        select moves.customer_id, arg_max(scores.scores, scores.review_date) as scores
        from moves
        inner join scores on moves.customer_id = scores.customer_id
        where not moves.is_up and scores.review_date < $review and scores.keep_rank >= moves.previous_held_rank
        group by moves.customer_id
    ),
    compared as (
        select
            moves.is_up,
            moves.scores,
            if(moves.is_up, review_before.scores, last_met.scores) as scores_then,
            'override' in (moves.tier_source, review_before.tier_source) as is_override,
            not moves.is_up and review_before.keep_rank < review_before.held_rank as is_after_grace
        from moves
        inner join review_before on moves.customer_id = review_before.customer_id
        left join last_met on moves.customer_id = last_met.customer_id
    ),
    changed as (
        select
            *,
            list_filter(
                ['recency', 'frequency', 'monetary', 'profit'],
                lambda name, number: if(is_up, scores[number] > scores_then[number], scores[number] < scores_then[number])
            ) as metrics
        from compared
    ),
    reasons as (
        select
            if(is_up, 'up', 'down') as direction,
            unnest(
                case
                    when is_override then ['override']
                    else if(metrics = [], ['other'], metrics) || if(is_after_grace, ['grace'], [])
                end
            ) as reason
        from changed
    )
    select direction, reason, count(*) as customers
    from reasons
    group by direction, reason
    order by direction, customers desc, reason
"""


def write_report(published: Path, warehouse: Path | None, out: Path, lang: str | None = None) -> None:
    """Write the report on a published file to `out`, all or nothing.

    The warehouse gives the reasons of movements; without one, or with another's, the page says that it has none. It shows
    `lang` first, or else the language of who reads it. Raises UsageError if the published file cannot be read or `out` is a
    file that is no report.
    """
    if out.exists() and not _is_report(out):
        raise UsageError(f"{out} is not a report of tiers and is not replaced; name another file with --out, or move it away")
    page = render(figures(published, warehouse), lang)
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        aside.write_text(page, encoding="utf-8")
        os.replace(aside, out)
    finally:
        aside.unlink(missing_ok=True)


def figures(published: Path, warehouse: Path | None = None) -> dict[str, object]:
    """Everything the report shows, in sums: nothing of any one customer. Raises UsageError for a file that cannot be read."""
    if not published.is_file():
        raise UsageError(f"{published} is not there; tiers refresh publishes it, --publish names another file")
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            tables = {row["table_name"] for row in rows(connection, "select table_name from duckdb_tables() where schema_name = 'main'")}
            missing = [table for table in REQUIRED_TABLES if table not in tables]
            if missing:
                raise UsageError(f"{published} was not published by tiers: it has no table {missing[0]}")
            found = _published_figures(connection, tables)
    except duckdb.Error as error:
        raise UsageError(f"{published} cannot be read: {first_line(error)}") from error
    return found | _warehouse_figures(warehouse, found)


def _published_figures(connection: duckdb.DuckDBPyConnection, tables: set[str]) -> dict[str, object]:
    moves = rows(connection, "select review_date, from_tier, to_tier, customers, monetary, net_profit from tier_migration order by all")
    last_review = max((move["review_date"] for move in moves), default=None)
    current = rows(
        connection,
        "select tier, count(*) as customers, sum(monetary) as monetary, sum(net_profit) as net_profit from customer_tier group by tier",
    )
    state = rows(connection, "select max(as_of_date) as as_of, count(*) filter (is_provisional) as provisional from customer_tier")[0]
    currency = rows(connection, "select max(currency) as currency from revenue_bridge where step = 'graded_revenue'") if "revenue_bridge" in tables else []
    publication = rows(connection, "from publications order by publication_id desc limit 1") if "publications" in tables else []
    number = publication[0]["publication_id"] if publication else None
    changes = "select cause, count(*) as customers from tier_changes where publication_id = $number group by cause order by customers desc, cause"
    accepted = "select distinct check_name from publication_checks where publication_id = $number and is_accepted order by check_name"
    return {
        **state,
        **classification_figures(connection, tables),
        "tiers": rows(connection, TIERS),
        "current": {row["tier"]: row for row in current},
        "moves": moves,
        "last_review": last_review,
        "currency": currency[0]["currency"] if currency else None,
        "publication": publication[0] if publication else None,
        "changes": rows(connection, changes, number=number) if number and "tier_changes" in tables else [],
        "let_through": [row["check_name"] for row in rows(connection, accepted, number=number)] if number and "publication_checks" in tables else [],
        "quality": rows(
            connection,
            f"pivot (select table_name, outcome, row_count from data_quality) on outcome in {OUTCOMES} using coalesce(sum(row_count), 0)"
            " order by table_name",
        ),
        "quarantine": rows(
            connection,
            "select table_name, reason, currency, sum(row_count) as row_count, sum(amount) as amount from data_quality"
            f" where outcome = 'quarantined' group by all order by row_count desc, table_name, reason, currency limit {MOST_REASONS}",
        ),
    }


def _warehouse_figures(warehouse: Path | None, found: dict[str, object]) -> dict[str, object]:
    """What only the warehouse knows: why customers moved, when the window was full, and the labels of tiers that are empty now.

    `reasons` is None where it cannot be read (another refresh is at work on it, say) or its movements are not the published ones.
    """
    nothing = {"reasons": None, "no_reasons": "no_warehouse", "warm_up": None}
    if warehouse is None or not warehouse.is_file() or found["last_review"] is None:
        return nothing
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            moves = rows(connection, "select * from tier_migration where review_date = $review order by all", review=found["last_review"])
            if moves != [move for move in found["moves"] if move["review_date"] == found["last_review"]]:
                return nothing | {"no_reasons": "other_warehouse"}
            labels = {row["tier"]: row for row in rows(connection, "select tier, label_en as en, label_zh as zh from tiers")}
            return {
                "tiers": [tier | labels.get(tier["tier"], {}) for tier in found["tiers"]],
                "reasons": rows(connection, REASONS, review=found["last_review"]),
                "warm_up": rows(connection, "select max(review_date) as day from fct_score_breakpoints where is_warm_up")[0]["day"],
            }
    except duckdb.Error:
        return nothing


def render(found: dict[str, object], lang: str | None = None) -> str:
    """The page. Whatever comes from data is escaped, and no script runs in it but the two that it names by their hash."""
    tiers = [tier | {"colour": _colour(place, len(found["tiers"]))} for place, tier in enumerate(found["tiers"])]
    ranks = {tier["tier"]: tier["tier_rank"] for tier in tiers}
    moves = [move | {"direction": _direction(move, ranks)} for move in found["moves"]]
    last_moves = [move for move in moves if move["review_date"] == found["last_review"]]
    days = sorted({move["review_date"] for move in moves})
    reviews = {day: {tier: dict.fromkeys(MEASURES, 0) for tier in ranks} for day in days}
    for move in moves:
        _add(reviews[move["review_date"]][move["to_tier"]], move)
    moved = {name: dict.fromkeys(MEASURES, 0) for name in MOVEMENTS}
    for move in last_moves:
        _add(moved[move["direction"]], move)
    texts = _texts()
    chart_data = {
        "tiers": tiers,
        "reviews": [str(day) for day in days],
        "sums": [{tier: {name: float(value) for name, value in sums.items()} for tier, sums in reviews[day].items()} for day in days],
        "moves": [
            {"from": move["from_tier"], "to": move["to_tier"], "direction": move["direction"], "customers": move["customers"]} for move in last_moves
        ],
        "curves": [
            {
                "colour": CURVE_COLOURS[metric],
                "name": {name: texts[name][f"curve_{metric}"] for name in texts},
                "points": [[float(point["percent_of_customers"]), float(point["percent_of_value"]), point["ends"]] for point in points],
            }
            for metric, points in found["curves"].items()
        ],
        "validation": {
            "groups": [row["repeat_orders"] for row in found["validation"]],
            "bars": [
                {"colour": colour, "name": {lang: texts[lang][name] for lang in texts}, "orders": [float(row[name]) for row in found["validation"]]}
                for name, colour in VALIDATION_COLOURS.items()
            ],
        },
        "entered": {name: texts[name]["entered"] for name in texts},
        "customers": {name: texts[name]["customers"] for name in texts},
    }
    environment = Environment(loader=FileSystemLoader(ASSETS), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("report.html.j2").render(
        found
        | {
            "tiers": tiers,
            "current": found["current"] and {tier: found["current"].get(tier, dict.fromkeys(MEASURES, 0)) for tier in ranks},
            "reviews": reviews,
            "moved": moved,
            "origins": [*tiers, {"tier": None}] if moved["entered"]["customers"] else tiers,
            "cells": _cells(last_moves, ranks),
            "outcomes": OUTCOMES,
            "curve_colours": CURVE_COLOURS,
            "curve_steps": CURVE_STEPS,
            "curve_share": _curve_share,
            "curve_headings": {lang: [text["best_customers"], *(text[f"curve_{metric}"] for metric in found["curves"])] for lang, text in texts.items()},
            "validation_colours": VALIDATION_COLOURS,
            "texts": texts,
            "first": lang or LANGUAGES[0],
            "is_chosen": lang is not None,
            "marker": MARKER,
            "version": __version__,
            "style": Markup(_asset("report.css")),
            "scripts": [_script("echarts/echarts.min.js"), _script("report.js")],
            "chart_data": _json(chart_data),
            "count": lambda value: f"{value:,}",
            "money": lambda value: f"{_rounded(value, '0.01'):,}",
            "whole": lambda value: f"{_rounded(value, '1'):,}",
            "tenths": lambda value: f"{_rounded(value, '0.1'):,}",
            "share": lambda part, whole: f"{part / whole:.1%}" if whole > 0 else "–",
        }
    )


def _texts() -> dict[str, dict[str, str]]:
    """language → name → text"""
    texts = tomllib.loads(_asset("report_texts.toml"))
    return {lang: {name: text[lang] for name, text in texts.items()} for lang in LANGUAGES}


def _direction(move: dict[str, object], ranks: dict[str, int]) -> str:
    if move["from_tier"] is None:
        return "entered"
    step = ranks[move["to_tier"]] - ranks[move["from_tier"]]
    return "upgraded" if step > 0 else "downgraded" if step < 0 else "stayed"


def _add(sums: dict[str, object], move: dict[str, object]) -> None:
    for name in MEASURES:
        sums[name] += move[name]


def _cells(moves: list[dict[str, object]], ranks: dict[str, int]) -> dict[tuple[str | None, str], dict[str, object]]:
    """(from, to) → the move, with how dark its cell is: by the square root of its share of the row, never too dark to read."""
    totals = {origin: sum(move["customers"] for move in moves if move["from_tier"] == origin) for origin in (*ranks, None)}
    cells = {(origin, tier): {"customers": 0} for origin in totals for tier in ranks}
    for move in moves:
        depth = 0.08 + 0.42 * math.sqrt(move["customers"] / totals[move["from_tier"]])
        cells[move["from_tier"], move["to_tier"]] = move | {"depth": f"{depth:.2f}"}
    return cells


def _curve_share(points: list[dict[str, object]], percent: int) -> str:
    """The share that the best so many percent hold; of so few customers that none is so few percent, unknown."""
    shares = [point["percent_of_value"] for point in points if point["percent_of_customers"] <= percent]
    return f"{shares[-1]:.1f}%" if shares else "–"


def _colour(place: int, number: int) -> str:
    """The colour of the tier at a place, from the best (0), among so many."""
    position = place * (len(COLOURS) - 1) / max(number - 1, 1)
    low = min(int(position), len(COLOURS) - 2)
    pairs = zip(bytes.fromhex(COLOURS[low][1:]), bytes.fromhex(COLOURS[low + 1][1:]), strict=True)
    return "#" + bytes(round(one + (other - one) * (position - low)) for one, other in pairs).hex()


def _rounded(value: object, places: str) -> Decimal:
    return Decimal(value).quantize(Decimal(places), ROUND_HALF_UP) + 0  # no -0


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _script(name: str) -> dict[str, str]:
    text = _asset(name)
    return {"text": Markup(text), "hash": Markup(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'")}


def _json(value: object) -> Markup:
    """JSON that can stand within a script element."""
    return Markup(json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _is_report(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as content:
        return f'<meta name="generator" content="{MARKER}">'.encode() in content.read(1000)
