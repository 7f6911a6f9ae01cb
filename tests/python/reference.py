"""The project's rules once more, in plain Python, written to be checked by reading.

`grade(raw, rules, **vars)` takes the raw tables as text cells and answers with every fact and mart as
plain dicts, so that what dbt builds can be compared with it cell by cell. One small function a rule; a
function's docstring says the rule. Nothing here is fast, nothing is shared with the SQL, and no number is
ever a float.

raw   {"orders": [{"order_id": "1", "ordered_at": "2024-01-31T09:00:00+08:00", ...}, ...], ...}
      a cell is text or None, an empty text counts as None, a table may be left out
rules {"tiers": [...], "tier_rules": [...], "class_rules": [...], "score_methods": [...],
       "accepted_values": [...]}: the rows of the seeds of these names, as csv.DictReader reads them
vars  the project's vars; see DEFAULTS

In every table of the answer a row is found by its key (KEYS names the key's columns; a key of one column is
the bare value) and holds its other columns.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from functools import lru_cache
from zoneinfo import ZoneInfo

Cell = str | None
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1)

DEFAULTS = {
    "reporting_currency": "USD",
    "business_timezone": "UTC",
    "as_of_date": None,
    "known_at": None,
    "history_start": None,
    "review_cadence": "month",
    "window_days": 365,
    "score_by": None,
    "min_scored_customers": 30,
    "tier_grace_reviews": 1,
    "tier_soft_landing": True,
    "abc_metric": "net_profit",
    "publish_facts": False,
}

RFM = ("recency_days", "frequency", "monetary", "lifetime_orders", "lifetime_monetary", "tenure_days")
PROFIT = ("cost_of_goods", "gross_profit", "service_cost", "shipping_cost", "net_profit", "cost_coverage")
CRITERIA = ("industry_standing", "growth_prospect", "strategic_importance", "relationship_strength")
ENGAGEMENT = (
    *("interactions", "inbound", "outbound", "complaints", "events_attended", "campaign_touches"),
    *("campaign_responses", "referrals", "converted_referrals", "satisfaction"),
    *CRITERIA,
)
PATTERNS = (
    *("promotion_share", "flagship_share", "categories", "average_interval_days"),
    *("recency_intervals", "frequency_trend", "monetary_trend"),
)
SCORES = ("recency_score", "frequency_score", "monetary_score", "profit_score")
SCHEMES = ("behaviour_class", "rfm_segment", "purchasing_power", "purchase_frequency", "loyalty", "abc_class")

KEYS = {
    "data_quality": ("table_name", "outcome", "reason", "currency"),
    "fct_customer_rfm": ("customer_id", "review_date"),
    "fct_customer_profit": ("customer_id", "review_date"),
    "fct_customer_engagement": ("customer_id", "review_date"),
    "fct_customer_patterns": ("customer_id", "review_date"),
    "fct_score_breakpoints": ("review_date", "score_group", "metric"),
    "fct_tier_reviews": ("customer_id", "review_date"),
    "fct_customer_classes": ("customer_id", "review_date", "scheme"),
    "customer_tier": ("customer_id",),
    "customer_tier_history": ("customer_id", "valid_from"),
    "tier_migration": ("review_date", "from_tier", "to_tier"),
    "customer_classes": ("customer_id", "scheme"),
}


# ---------------------------------------------------------------- the raw tables


@dataclass(frozen=True)
class Column:
    name: str
    kind: str = "text"  # text, time, date, integer, boolean, amount, quantity, rate, score
    required: bool = False
    words: frozenset[str] = frozenset()  # the listed values, where there are any
    floor: str = ""  # "positive" (> 0), "not negative" (>= 0) or "1 to 5"


@dataclass(frozen=True)
class Table:
    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def place(self, column: str) -> int:
        return [c.name for c in self.columns].index(column)


def _table(name: str, key: str, *columns: str) -> Table:
    """A table from short notes: "name* kind floor", with "a|b|c" for a column of listed values."""
    made = []
    for note in columns:
        title, _, rest = note.partition(" ")
        kind, _, floor = rest.partition(" ")
        words = frozenset(kind.split("|")) if "|" in kind else frozenset()
        kind = "text" if words or not kind else kind
        made.append(Column(title.rstrip("*"), kind, title.endswith("*"), words, floor))
    made.append(Column("loaded_at", "time"))
    return Table(name, tuple(key.split()), tuple(made))


TABLES = {
    t.name: t
    for t in (
        _table(
            "customers",
            "customer_id",
            *("customer_id*", "customer_name", "customer_type person|company|internal|anonymous", "industry"),
            *("region", "acquisition_channel", "referred_by", "signed_up_at time", "merged_into"),
            "opted_out_of",
        ),
        _table(
            "products",
            "product_id valid_from",
            *("product_id*", "valid_from date", "product_name", "category", "is_flagship boolean"),
            "unit_cost amount not negative",
        ),
        _table(
            "orders",
            "order_id",
            *("order_id*", "customer_id", "ordered_at* time", "status* completed|pending|cancelled"),
            *("currency*", "channel", "promotion_code", "shipping_cost amount not negative"),
        ),
        _table(
            "order_items",
            "order_id line_number",
            *("order_id*", "line_number* integer", "quantity* quantity positive"),
            *("unit_price* amount not negative", "product_id", "discount_amount amount not negative"),
            "unit_cost amount not negative",
        ),
        _table(
            "refunds",
            "refund_id",
            *("refund_id*", "order_id*", "refunded_at* time", "refund_amount* amount positive"),
            *("line_number integer", "returned_quantity quantity not negative"),
        ),
        _table(
            "interactions",
            "interaction_id",
            *("interaction_id*", "customer_id*", "occurred_at* time"),
            "channel* phone|email|sms|chat|wechat|web|app|store|event|other",
            "interaction_type* inquiry|support|complaint|visit|campaign_touch|campaign_response"
            "|event_attendance|survey|referral|other",
            *("direction inbound|outbound", "satisfaction_score score 1 to 5"),
            *("handling_cost amount not negative", "campaign_id", "referred_customer_id", "action_id"),
        ),
        _table(
            "campaign_members",
            "campaign_id customer_id",
            *("campaign_id*", "customer_id*", "assigned_at* time", "member_group* treatment|control"),
        ),
        _table(
            "assessments",
            "assessment_id",
            *("assessment_id*", "customer_id*", "assessed_on* date"),
            *("criterion* " + "|".join(CRITERIA), "score* score 1 to 5", "assessed_by"),
        ),
        _table(
            "exchange_rates",
            "currency valid_from",
            *("currency*", "valid_from* date", "rate_to_reporting* rate positive"),
        ),
        _table(
            "tier_overrides",
            "customer_id valid_from",
            *("customer_id*", "tier*", "valid_from* date", "valid_to date", "reason*", "approved_by*"),
        ),
    )
}

REASON_ORDER = (
    "missing_key",
    "missing",
    "unparseable",
    "unknown",
    "out_of_range",
    "missing_exchange_rate",
    "orphan",
    "future_dated",
)


@dataclass
class Fault:
    """Something wrong with a row: the kind of it, the column it is in, and whether the row is lost to it."""

    kind: str
    place: int
    reason: str
    quarantines: bool

    def order(self) -> tuple:
        return (not self.quarantines, REASON_ORDER.index(self.kind), self.place)


@dataclass
class Row:
    table: Table
    cells: dict[str, Cell]  # as they came, in the table's columns only
    values: dict[str, object]  # as they count
    faults: list[Fault]
    outcome: str = ""
    reason: str | None = None

    def __getitem__(self, column: str):
        return self.values[column]

    @property
    def usable(self) -> bool:
        """A row is usable when it is there at all and nothing about it quarantines it."""
        return self.outcome != "not_yet_visible" and not any(f.quarantines for f in self.faults)

    @property
    def loaded_at(self) -> datetime:
        """An absent or empty loaded_at counts as the epoch."""
        return self.values["loaded_at"] or EPOCH

    def key(self) -> tuple:
        return tuple(self.values[c] for c in self.table.key)

    def first_reason(self) -> str | None:
        """A quarantining reason comes before any other; then by kind of reason, then by column."""
        return min(self.faults, key=Fault.order).reason if self.faults else None


# ---------------------------------------------------------------- reading text

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(?:(Z)|([+-])([0-9]{2})(?::?([0-9]{2}))?)?)?"
)
_NUMBER = re.compile(r"[ \t\r\n]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[ \t\r\n]*")
_SIZES = {"quantity": (10, 3), "amount": (14, 4), "rate": (12, 6), "score": (14, 4)}


class Unparseable(ValueError):
    pass


class OutOfRange(ValueError):
    pass


def parse_time(text: str) -> datetime:
    """ISO 8601, extended: an offset (Z, ±HH, ±HHMM or ±HH:MM) is converted to UTC, none means UTC, a date alone
    is its midnight."""
    match = _TIME.fullmatch(text)
    if not match:
        raise Unparseable(text)
    year, month, day, hour, minute, second, fraction, _, sign, off_hours, off_minutes = match.groups()
    micro = int(((fraction or "") + "000000")[:6])
    offset = timedelta(hours=int(off_hours or 0), minutes=int(off_minutes or 0))
    if int(off_hours or 0) > 14 or int(off_minutes or 0) > 59:  # no clock is further from UTC than +14:00
        raise Unparseable(text)
    try:
        local = datetime(
            *(int(year), int(month), int(day)),
            *(int(hour or 0), int(minute or 0), int(second or 0), micro),
        )
        return local + offset if sign == "-" else local - offset
    except (ValueError, OverflowError) as error:
        raise Unparseable(text) from error


def parse_date(text: str) -> date:
    """A date column is a business date already; a time of day in it is dropped."""
    return parse_time(text).date()


def parse_number(text: str) -> Decimal:
    """A sign, digits with a point, an exponent, blanks around; no NaN, infinity or thousands separator."""
    match = _NUMBER.fullmatch(text)
    if not match:
        raise Unparseable(text)
    try:
        return Decimal(match[1])
    except InvalidOperation as error:  # an exponent beyond all measure
        raise OutOfRange(text) from error


def fit(number: Decimal, kind: str) -> Decimal:
    """Further places are rounded half away from zero; what is then too long is out of range."""
    precision, scale = _SIZES[kind]
    if number and number.adjusted() > precision:
        raise OutOfRange(number)
    rounded = Decimal(0) if number and number.adjusted() < -scale - 2 else round_to(number, scale)
    if abs(rounded) >= Decimal(10) ** (precision - scale):
        raise OutOfRange(number)
    return rounded


def parse_integer(text: str) -> int:
    """1 = 01 = 1.0, and 1.5 is no line number."""
    number = parse_number(text)
    if number and number.adjusted() > 30:
        raise OutOfRange(text)
    if number and number.adjusted() < 0 or number != number.to_integral_value():
        raise Unparseable(text)
    if not -(2**63) <= number < 2**63:
        raise OutOfRange(text)
    return int(number)


def parse_boolean(text: str) -> bool:
    if text.lower() in ("true", "t", "1", "yes", "y"):
        return True
    if text.lower() in ("false", "f", "0", "no", "n"):
        return False
    raise Unparseable(text)


def parse(text: str, kind: str):
    if kind == "text":
        return text
    if kind == "time":
        return parse_time(text)
    if kind == "date":
        return parse_date(text)
    if kind == "integer":
        return parse_integer(text)
    if kind == "boolean":
        return parse_boolean(text)
    return fit(parse_number(text), kind)


def keeps_to(value: Decimal, floor: str) -> bool:
    """The range a column names for itself, judged on the value as it counts, that is after rounding."""
    if floor == "positive":
        return value > 0
    if floor == "not negative":
        return value >= 0
    if floor == "1 to 5":
        return 1 <= value <= 5
    return True


def round_to(number: Decimal, places: int) -> Decimal:
    """Half away from zero."""
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) + 0


def is_fatal(table: Table, column: Column) -> bool:
    """A bad value costs the row where the column is required, in the key, an amount, a quantity, a refund's
    line number, valid_to or loaded_at; anywhere else the value becomes null."""
    return (
        column.required
        or column.name in table.key
        or column.kind in ("amount", "quantity")
        or (table.name, column.name) == ("refunds", "line_number")
        or column.name in ("valid_to", "loaded_at")
    )


def read_row(
    table: Table, raw: dict[str, Cell], dictionary: dict[tuple, str], tiers: frozenset[str] = frozenset()
) -> Row:
    """One raw row: users' words translated, each cell parsed, each fault noted."""
    cells = {c.name: raw.get(c.name) or None for c in table.columns}
    row = Row(table, cells, {}, [])
    for place, column in enumerate(table.columns):
        read_cell(row, place, column, dictionary, tiers)
    return row


def read_cell(
    row: Row, place: int, column: Column, dictionary: dict[tuple, str], tiers: frozenset[str]
) -> None:
    name, table = column.name, row.table
    fatal = is_fatal(table, column)
    row.values[name] = None
    text = row.cells[name]
    text = dictionary.get((table.name, name, text), text)
    if not text:
        if column.required:
            kind, reason = (
                ("missing_key", "missing_key") if name in table.key else ("missing", f"missing_{name}")
            )
            row.faults.append(Fault(kind, place, reason, True))
        return
    try:
        value = parse(text, column.kind)
    except Unparseable:
        row.faults.append(Fault("unparseable", place, f"unparseable_{name}", fatal))
        return
    except OutOfRange:
        row.faults.append(Fault("out_of_range", place, f"out_of_range_{name}", fatal))
        return
    words = tiers if (table.name, name) == ("tier_overrides", "tier") else column.words
    if words and value not in words:
        if table.name == "interactions" and name in ("channel", "interaction_type"):
            row.faults.append(Fault("unknown", place, f"unknown_{name}", False))
            row.values[name] = "other"
        else:
            row.faults.append(Fault("unknown", place, f"unknown_{name}", fatal))
        return
    if isinstance(value, Decimal):
        if not keeps_to(value, column.floor):
            row.faults.append(Fault("out_of_range", place, f"out_of_range_{name}", fatal))
            return
    row.values[name] = value


# ---------------------------------------------------------------- what becomes of each raw row


class Ledger:
    """All raw rows, each with its one outcome and reason."""

    def __init__(self, raw: dict[str, list[dict[str, Cell]]], rules: dict[str, list[dict]], v: dict):
        self.v = v
        self.zone = ZoneInfo(v["business_timezone"])
        dictionary = {
            (r["table_name"], r["column_name"], r["raw_value"]): r["value"]
            for r in rules.get("accepted_values", ())
        }
        tiers = frozenset(t["tier"] for t in rules["tiers"])
        self.rows = {
            name: [read_row(table, r, dictionary, tiers) for r in raw.get(name) or ()]
            for name, table in TABLES.items()
        }
        self.hide_unknown_yet()
        self.judge_times()
        self.rates = RateTable(self.winners("exchange_rates"), v["reporting_currency"])
        self.judge_order_rates()
        self.orders = {r["order_id"]: r for r in self.winners("orders")}
        self.judge_children("order_items")
        self.judge_line_worth()
        self.judge_children("refunds")
        self.judge_refund_rates()
        self.judge_merges()
        self.as_of_date = v["as_of_date"] or self.default_as_of()
        for name in TABLES:
            self.settle(name)

    def day(self, moment: datetime) -> date:
        """The business date: the date of the moment in the business timezone."""
        return moment.replace(tzinfo=UTC).astimezone(self.zone).date()

    def hide_unknown_yet(self) -> None:
        """Rows loaded after known_at do not exist."""
        known_at = self.v["known_at"]
        for row in self.every_row():
            if known_at is not None and row.loaded_at > known_at:
                row.outcome = "not_yet_visible"

    def every_row(self):
        for rows in self.rows.values():
            yield from rows

    def judge_times(self) -> None:
        """future_dated: an event more than a day after its own loading, where the loading is given."""
        for table, column in (
            ("orders", "ordered_at"),
            ("refunds", "refunded_at"),
            ("interactions", "occurred_at"),
        ):
            for row in self.rows[table]:
                event, loaded = row[column], row["loaded_at"]
                if event is not None and loaded is not None and event - loaded > DAY:
                    row.faults.append(Fault("future_dated", row.table.place(column), "future_dated", True))

    def lacks_rate(self, currency: str | None, moment: datetime | None) -> bool:
        known = currency is not None and moment is not None
        return known and self.rates.on(currency, self.day(moment)) is None

    def judge_order_rates(self) -> None:
        """missing_exchange_rate: an order of any status without a rate on or before its date."""
        for row in self.rows["orders"]:
            if self.lacks_rate(row["currency"], row["ordered_at"]):
                row.faults.append(Fault("missing_exchange_rate", 0, "missing_exchange_rate", True))
            self.judge_worth(row, "shipping_cost", self.rate(row["currency"], row["ordered_at"]), row["shipping_cost"])
            if row["customer_id"] is None:
                place = row.table.place("customer_id")
                row.faults.append(Fault("missing", place, "missing_customer", False))

    def judge_children(self, table: str) -> None:
        """orphan: a line or a refund without a usable order."""
        for row in self.rows[table]:
            if row["order_id"] is not None and row["order_id"] not in self.orders:
                row.faults.append(Fault("orphan", 0, "orphan", True))

    def rate(self, currency: str | None, moment: datetime | None) -> Decimal | None:
        return self.rates.on(currency, self.day(moment)) if currency is not None and moment is not None else None

    def judge_worth(self, row: Row, column: str, *factors: Decimal | None) -> None:
        """out_of_range too: an amount worth a million million or more in the reporting currency."""
        if is_too_much(*factors):
            place = row.table.place(column)
            row.faults.append(Fault("out_of_range", place, f"out_of_range_{column}", True))

    def judge_line_worth(self) -> None:
        for row in self.rows["order_items"]:
            order = self.orders.get(row["order_id"])
            if order is not None:
                rate = self.rate(order["currency"], order["ordered_at"])
                self.judge_worth(row, "unit_price", rate, row["quantity"], row["unit_price"])
                self.judge_worth(row, "discount_amount", rate, row["discount_amount"])
                self.judge_worth(row, "unit_cost", rate, row["quantity"], row["unit_cost"])

    def judge_refund_rates(self) -> None:
        """missing_exchange_rate: a refund without a rate of its order's currency on or before its date."""
        for row in self.rows["refunds"]:
            order = self.orders.get(row["order_id"])
            if order is not None and self.lacks_rate(order["currency"], row["refunded_at"]):
                row.faults.append(Fault("missing_exchange_rate", 0, "missing_exchange_rate", True))
            if order is not None:
                rate = self.rate(order["currency"], row["refunded_at"])
                self.judge_worth(row, "refund_amount", rate, row["refund_amount"])

    def judge_merges(self) -> None:
        """unknown_merged_into: the target has no row in customers, or its row is itself merged (as given:
        so neither side of a circle is merged, and of a chain only the last link is)."""
        current = {r["customer_id"]: r for r in self.winners("customers")}
        is_merged = {i for i, r in current.items() if r["merged_into"] is not None}
        for row in self.rows["customers"]:
            target = row["merged_into"]
            if target is not None and (target not in current or target in is_merged):
                place = row.table.place("merged_into")
                row.faults.append(Fault("unknown", place, "unknown_merged_into", False))
                row.values["merged_into"] = None

    def winners(self, table: str) -> list[Row]:
        """Per key one of the usable rows: the greatest loaded_at, of equal ones the greatest as text,
        column by column in the table's order, null least. Never file order."""
        best: dict[tuple, Row] = {}
        for row in self.rows[table]:
            if row.usable and (row.key() not in best or precedence(row) > precedence(best[row.key()])):
                best[row.key()] = row
        return list(best.values())

    def default_as_of(self) -> date:
        """The business date of the latest order or interaction that counts, or yesterday if that is earlier."""
        today = self.v["today"] or datetime.now(self.zone).date()
        days = [self.day(r["ordered_at"]) for r in self.winners("orders")]
        days += [self.day(r["occurred_at"]) for r in self.winners("interactions")]
        return min(max(days, default=today - DAY), today - DAY)

    def settle(self, table: str) -> None:
        """The first that holds: not loaded yet, quarantined, superseded, dated too late, accepted."""
        winning = {id(row) for row in self.winners(table)}
        for row in self.rows[table]:
            if row.outcome == "not_yet_visible":
                continue
            if not row.usable:
                row.outcome, row.reason = "quarantined", row.first_reason()
            elif id(row) not in winning:
                row.outcome = "superseded"
            elif self.is_dated_later(row):
                row.outcome = "not_yet_visible"
            else:
                row.outcome, row.reason = "accepted", row.first_reason()

    def is_dated_later(self, row: Row) -> bool:
        """Its own date after as_of_date; of a line or a refund also its order's; an override is known from
        the day before it begins. Customers, products and rates are never too late."""
        table, last = row.table.name, self.as_of_date
        is_child = table in ("order_items", "refunds")
        if is_child and self.day(self.orders[row["order_id"]]["ordered_at"]) > last:
            return True
        if table == "tier_overrides":
            return row["valid_from"] > last + DAY
        if table == "assessments":
            return row["assessed_on"] > last
        own = {
            "orders": "ordered_at",
            "refunds": "refunded_at",
            "interactions": "occurred_at",
            "campaign_members": "assigned_at",
        }
        return table in own and self.day(row[own[table]]) > last

    def accepted(self, table: str) -> list[Row]:
        return [r for r in self.rows[table] if r.outcome == "accepted"]

    def order_currency(self, row: Row) -> str | None:
        """Of a line or a refund the currency of its order, where that is usable."""
        if row.table.name not in ("order_items", "refunds"):
            return None
        order = self.orders.get(row["order_id"])
        return order["currency"] if order else None

    def data_quality(self) -> dict[tuple, dict]:
        """How many raw rows, and how much money as given, ended how and why."""
        ledger: dict[tuple, dict] = {}
        for row in self.every_row():
            key = (row.table.name, row.outcome, row.reason, self.order_currency(row))
            entry = ledger.setdefault(key, {"row_count": 0, "amount": None})
            entry["row_count"] += 1
            amount = amount_given(row)
            if amount is not None:
                entry["amount"] = (entry["amount"] or Decimal(0)) + amount
        return ledger


def is_too_much(*factors: Decimal | None) -> bool:
    """A million million of the reporting currency, or more: an error, and more than sums could hold."""
    worth = Decimal(1)
    for factor in factors:
        if factor is None:
            return False
        worth *= factor
    return worth >= Decimal(10) ** 12


def precedence(row: Row) -> tuple:
    texts = [row.cells[c.name] for c in row.table.columns if c.name != "loaded_at"]
    return (row.loaded_at, [(t is not None, t or "") for t in texts])


def amount_given(row: Row) -> Decimal | None:
    """A line's quantity × unit_price − discount_amount, a refund's refund_amount, as given: in the currency they
    came in and without regard to their range; 10^18 or more is none."""
    if row.table.name == "refunds":
        return number_given(row.cells["refund_amount"])
    if row.table.name != "order_items":
        return None
    quantity, price, discount = (
        number_given(row.cells[c]) for c in ("quantity", "unit_price", "discount_amount")
    )
    if quantity is None or price is None or discount is None:
        return None
    amount = quantity * price - discount
    return amount if abs(amount) < Decimal(10) ** 18 else None


def number_given(cell: Cell) -> Decimal | None:
    """A number to 6 places, though it may not fit its own column; 0 where the cell is empty, nothing where it is
    no number or 10^12 or more."""
    try:
        number = parse_number(cell or "0")
    except (Unparseable, OutOfRange):
        return None
    if number and number.adjusted() > 13:
        return None
    rounded = Decimal(0) if number and number.adjusted() < -8 else round_to(number, 6)
    return rounded if abs(rounded) < Decimal(10) ** 12 else None


class RateTable:
    def __init__(self, rows: list[Row], reporting_currency: str):
        self.reporting_currency = reporting_currency
        self.rates = defaultdict(dict)
        for row in rows:
            self.rates[row["currency"]][row["valid_from"]] = row["rate_to_reporting"]

    def on(self, currency: str, day: date) -> Decimal | None:
        """The rate in force on a day is the latest on or before it; the reporting currency's is 1."""
        if currency == self.reporting_currency:
            return Decimal(1)
        dated = self.rates.get(currency, {})
        begun = [d for d in dated if d <= day]
        return dated[max(begun)] if begun else None


# ---------------------------------------------------------------- customers and their events


@dataclass
class Line:
    net: Decimal
    cost: Decimal
    cost_is_known: bool
    booked_unit_cost: Decimal  # in reporting currency, not rounded
    category: str | None
    is_flagship: bool


@dataclass
class Order:
    day: date
    is_completed: bool
    is_promoted: bool
    shipping: Decimal
    lines: dict[int, Line] = field(default_factory=dict)

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines.values()), Decimal(0))


@dataclass
class Refund:
    day: date
    amount: Decimal
    returned_cost: Decimal


@dataclass
class Contact:
    day: date
    row: Row
    handling_cost: Decimal


@dataclass
class Customer:
    customer_id: str
    profile: Row | None = None  # the customers row that counts, if there is one
    merged: list[str] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)  # of completed orders
    contacts: list[Contact] = field(default_factory=list)
    assessments: list[Row] = field(default_factory=list)
    overrides: list[Row] = field(default_factory=list)
    first_seen: date | None = None

    @property
    def customer_type(self) -> str | None:
        return self.profile["customer_type"] if self.profile else None

    @property
    def is_graded(self) -> bool:
        """Internal and anonymous customers are never graded."""
        return self.customer_type not in ("internal", "anonymous")

    @property
    def is_company(self) -> int | None:
        return {"company": 1, "person": 0}.get(self.customer_type)

    @property
    def completed(self) -> list[Order]:
        return [o for o in self.orders if o.is_completed]


class People:
    """Customers after merging, each with what is accepted of it."""

    def __init__(self, ledger: Ledger):
        self.ledger = ledger
        self.merged_into = {
            r["customer_id"]: r["merged_into"]
            for r in ledger.accepted("customers")
            if r["merged_into"] is not None
        }
        self.customers: dict[str, Customer] = {}
        self.unattributed = Customer("")  # orders without a customer
        self.orders: dict[str, tuple[Customer, Order]] = {}
        self.add_profiles()
        self.add_orders()
        self.add_lines()
        self.add_refunds()
        self.add_contacts()
        self.add_dated("assessments")
        self.add_dated("tier_overrides")
        for customer in self.customers.values():
            customer.first_seen = self.first_seen(customer)

    def who(self, customer_id: str) -> str:
        """Rows of a merged customer count for the one it was merged into; one step."""
        return self.merged_into.get(customer_id, customer_id)

    def get(self, customer_id: str) -> Customer:
        person = self.who(customer_id)
        return self.customers.setdefault(person, Customer(person))

    def add_profiles(self) -> None:
        """Profile columns are the target's."""
        for row in self.ledger.accepted("customers"):
            customer = self.get(row["customer_id"])
            if row["customer_id"] == customer.customer_id:
                customer.profile = row
            else:
                customer.merged.append(row["customer_id"])

    def add_orders(self) -> None:
        for row in self.ledger.accepted("orders"):
            day = self.ledger.day(row["ordered_at"])
            rate = self.ledger.rates.on(row["currency"], day)
            shipping = round_to(rate * (row["shipping_cost"] or 0), 2)
            order = Order(day, row["status"] == "completed", row["promotion_code"] is not None, shipping)
            owner = self.unattributed if row["customer_id"] is None else self.get(row["customer_id"])
            owner.orders.append(order)
            self.orders[row["order_id"]] = (owner, order)

    def add_lines(self) -> None:
        """A line's net and cost, each rounded once from the exact product, at the rate of the order's date.
        A missing unit cost is the product's of that date, which needs no rate. Without one, or where a product's
        cost comes to too much, the cost is 0 and not known."""
        for row in self.ledger.accepted("order_items"):
            _, order = self.orders[row["order_id"]]
            rate = self.ledger.rates.on(self.ledger.order_currency(row), order.day)
            net = rate * (row["quantity"] * row["unit_price"] - (row["discount_amount"] or 0))
            product = self.product(row["product_id"], order.day)
            unit_cost = product["unit_cost"] if product else None
            if row["unit_cost"] is not None:
                unit_cost = rate * row["unit_cost"]
            cost_is_known = unit_cost is not None and not is_too_much(row["quantity"], unit_cost)
            order.lines[row["line_number"]] = Line(
                net=round_to(net, 2),
                cost=round_to(row["quantity"] * unit_cost, 2) if cost_is_known else Decimal(0),
                cost_is_known=cost_is_known,
                booked_unit_cost=unit_cost or Decimal(0),
                category=product["category"] if product else None,
                is_flagship=bool(product and product["is_flagship"]),
            )

    def product(self, product_id: str | None, day: date) -> Row | None:
        """The product's row in force on a day; a row without valid_from is always so."""
        begun = [
            r
            for r in self.ledger.accepted("products")
            if r["product_id"] == product_id and (r["valid_from"] or date.min) <= day
        ]
        if not begun:
            return None
        return max(begun, key=lambda r: (r["valid_from"] is not None, r["valid_from"] or date.min))

    def add_refunds(self) -> None:
        """A refund of a completed order counts on its own date, at that date's rate; it takes back the cost
        that was booked for what returned."""
        for row in self.ledger.accepted("refunds"):
            owner, order = self.orders[row["order_id"]]
            if not order.is_completed:
                continue
            day = self.ledger.day(row["refunded_at"])
            rate = self.ledger.rates.on(self.ledger.order_currency(row), day)
            line = order.lines.get(row["line_number"])
            returned = row["returned_quantity"]
            returned_cost = returned * line.booked_unit_cost if line and returned is not None else Decimal(0)
            if is_too_much(returned_cost):
                returned_cost = Decimal(0)
            owner.refunds.append(
                Refund(day, round_to(rate * row["refund_amount"], 2), round_to(returned_cost, 2))
            )

    def add_contacts(self) -> None:
        for row in self.ledger.accepted("interactions"):
            cost = round_to(row["handling_cost"] or Decimal(0), 2)
            self.get(row["customer_id"]).contacts.append(
                Contact(self.ledger.day(row["occurred_at"]), row, cost)
            )

    def add_dated(self, table: str) -> None:
        """Assessments and overrides; they alone make nobody a customer."""
        for row in self.ledger.accepted(table):
            customer = self.customers.get(self.who(row["customer_id"]))
            if customer is not None:
                (customer.assessments if table == "assessments" else customer.overrides).append(row)

    def first_seen(self, customer: Customer) -> date | None:
        """The earliest of signing up, first order of any status, first interaction; failing all three the
        earliest given loaded_at of the customer's usable rows in customers. Rows of those merged into the
        customer count too."""
        names = {customer.customer_id, *customer.merged}
        days = [o.day for o in customer.orders] + [c.day for c in customer.contacts]
        days += [
            self.ledger.day(r["signed_up_at"])
            for r in self.ledger.accepted("customers")
            if r["customer_id"] in names and r["signed_up_at"] is not None
        ]
        if days:
            return min(days)
        loads = [
            r["loaded_at"]
            for r in self.ledger.rows["customers"]
            if r.outcome in ("accepted", "superseded") and r["customer_id"] in names
        ]
        return min((self.ledger.day(x) for x in loads if x is not None), default=None)

    def graded(self) -> list[Customer]:
        """In the order of their ids' bytes."""
        found = [c for c in self.customers.values() if c.is_graded and c.first_seen is not None]
        return sorted(found, key=lambda c: c.customer_id.encode())

    def first_event(self) -> date | None:
        """The first accepted completed order or interaction, of anyone."""
        everyone = [*self.customers.values(), self.unattributed]
        days = [o.day for c in everyone for o in c.completed] + [c.day for p in everyone for c in p.contacts]
        return min(days, default=None)


# ---------------------------------------------------------------- reviews


def period_end(day: date, cadence: str) -> date:
    """The last day of the period a day is in; a week is ISO's and ends on Sunday."""
    if cadence == "day":
        return day
    if cadence == "week":
        return day + DAY * (7 - day.isoweekday())
    months = {"month": 1, "quarter": 3}[cadence]
    last_month = (day.month - 1) // months * months + months
    after = date(day.year + 1, 1, 1) if last_month == 12 else date(day.year, last_month + 1, 1)
    return after - DAY


def review_dates(
    first_event: date | None, history_start: date | None, as_of: date, cadence: str
) -> list[tuple[date, bool]]:
    """Every period's last day from the period of the first event (or of history_start, if later), closed;
    the last review is as_of_date, which is open unless it ends a period."""
    if first_event is None or (history_start is not None and history_start > as_of):
        return []
    day = max(first_event, history_start or first_event)
    reviews = []
    while period_end(day, cadence) <= as_of:
        reviews.append((period_end(day, cadence), True))
        day = period_end(day, cadence) + DAY
    if day <= as_of:
        reviews.append((as_of, False))
    return reviews


# ---------------------------------------------------------------- facts


def total(values) -> Decimal:
    return sum(values, Decimal("0.00"))


def rfm(customer: Customer, t: date, window_days: int) -> dict:
    window = window_of(t, window_days)
    bought = [o for o in customer.completed if o.day <= t]
    recent = [o for o in bought if window(o.day)]
    return {
        "recency_days": (t - max(o.day for o in bought)).days if bought else None,
        "frequency": len(recent),
        "monetary": total(o.net for o in recent) - total(r.amount for r in customer.refunds if window(r.day)),
        "lifetime_orders": len(bought),
        "lifetime_monetary": total(o.net for o in bought)
        - total(r.amount for r in customer.refunds if r.day <= t),
        "tenure_days": (t - customer.first_seen).days,
    }


def window_of(t: date, window_days: int):
    """The window of review t: after t − window_days, up to and with t."""
    return lambda day: t - window_days * DAY < day <= t


def profit(customer: Customer, t: date, window_days: int, monetary: Decimal) -> dict:
    window = window_of(t, window_days)
    recent = [o for o in customer.completed if window(o.day)]
    lines = [line for o in recent for line in o.lines.values()]
    returned = total(r.returned_cost for r in customer.refunds if window(r.day))
    cost_of_goods = total(line.cost for line in lines) - returned
    service_cost = total(c.handling_cost for c in customer.contacts if window(c.day))
    shipping_cost = total(o.shipping for o in recent)
    gross_profit = monetary - cost_of_goods
    return {
        "cost_of_goods": cost_of_goods,
        "gross_profit": gross_profit,
        "service_cost": service_cost,
        "shipping_cost": shipping_cost,
        "net_profit": gross_profit - service_cost - shipping_cost,
        "cost_coverage": cost_coverage(lines),
    }


def cost_coverage(lines: list[Line]) -> Decimal | None:
    """The share of net sales whose cost is known; null unless there are net sales to share."""
    everything = total(line.net for line in lines)
    if everything <= 0:
        return None
    return round_to(total(line.net for line in lines if line.cost_is_known) / everything, 4)


def patterns(customer: Customer, t: date, window_days: int) -> dict:
    """How they buy: in the window, in its two halves, and in the rhythm of all their order days."""
    window, half = window_of(t, window_days), window_of(t, window_days // 2)
    days = sorted({o.day for o in customer.completed if o.day <= t})
    orders = [o for o in customer.completed if window(o.day)]
    recent, earlier = [o for o in orders if half(o.day)], [o for o in orders if not half(o.day)]
    lines = [line for o in orders for line in o.lines.values()]
    intervals = [(later - day).days for day, later in zip(days, days[1:], strict=False)]
    span, silence = Decimal(sum(intervals)), (t - days[-1]).days if days else 0
    return {
        "promotion_share": share(total(o.net for o in orders if o.is_promoted), total(o.net for o in orders)),
        "flagship_share": share(total(line.net for line in lines if line.is_flagship), total(o.net for o in orders)),
        "categories": len({line.category for line in lines if line.category is not None}),
        "average_interval_days": round_to(span / len(intervals), 4) if intervals else None,
        "recency_intervals": round_to(silence * len(intervals) / span, 4) if intervals else None,
        "frequency_trend": share(Decimal(len(recent)), Decimal(len(earlier))),
        "monetary_trend": share(total(o.net for o in recent), total(o.net for o in earlier)),
    }


def share(part: Decimal, whole: Decimal) -> Decimal | None:
    """A ratio to 4 places; null unless there is something to share."""
    return round_to(part / whole, 4) if whole > 0 else None


def engagement(customer: Customer, t: date, window_days: int, people: People) -> dict:
    window = window_of(t, window_days)
    contacts = [c.row for c in customer.contacts if window(c.day)]

    def count(column: str, value: str) -> int:
        return sum(c[column] == value for c in contacts)

    grades = [c["satisfaction_score"] for c in contacts if c["satisfaction_score"] is not None]
    referrals = [c for c in contacts if c["interaction_type"] == "referral"]
    return {
        "interactions": len(contacts),
        "inbound": count("direction", "inbound"),
        "outbound": count("direction", "outbound"),
        "complaints": count("interaction_type", "complaint"),
        "events_attended": count("interaction_type", "event_attendance"),
        "campaign_touches": count("interaction_type", "campaign_touch"),
        "campaign_responses": count("interaction_type", "campaign_response"),
        "referrals": len(referrals),
        "converted_referrals": sum(has_converted(c["referred_customer_id"], t, people) for c in referrals),
        "satisfaction": round_to(sum(grades, Decimal(0)) / len(grades), 4) if grades else None,
        **{criterion: latest_assessment(customer, criterion, t) for criterion in CRITERIA},
    }


def has_converted(referred_id: str | None, t: date, people: People) -> bool:
    """The referred customer, after merging and graded or not, has a completed order by t."""
    if referred_id is None:
        return False
    referred = people.customers.get(people.who(referred_id))
    return referred is not None and any(o.day <= t for o in referred.completed)


def latest_assessment(customer: Customer, criterion: str, t: date) -> Decimal | None:
    """The latest on or before t; of several on one day the greatest assessment_id."""
    known = [a for a in customer.assessments if a["criterion"] == criterion and a["assessed_on"] <= t]
    if not known:
        return None
    return max(known, key=lambda a: (a["assessed_on"], a["assessment_id"].encode()))["score"]


# ---------------------------------------------------------------- scores

SCORED = {
    "recency": "recency_days",
    "frequency": "frequency",
    "monetary": "monetary",
    "profit": "net_profit",
}


def goodness(name: str, value) -> Decimal:
    """More is better, but for recency, where fewer days are; it is its own inverse."""
    return -Decimal(value) if name == "recency" else Decimal(value)


def breakpoints(name: str, method: dict, population: list, minimum: int) -> list[Decimal] | None:
    """b1…b4 as goodness. quantile: the ⌈n·p⌉-th smallest of the buyers' (none with too few buyers);
    fixed: the values given."""
    given = [Decimal(method[b].strip()) for b in ("b1", "b2", "b3", "b4")]
    if method["method"] == "fixed":
        return [goodness(name, b) for b in given]
    if len(population) < minimum:
        return None
    ordered = sorted(population)
    places = [int((len(ordered) * p).to_integral_value(ROUND_CEILING)) for p in given]
    return [ordered[max(place, 1) - 1] for place in places]


def score(good: Decimal, breaks: list[Decimal] | None) -> int:
    """1 and one more for each breakpoint exceeded, so equal values always score alike; 3 without any."""
    return 3 if breaks is None else 1 + sum(good > b for b in breaks)


def score_review(t: date, facts: dict, groups: dict, rules: dict, v: dict, warm: bool) -> dict:
    """Gives every customer of review t its scores, and answers with the review's breakpoints."""
    methods = {r["metric"]: r for r in rules["score_methods"]}
    answer = {}
    for metrics in facts.values():
        metrics.update(dict.fromkeys(SCORES, 0))
    for group in {groups[c] for c in facts}:
        buyers = [m for c, m in facts.items() if groups[c] == group and m["frequency"] >= 1]
        if not buyers:
            continue
        for name, column in SCORED.items():
            values = [goodness(name, m[column]) for m in buyers]
            breaks = breakpoints(name, methods[name], values, v["min_scored_customers"])
            for metrics in buyers:
                metrics[f"{name}_score"] = score(goodness(name, metrics[column]), breaks)
            shown = [None] * 4 if breaks is None else [goodness(name, b) for b in breaks]
            answer[t, group, name] = {
                **dict(zip(("b1", "b2", "b3", "b4"), shown, strict=True)),
                "population": len(buyers),
                "is_warm_up": warm,
            }
    return answer


# ---------------------------------------------------------------- rule tables


def in_force(rows: list[dict], t: date) -> list[dict]:
    """The version with the greatest valid_from on or before t, whole; before the first version, the first."""
    versions = sorted({valid_from(r) for r in rows})
    begun = [x for x in versions if x <= t]
    version = begun[-1] if begun else versions[0]
    return [r for r in rows if valid_from(r) == version]


@lru_cache
def _version(text: Cell) -> date:
    return parse_date(text) if text else date.min


def valid_from(rule: dict) -> date:
    return _version(rule["valid_from"])


def holds(rule: dict, metrics: dict) -> bool:
    """Bounds are inclusive, an empty bound is none, and a metric that is null fails."""
    value = metrics[rule["metric"]]
    if value is None:
        return False
    if rule["min_value"] and value < Decimal(rule["min_value"].strip()):
        return False
    return not (rule["max_value"] and value > Decimal(rule["max_value"].strip()))


def any_alternative(rows: list[dict], metrics: dict) -> bool:
    """All rows of an alternative must hold, and any alternative suffices."""
    alternatives = defaultdict(list)
    for rule in rows:
        alternatives[rule["alternative"]].append(rule)
    return any(all(holds(rule, metrics) for rule in rules) for rules in alternatives.values())


# ---------------------------------------------------------------- tiers


class Tiers:
    def __init__(self, rules: dict):
        self.rows = {int(r["tier_rank"]): r for r in rules["tiers"]}
        self.rank = {r["tier"]: rank for rank, r in self.rows.items()}
        self.rules = rules["tier_rules"]

    def name(self, rank: int) -> str:
        return self.rows[rank]["tier"]

    def met(self, kind: str, t: date, metrics: dict) -> list[int]:
        """The ranks of the tiers with a rule of this kind met at t."""
        rows = [r for r in in_force(self.rules, t) if r["kind"] == kind]
        return [
            self.rank[tier]
            for tier in {r["tier"] for r in rows}
            if any_alternative([r for r in rows if r["tier"] == tier], metrics)
        ]


@dataclass
class Standing:
    """Where a customer stands at a review, in ranks, before overrides."""

    review_date: date
    is_closed: bool
    earned: int
    keep: int
    held: int
    source: str


def standings(tiers: Tiers, reviews: list[tuple[date, bool, dict]], v: dict) -> list[Standing]:
    """A customer's reviews in turn. Held is the best of what is earned; what was held, as far as it was kept
    within the grace; and, landing softly, one less than what was held."""
    answer: list[Standing] = []
    for t, is_closed, metrics in reviews:
        earned = max(tiers.met("entry", t, metrics))
        keep = max([earned, *tiers.met("retain", t, metrics)])
        if not answer:
            held, source = earned, "earned"
        else:
            before = answer[-1].held
            grace = v["tier_grace_reviews"]
            kept = max([keep, *(s.keep for s in answer[max(len(answer) - grace, 0) :])])
            options = [earned, min(before, kept)] + ([before - 1] if v["tier_soft_landing"] else [])
            held = max(options)
            source = "earned" if held == earned else "grace" if held == min(before, kept) else "soft_landing"
        answer.append(Standing(t, is_closed, earned, keep, held, source))
    return answer


def override_on(customer: Customer, day: date) -> str | None:
    """The tier of the override in force on a day: of several the latest valid_from, then the latest valid_to, an
    open end being the latest of all, then the greatest tier."""
    running = [
        o
        for o in customer.overrides
        if o["valid_from"] <= day and (o["valid_to"] is None or day <= o["valid_to"])
    ]
    if not running:
        return None
    return max(
        running,
        key=lambda o: (
            o["valid_from"],
            o["valid_to"] is None,
            o["valid_to"] or date.min,
            o["tier"].encode(),
        ),
    )["tier"]


def tier_on(customer: Customer, day: date, standing: Standing, tiers: Tiers) -> tuple[str, str]:
    """The tier on a day and its source: an override in force, else what the given review left held."""
    override = override_on(customer, day)
    return (override, "override") if override else (tiers.name(standing.held), standing.source)


def history(customer: Customer, reviews: list[Standing], as_of: date, tiers: Tiers) -> dict[tuple, dict]:
    """Day by day from the day after the first closed review to as_of_date + 1, a row for each stretch of one
    tier. A day sees only reviews that closed before it."""
    closed = [s for s in reviews if s.is_closed]
    if not closed:
        return {}
    stretches: list[dict] = []
    decided = iter(closed)
    deciding, upcoming = next(decided), next(decided, None)
    day = deciding.review_date + DAY
    while day <= as_of + DAY:
        if upcoming and upcoming.review_date < day:
            deciding, upcoming = upcoming, next(decided, None)
        tier, source = tier_on(customer, day, deciding, tiers)
        if not stretches or stretches[-1]["tier"] != tier:
            previous = stretches[-1] if stretches else None
            if previous:
                previous["valid_to"], previous["is_current"] = day, False
            stretches.append(
                {
                    "tier": tier,
                    "tier_rank": tiers.rank[tier],
                    "valid_from": day,
                    "valid_to": None,
                    "is_current": True,
                    "previous_tier": previous["tier"] if previous else None,
                    "change_type": "entered"
                    if not previous
                    else "upgraded"
                    if tiers.rank[tier] > previous["tier_rank"]
                    else "downgraded",
                    "tier_source": source,
                }
            )
        day += DAY
    return {(customer.customer_id, s.pop("valid_from")): s for s in stretches}


def migration(tier_reviews: dict, facts: dict) -> dict[tuple, dict]:
    """Between closed reviews, how many customers went from which tier to which, and what they brought."""
    answer: dict[tuple, dict] = {}
    last: dict[str, str] = {}
    for (customer_id, t), row in sorted(tier_reviews.items(), key=lambda item: item[0][1]):
        if not row["is_closed"]:
            continue
        key = (t, last.get(customer_id), row["tier"])
        entry = answer.setdefault(
            key, {"customers": 0, "monetary": Decimal("0.00"), "net_profit": Decimal("0.00")}
        )
        entry["customers"] += 1
        entry["monetary"] += facts[t][customer_id]["monetary"]
        entry["net_profit"] += facts[t][customer_id]["net_profit"]
        last[customer_id] = row["tier"]
    return answer


# ---------------------------------------------------------------- classes


def classes(t: date, metrics: dict, class_rules: list[dict]) -> dict[str, str]:
    """Per scheme the class of the highest class_rank met, none where none is. Versions count per scheme."""
    answer = {}
    for scheme in {r["scheme"] for r in class_rules}:
        rows = in_force([r for r in class_rules if r["scheme"] == scheme], t)
        ranks = {(int(r["class_rank"]), r["class"]) for r in rows}
        met = [
            (rank, name)
            for rank, name in ranks
            if any_alternative(
                [r for r in rows if (int(r["class_rank"]), r["class"]) == (rank, name)], metrics
            )
        ]
        if met:
            answer[scheme] = max(met)[1]
    return answer


def abc(facts: dict, metric: str) -> dict[str, str]:
    """Buyers from the most valuable down: A while those before hold less than .80 of all that is positive,
    B while less than .95, else C; what is not positive is C."""
    buyers = [(m[metric], c) for c, m in facts.items() if m["frequency"] >= 1]
    buyers.sort(key=lambda b: (-b[0] if b[0] is not None else Decimal("Infinity"), b[1].encode()))
    positive = sum((value for value, _ in buyers if value is not None and value > 0), Decimal(0))
    answer, before = {}, Decimal(0)
    for value, customer_id in buyers:
        if value is None or value <= 0:
            answer[customer_id] = "C"
            continue
        if before < Decimal("0.80") * positive:
            answer[customer_id] = "A"
        elif before < Decimal("0.95") * positive:
            answer[customer_id] = "B"
        else:
            answer[customer_id] = "C"
        before += value
    return answer


# ---------------------------------------------------------------- all of it


@dataclass
class Graded:
    as_of_date: date
    reviews: list[tuple[date, bool]]
    first_seen: dict[str, date | None]  # of every customer after merging, graded or not
    metrics: dict[tuple, dict]  # (customer_id, review_date): every metric a rule may use
    fates: dict[str, list[tuple[str, str | None]]]  # per table, in raw's order: (outcome, reason)
    revenue_bridge: dict[str, Decimal]
    data_quality: dict[tuple, dict]
    fct_customer_rfm: dict[tuple, dict]
    fct_customer_profit: dict[tuple, dict]
    fct_customer_engagement: dict[tuple, dict]
    fct_customer_patterns: dict[tuple, dict]  # of those who had bought
    fct_score_breakpoints: dict[tuple, dict]
    fct_tier_reviews: dict[tuple, dict]
    fct_customer_classes: dict[tuple, dict]
    customer_tier: dict[str, dict]
    customer_tier_history: dict[tuple, dict]
    tier_migration: dict[tuple, dict]
    customer_classes: dict[tuple, dict]


def read_vars(given: dict) -> dict:
    """Unknown names are refused; dates and times may be given as text."""
    unknown = sorted(set(given) - set(DEFAULTS) - {"today"})
    if unknown:
        raise TypeError(f"unknown vars: {', '.join(unknown)}")
    v = {"today": None, **DEFAULTS, **given}
    for name in ("as_of_date", "history_start", "today"):
        if isinstance(v[name], str):
            v[name] = parse_date(v[name]) if v[name] else None
    if isinstance(v["known_at"], str):
        v["known_at"] = parse_time(v["known_at"]) if v["known_at"] else None
    elif isinstance(v["known_at"], datetime) and v["known_at"].tzinfo:
        v["known_at"] = v["known_at"].astimezone(UTC).replace(tzinfo=None)
    return v


def score_group(customer: Customer, score_by: str | None) -> str:
    """The customers column score_by names, '' where it is null; one group '' without score_by."""
    if not score_by or customer.profile is None or customer.profile[score_by] is None:
        return ""
    return str(customer.profile[score_by])


def revenue_bridge(ledger: Ledger, people: People) -> dict[str, Decimal]:
    """From all raw lines to the revenue that is graded. raw − superseded − quarantined − not_yet_visible −
    not_completed is what is left as given; converted − refunded − unattributed is graded."""
    steps = dict.fromkeys(
        ("raw", "superseded", "quarantined", "not_yet_visible", "not_completed"), Decimal(0)
    )
    for row in ledger.rows["order_items"]:
        amount = amount_given(row) or Decimal(0)
        steps["raw"] += amount
        if row.outcome != "accepted":
            steps[row.outcome] += amount
        elif not people.orders[row["order_id"]][1].is_completed:
            steps["not_completed"] += amount
    everyone = [*people.customers.values(), people.unattributed]
    net = {c.customer_id: total(o.net for o in c.completed) for c in everyone}
    back = {c.customer_id: total(r.amount for r in c.refunds) for c in everyone}
    graded = {c.customer_id for c in people.graded()}
    steps["converted"] = total(net.values())
    steps["refunded"] = total(back.values())
    steps["graded"] = total(net[c] - back[c] for c in graded)
    steps["unattributed"] = steps["converted"] - steps["refunded"] - steps["graded"]
    return steps


def grade(raw: dict[str, list[dict]], rules: dict[str, list[dict]], **vars) -> Graded:
    """Everything there is to know about these raw tables under these rules."""
    with localcontext() as context:
        context.prec = 120
        return _grade(raw, rules, read_vars(vars))


def _grade(raw: dict, rules: dict, v: dict) -> Graded:
    ledger = Ledger(raw, rules, v)
    people = People(ledger)
    tiers = Tiers(rules)
    as_of, window_days = ledger.as_of_date, v["window_days"]
    first_event = people.first_event()
    reviews = review_dates(first_event, v["history_start"], as_of, v["review_cadence"])
    graded = people.graded()
    groups = {c.customer_id: score_group(c, v["score_by"]) for c in graded}

    facts: dict[date, dict[str, dict]] = {}
    breaks: dict[tuple, dict] = {}
    class_rows: dict[tuple, dict] = {}
    for t, _ in reviews:
        facts[t] = {
            c.customer_id: all_metrics(c, t, window_days, people) for c in graded if c.first_seen <= t
        }
        is_warm_up = t - (window_days - 1) * DAY < first_event
        breaks |= score_review(t, facts[t], groups, rules, v, is_warm_up)
        letters = abc(facts[t], v["abc_metric"])
        for customer_id, metrics in facts[t].items():
            found = classes(t, metrics, rules["class_rules"])
            if customer_id in letters:
                found["abc_class"] = letters[customer_id]
            class_rows |= {(customer_id, t, scheme): {"class": name} for scheme, name in found.items()}

    tier_reviews: dict[tuple, dict] = {}
    current: dict[str, dict] = {}
    histories: dict[tuple, dict] = {}
    for customer in graded:
        i = customer.customer_id
        own = [(t, is_closed, facts[t][i]) for t, is_closed in reviews if i in facts[t]]
        if not own:
            continue
        steps = standings(tiers, own, v)
        for step in steps:
            tier, source = tier_on(customer, step.review_date + DAY, step, tiers)
            metrics = facts[step.review_date][i]
            tier_reviews[i, step.review_date] = {
                "is_closed": step.is_closed,
                **{s: metrics[s] for s in SCORES},
                "earned_tier": tiers.name(step.earned),
                "held_tier": tiers.name(step.held),
                "tier": tier,
                "tier_rank": tiers.rank[tier],
                "tier_source": source,
            }
        stretches = history(customer, steps, as_of, tiers)
        histories |= stretches
        current[i] = current_row(customer, steps, stretches, facts, class_rows, as_of, tiers)

    every = {(c, t): metrics for t, of_t in facts.items() for c, metrics in of_t.items()}

    def columns(names):
        return {key: {n: metrics[n] for n in names} for key, metrics in every.items()}

    return Graded(
        as_of_date=as_of,
        reviews=reviews,
        first_seen={c.customer_id: c.first_seen for c in people.customers.values()},
        metrics=every,
        fates={name: [(r.outcome, r.reason) for r in rows] for name, rows in ledger.rows.items()},
        revenue_bridge=revenue_bridge(ledger, people),
        data_quality=ledger.data_quality(),
        fct_customer_rfm=columns(RFM),
        fct_customer_profit=columns(PROFIT),
        fct_customer_engagement=columns(ENGAGEMENT),
        fct_customer_patterns={k: {n: m[n] for n in PATTERNS} for k, m in every.items() if m["lifetime_orders"]},
        fct_score_breakpoints=breaks,
        fct_tier_reviews=tier_reviews,
        fct_customer_classes=class_rows,
        customer_tier=current,
        customer_tier_history=histories,
        tier_migration=migration(tier_reviews, facts),
        customer_classes={
            (c, scheme): {"review_date": t, **row} for (c, t, scheme), row in class_rows.items() if t == as_of
        },
    )


def all_metrics(customer: Customer, t: date, window_days: int, people: People) -> dict:
    values = rfm(customer, t, window_days)
    values |= profit(customer, t, window_days, values["monetary"])
    values |= engagement(customer, t, window_days, people)
    values |= patterns(customer, t, window_days)
    return values | {"is_company": customer.is_company}


def current_row(
    customer: Customer,
    steps: list[Standing],
    stretches: dict[tuple, dict],
    facts: dict,
    class_rows: dict,
    as_of: date,
    tiers: Tiers,
) -> dict:
    """The state on the morning after as_of_date. The last closed review decides; a customer without one is
    provisional and goes by the open review."""
    i, last = customer.customer_id, steps[-1]
    closed = [s for s in steps if s.is_closed]
    deciding = closed[-1] if closed else last
    tier, source = tier_on(customer, as_of + DAY, deciding, tiers)
    since = max((valid_from for _, valid_from in stretches), default=None)
    metrics, decided_on = facts[last.review_date][i], facts[deciding.review_date][i]
    label = tiers.rows[tiers.rank[tier]]
    return {
        "as_of_date": as_of,
        "tier": tier,
        "tier_rank": tiers.rank[tier],
        "is_provisional": not closed,
        "tier_label_en": label.get("label_en"),
        "tier_label_zh": label.get("label_zh"),
        "tier_source": source,
        "tier_since": since,
        "previous_tier": stretches[i, since]["previous_tier"] if since else None,
        "tier_review_date": deciding.review_date,
        **{s: decided_on[s] for s in SCORES},
        "projected_tier": tier_on(customer, as_of + DAY, last, tiers)[0],
        **{m: metrics[m] for m in ("recency_days", "frequency", "monetary", "gross_profit", "net_profit")},
        **{s: class_rows.get((i, last.review_date, s), {}).get("class") for s in SCHEMES},
    }
