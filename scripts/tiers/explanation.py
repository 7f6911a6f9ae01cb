"""An explanation, as explain returns it, for people: tables and sentences that fit a terminal of 80 columns."""

from __future__ import annotations

from decimal import Decimal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tiers.rules import bounds_in_words, value_in_words

SCORES = {"recency": "recency, days", "frequency": "frequency, orders", "monetary": "monetary", "profit": "net profit"}
KINDS = {"entry": "to earn it", "retain": "to keep it"}


def show_explanation(found: dict[str, object]) -> None:
    """Print an explanation. Names of customers are not in it; ids and reasons are data, and printed as such."""
    console = Console(highlight=False, markup=False, emoji=False)
    _show_tier(console, found)
    _show_scores(console, found)
    _show_next(console, found)
    _show_rules(console, found)


def _show_tier(console: Console, found: dict[str, object]) -> None:
    review = found["review"]
    merged = f"{found['asked_for']} was merged into this customer, and counts for it" if found["asked_for"] != found["customer_id"] else None
    labels = {rule["tier"]: rule["tier_label_en"] for rule in found["rules"]}
    lines = {
        "customer": found["customer_id"],
        "merged": merged,
        "day": found["on"],
        "tier": f"{found['tier_label_en']} ({found['tier']}, {found['tier_label_zh']})",
        "source": found["tier_source"].replace("_", " "),
        "since": found["tier_since"] or "provisional: no review of this customer is closed yet",
        "before that": labels.get(found["previous_tier"], found["previous_tier"]),
        "decided by": f"the review of {review['review_date']}, which looks back to {review['window_begins']}",
        "rules of": review["rules_version"],
        "earned now": labels.get(review["earned_tier"], review["earned_tier"]),
        "kept by rule": labels.get(review["keep_tier"], review["keep_tier"]),
        "kept in grace": f"{labels.get(review['grace_tier'], review['grace_tier'])} (review of {review['grace_review_date']})",
        "held before": labels.get(review["held_before"], review["held_before"]) or "nothing: it is the customer's first review",
        "held now": labels.get(review["held_tier"], review["held_tier"]),
        "kept until": found["keep_until"] and f"{found['keep_until']}, {'the end of the override' if found['override'] else 'if nothing more happens'}",
    }
    grid = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in lines.items():
        if value is not None:
            grid.add_row(name, _text(value, "bold" if name == "tier" else ""))
    console.print(grid)
    console.print()
    console.print(_text(found["because"]))


def _show_scores(console: Console, found: dict[str, object]) -> None:
    scores, first = found["scores"], found["scores"][0]
    table = _table("", *SCORES.values(), right=(1, 2, 3, 4))
    table.add_row("value", *(_amount(row["value"], row["unit"]) for row in scores))
    for score in (2, 3, 4, 5):
        needed = (("<" if row["score"] == "recency" else ">", row[f"b{score - 1}"], row["unit"]) for row in scores)
        table.add_row(f"needed for {score}", *("-" if value is None else sign + _amount(value, unit) for sign, value, unit in needed))
    table.add_row("score", *(_text(row["scored"], "bold") for row in scores))
    _show(console, "Scores at that review", table)
    group = f" in {found['review']['score_by']} {found['review']['score_group'] or '(none)'}" if found["review"]["score_by"] else ""
    notes = [f"{first['population']:,} buyers{group} were compared; amounts are in {found['reporting_currency']}."]
    if found["review"]["metrics"]["frequency"] == 0:
        notes.append("Without an order in the window every score is 0.")
    if any(row["population"] and row["b1"] is None for row in found["scores"]):
        notes.append("Where there were too few to compare, every buyer scores 3.")
    if first["is_warm_up"]:
        notes.append("The window began before the first data, so these are first scores.")
    console.print(_text(" ".join(notes), "dim"))


def _show_next(console: Console, found: dict[str, object]) -> None:
    step = found["next"]
    if step is None:
        return
    if not step["missing"]:
        console.print(_text(f"\nNothing is missing for the next tier, {step['tier_label_en']}, by the review of {step['review_date']}."))
        return
    table = _table("what is missing", "asked", "has", "gap", "which takes", right=(2, 3))
    for row in step["missing"]:
        gap = "-" if row["gap"] is None else _value(row["gap"], row["unit"])
        table.add_row(row["label_en"], _bounds(row), _value(row["value"], row["unit"]), gap, _earns(row["earns"]))
    _show(console, f"What the next tier needs: {step['tier_label_en']} ({step['tier']})", table)
    if step["review_date"] != found["review"]["review_date"]:
        console.print(_text(f"As things stand on {step['review_date']}, before that review is closed.", "dim"))
    if any(row["earns"] for row in step["missing"]):
        console.print(_text("What a score takes is by the breakpoints of that review; they move with the other customers.", "dim"))


def _earns(earns: dict[str, object] | None) -> str:
    """The value that earns a score; where the customer has it already, or any would do, all that lacks is an order."""
    if earns is None:
        return ""
    value, low, high = (None if earns[name] is None else Decimal(earns[name]) for name in ("value", "min_value", "max_value"))
    if (low is None or (value is not None and value >= low)) and (high is None or (value is not None and value <= high)):
        return "an order in the window"
    return f"{earns['label_en']}: {_bounds(earns)}"


def _show_rules(console: Console, found: dict[str, object]) -> None:
    table = _table("rule", "asked", "has", "met", right=(2,))
    for rule in found["rules"]:
        name = f"{rule['tier_label_en']}, {KINDS[rule['kind']]}" + (f" ({rule['alternative']})" if rule["alternative"] else "")
        table.add_row(_text(name, "bold"), "", "", _met(rule["is_met"], "bold "))
        for row in rule["conditions"]:
            table.add_row(f"  {row['label_en']}", _bounds(row), _value(row["value"], row["unit"]), _met(row["is_met"]))
        table.add_section()
    _show(console, f"The rules of {found['review']['rules_version']}, all rows of an alternative must be met", table)


def _table(*headings: str, right: tuple[int, ...] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number in right else "left", overflow="fold")
    return table


def _show(console: Console, title: str, table: Table) -> None:
    console.print()
    console.print(_text(title, "bold"))
    console.print(table)


def _met(is_met: bool, weight: str = "") -> Text:
    return Text("yes", f"{weight}green") if is_met else Text("no", f"{weight}red")


def _bounds(row: dict[str, object]) -> str:
    low, high = (None if row[bound] is None else Decimal(row[bound]) for bound in ("min_value", "max_value"))
    return bounds_in_words(low, high, row["unit"])


def _amount(value: object, unit: str) -> str:
    return _value(value, unit if unit == "money" else "")


def _value(value: object, unit: str) -> str:
    return value_in_words(None if value is None else Decimal(value), unit)


def _text(value: object, style: str = "") -> Text:
    """Text whose characters only show, whatever the data holds: none moves the cursor or changes the terminal."""
    return Text("".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in str(value)), style)
