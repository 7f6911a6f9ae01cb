"""Hypothesis strategies: raw tables full of corners, vars, small rule sets, and refreshes that follow one another.

One example is a whole small business: many customers over about a year, so that one build tests many cases
at once. Everything comes from a random.Random, and the rows of each customer from a stream of its own, so that an
example with fewer customers or fewer kinds of trouble keeps the customers that remain as they were. Hypothesis only
draws the seed, because examples are dear and each should be as unlike the others as can be; when SHRINKS is set it
draws every choice, and makes a failing example smaller.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from hypothesis import strategies as st

DAY = timedelta(days=1)
SHRINKS = os.environ.get("HYPOTHESIS_PROFILE") == "search"
START = date(2023, 1, 10)  # of the first business; months may make it last until
LAST = date(2024, 3, 10)  # about here

COLUMNS = {
    "customers": "customer_id customer_name customer_type industry region acquisition_channel referred_by "
    "signed_up_at merged_into opted_out_of",
    "products": "product_id valid_from product_name category is_flagship unit_cost",
    "orders": "order_id customer_id ordered_at status currency channel promotion_code shipping_cost",
    "order_items": "order_id line_number quantity unit_price product_id discount_amount unit_cost",
    "refunds": "refund_id order_id refunded_at refund_amount line_number returned_quantity",
    "interactions": "interaction_id customer_id occurred_at channel interaction_type direction "
    "satisfaction_score handling_cost campaign_id referred_customer_id action_id",
    "campaign_members": "campaign_id customer_id assigned_at member_group",
    "assessments": "assessment_id customer_id assessed_on criterion score assessed_by",
    "exchange_rates": "currency valid_from rate_to_reporting",
    "tier_overrides": "customer_id tier valid_from valid_to reason approved_by",
}
COLUMNS = {table: [*names.split(), "loaded_at"] for table, names in COLUMNS.items()}

TIERS = ("prospect", "low_value", "standard_value", "key_growth", "key_value", "strategic_partner")
CRITERIA = ("industry_standing", "growth_prospect", "strategic_importance", "relationship_strength")
CHANNELS = ("phone", "email", "sms", "chat", "wechat", "web", "app", "store", "event", "other")
CONTACTS = (
    *("inquiry", "support", "complaint", "visit", "campaign_touch", "campaign_response"),
    *("event_attendance", "survey", "referral", "other"),
)

# Ids that are easily confused, badly sorted or badly quoted. 😀 and ｚ sort one way by bytes and code points
# and the other way by UTF-16 units.
ODD_IDS = (
    *("007", "7", "7.0", "+7", " 7", "7 ", "1e3", "1000", "NULL", "null", "NaN", "true", "é", "e\u0301"),
    *(
        "客户一",
        "ｚ",
        "😀",
        "Z",
        "a",
        'say "hi", ok',
        "semi;colon",
        "it's",
        "a|b",
        "back\\slash",
        "-",
        "2024-01-01",
    ),
)

BAD_TIMES = (
    *("yesterday", "infinity", "-infinity", "epoch", "now", "2023-13-01", "2023-02-30", "20230401"),
    *(
        "01/04/2023",
        "2023-04-01T25:00:00",
        "2023-04-01T10:61",
        "2023-04-01 10:00:00 PST",
        "2023-04",
        "1680300000",
    ),
    *("2023-4-1", "2023-W14-6", "NaN", "null", "2023-04-01T", "2023-04-01T10"),
)
BAD_NUMBERS = (
    *(
        "NaN",
        "nan",
        "inf",
        "-Infinity",
        "infinity",
        "1,000",
        "1 000",
        "1_000",
        "0x10",
        "abc",
        "--1",
        "1e",
        ".",
        "-",
    ),
    *("１２", "12€", "1.2.3", "true", "null"),
)
TOO_GREAT = {"quantity": "10000000", "amount": "9999999999.99995", "rate": "1000000", "score": "1e300"}
BAD_WORDS = ("Completed", "PERSON", "unheard of", "completed ", "客户", "0")

# (kind, what is below or above its own range)
NUMBERS = {
    ("products", "unit_cost"): ("amount", "-0.01"),
    ("orders", "shipping_cost"): ("amount", "-1"),
    ("order_items", "quantity"): ("quantity", "0"),
    ("order_items", "unit_price"): ("amount", "-0.0001"),
    ("order_items", "discount_amount"): ("amount", "-3"),
    ("order_items", "unit_cost"): ("amount", "-1e1"),
    ("refunds", "refund_amount"): ("amount", "0.00004"),
    ("refunds", "returned_quantity"): ("quantity", "-1"),
    ("interactions", "satisfaction_score"): ("score", "5.5"),
    ("interactions", "handling_cost"): ("amount", "-2"),
    ("assessments", "score"): ("score", "0.9"),
    ("exchange_rates", "rate_to_reporting"): ("rate", "0"),
}
TIMES = {
    *(("customers", "signed_up_at"), ("products", "valid_from"), ("orders", "ordered_at")),
    *(("refunds", "refunded_at"), ("interactions", "occurred_at"), ("campaign_members", "assigned_at")),
    *(("assessments", "assessed_on"), ("exchange_rates", "valid_from"), ("tier_overrides", "valid_from")),
    ("tier_overrides", "valid_to"),
}
INTEGERS = {("order_items", "line_number"), ("refunds", "line_number")}
LISTED = {
    *(("customers", "customer_type"), ("customers", "merged_into"), ("orders", "status")),
    *(("interactions", "channel"), ("interactions", "interaction_type"), ("interactions", "direction")),
    *(("campaign_members", "member_group"), ("assessments", "criterion"), ("tier_overrides", "tier")),
    *(("orders", "currency"), ("products", "is_flagship")),
}
REFERENCES = {("order_items", "order_id"), ("refunds", "order_id")}
# a column of each table that another version of a row may change, and to what
CORRECTED = {
    "customers": ("region", ("North", "West", None)),
    "products": ("unit_cost", ("9.99", "10", None)),
    "orders": ("status", ("completed", "cancelled", "pending")),
    "order_items": ("unit_price", ("9.5", "10", "100")),
    "refunds": ("refund_amount", ("9", "10")),
    "interactions": ("interaction_type", CONTACTS),
    "campaign_members": ("member_group", ("treatment", "control")),
    "assessments": ("score", ("2", "5")),
    "exchange_rates": ("rate_to_reporting", ("0.9", "1.15", "10")),
    "tier_overrides": ("tier", TIERS),
}
EVENTS = {"orders": "ordered_at", "refunds": "refunded_at", "interactions": "occurred_at"}


@dataclass(frozen=True)
class Switches:
    """Which kinds of trouble an example has."""

    bad_rows: bool = True
    versions: bool = True
    late: bool = True
    merges: bool = True
    overrides: bool = True
    currencies: bool = True
    odd_text: bool = True
    edges: bool = True
    stray: bool = False


def month_end(day: date) -> date:
    return (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY


def customer_id(i: int, switches: Switches) -> str:
    """Every other customer has an odd id, as long as there are any."""
    if switches.odd_text and i % 2 == 0 and i // 2 < len(ODD_IDS):
        return ODD_IDS[i // 2]
    return f"C{i:03d}"


class Writer:
    """Values as users write them."""

    def __init__(self, random: Random, switches: Switches, days: int):
        self.r, self.switches, self.days = random, switches, days

    def chance(self, p: float) -> bool:
        return self.r.random() < p

    def moment(self, day: date) -> datetime:
        clock = self.r.choice(
            (
                *(time(0, 0), time(23, 59, 59, 999999), time(12, 30), time(15, 59, 59), time(16, 0)),
                time(self.r.randrange(24), self.r.randrange(60), self.r.randrange(60)),
            )
        )
        return datetime.combine(day, clock)

    def day(self) -> date:
        """Any day, or one on the edge of a window or a period."""
        day = START + self.r.randrange(self.days) * DAY
        if self.switches.edges and self.chance(0.3):
            window = self.r.choice((0, 0, 30, 90, 365))
            edge = month_end(day) - window * DAY + self.r.choice((0, 1)) * DAY
            day = edge if edge >= START - 200 * DAY else month_end(day)
        return day

    def time(self, moment: datetime) -> str:
        """The same moment in one of many spellings."""
        if not self.switches.odd_text:
            return moment.isoformat()
        offset, suffix = self.r.choice(
            (
                *((0, ""), (0, ""), (0, "Z"), (0, "+00:00"), (480, "+08:00"), (480, "+08"), (-300, "-05:00")),
                *((330, "+05:30"), (330, "+0530"), (-570, "-09:30"), (-570, "-0930"), (840, "+14:00")),
            )
        )
        local = moment + offset * timedelta(minutes=1)
        if offset == 0 and not suffix and local.time() == time(0, 0) and self.chance(0.5):
            return local.date().isoformat()
        separator = self.r.choice("T ")
        if local.microsecond:
            clock = local.strftime("%H:%M:%S.%f")
        elif local.second == 0 and self.chance(0.5):
            clock = local.strftime("%H:%M")
        else:
            clock = local.strftime("%H:%M:%S") + self.r.choice(("", ".0", ".000000", ".000000000"))
        return f"{local.date().isoformat()}{separator}{clock}{suffix}"

    def date(self, day: date) -> str:
        return day.isoformat() + ("T00:00:00" if self.switches.odd_text and self.chance(0.1) else "")

    def number(self, low: int, high: int, places: int) -> str:
        """A number with up to `places` places, in one of many spellings."""
        cents = self.r.randint(low * 10**places, high * 10**places)
        sign, cents = ("-" if cents < 0 else ""), abs(cents)
        text = f"{cents // 10**places}" + (f".{cents % 10**places:0{places}d}" if places else "")
        if not self.switches.odd_text:
            return sign + text
        if cents == 0:
            return self.r.choice(("0", "0.00", "-0", ".0"))
        spelling = self.r.randrange(12)
        if spelling == 0:
            return f" {sign}{text} "
        if spelling == 1:
            return f"{sign or '+'}{text}"
        if spelling == 2:
            return f"{sign}{cents}e-{places}"
        if spelling == 3:
            return f"{sign}00{text}"
        if spelling == 4 and places == 0:
            return f"{sign}{text}."
        if spelling == 5 and places:
            return f"{sign}{text}00005"  # further places, to be rounded
        if spelling == 6 and places == 0 and cents % 10 == 0:
            return f"{sign}{cents // 10}E+1"
        return sign + text

    def great(self) -> str | None:
        """Now and then an amount as great as its column holds, or nearly."""
        if self.switches.bad_rows and self.chance(0.01):
            return self.r.choice(("9999999999.9999", "999999999"))
        return None

    def price(self) -> str:
        if great := self.great():
            return great
        kind = self.r.randrange(8)
        if kind == 0:
            return "0"
        if kind == 1:  # round amounts make ties
            return self.r.choice(("10", "10.00", "25", "100"))
        return self.number(1, self.r.choice((20, 200, 2000)), self.r.choice((0, 2, 2, 4)))

    def loaded(self, moment: datetime) -> str | None:
        """When a row arrived: mostly soon, sometimes in a monthly batch with all others, sometimes weeks
        late, sometimes exactly a day before its own time, sometimes unknown."""
        if not self.switches.late:
            return None if self.chance(0.1) else self.time(moment + timedelta(hours=1))
        kind = self.r.randrange(12)
        if kind == 0:
            return None
        if kind == 1:
            return self.time(moment - DAY)
        if kind <= 4:
            return month_end(moment.date()).isoformat() + "T23:00:00Z"
        if kind <= 6:
            return self.time(moment + self.r.randint(5, 60) * DAY)
        return self.time(moment + self.r.randint(0, 40) * timedelta(hours=1))


def build(
    seed: int, customers: int, months: int, switches: Switches, translations: tuple[dict, ...] = ()
) -> dict[str, list[dict[str, str | None]]]:
    """The raw tables of one example."""
    days = months * 30
    raw: dict[str, list[dict]] = {table: [] for table in COLUMNS}
    ids = [customer_id(i, switches) for i in range(customers)]
    shared(raw, Writer(Random(f"{seed}/shared"), switches, days))
    for i in range(customers):
        one_customer(raw, i, ids, Writer(Random(f"{seed}/{i}"), switches, days))
    if switches.stray:
        stray(raw, ids)
    trouble = Random(f"{seed}/trouble")
    for table, rows in raw.items():
        rows[:] = [{c: row.get(c) for c in COLUMNS[table]} for row in rows]
        if switches.versions:
            rows += [v for row in rows for v in versions(trouble, table, row, days)]
        if translations:
            translate(trouble, table, rows, translations)
        if switches.bad_rows:
            spoil_some(trouble, table, rows)
        if switches.odd_text:
            for row in rows:
                for column, cell in row.items():
                    if cell is None and trouble.random() < 0.2:
                        row[column] = ""
        trouble.shuffle(rows)
    return raw


def stray(raw: dict, ids: list[str]) -> None:
    """An order and a contact of days that are not over; nobody knows when they were loaded, so nothing is wrong."""
    raw["orders"].append(
        {
            **{"order_id": "stray", "customer_id": ids[0], "ordered_at": "2090-01-01T10:00:00Z"},
            **{"status": "completed", "currency": "USD"},
        }
    )
    raw["interactions"].append(
        {
            **{"interaction_id": "stray", "customer_id": ids[-1], "occurred_at": "2091-01-01"},
            **{"channel": "web", "interaction_type": "visit"},
        }
    )


def shared(raw: dict, w: Writer) -> None:
    """Products and exchange rates."""
    for p in range(8):
        raw["products"].append(
            {
                "product_id": f"P{p}",
                "valid_from": None if p % 2 else w.date(START - 50 * DAY),
                "product_name": f"Product {p}",
                "category": w.r.choice(("a", "b", None)),
                "is_flagship": w.r.choice(("true", "F", "1", "no", "Y", None)),
                "unit_cost": {6: "99999999", 7: "9999999999"}[p] if w.switches.bad_rows and p > 5 else w.r.choice((None, "0", w.number(1, 30, 4), w.number(1, 30, 2))),
                "loaded_at": w.loaded(datetime.combine(START, time(0, 0))),
            }
        )
        if p % 3 == 0:
            day = w.day()
            raw["products"].append(
                {
                    "product_id": f"P{p}",
                    "valid_from": w.date(day),
                    "unit_cost": w.r.choice((None, w.number(1, 40, 2))),
                    "loaded_at": w.loaded(w.moment(day)),
                }
            )
    if not w.switches.currencies:
        return
    for currency, first, level in (("EUR", -250, 1), ("CNY", 60, 0), ("JPY", -250, 0), ("USD", 0, 2)):
        day = START + first * DAY
        while day < START + w.days * DAY:
            raw["exchange_rates"].append(
                {
                    "currency": currency,
                    "valid_from": w.date(day),
                    "rate_to_reporting": f"{level}.{w.r.randint(6_000, 1_500_000):07d}",
                    "loaded_at": None if w.chance(0.5) else w.loaded(datetime.combine(day, time(6, 0))),
                }
            )
            day += w.r.choice((1, 20, 31, 90)) * DAY


def one_customer(raw: dict, i: int, ids: list[str], w: Writer) -> None:
    me, r = ids[i], w.r
    orders = r.choice((0, 0, 1, 2, 3, 5, 8, 12))
    contacts = r.choice((0, 0, 1, 3, 6))
    if w.chance(0.85):
        profile(raw, me, ids, w)
    for n in range(orders):
        one_order(raw, f"{me}-{n}" if n else f"O{i}", me, w)
    for n in range(contacts):
        one_contact(raw, f"{me}/{n}", me, ids, w)
    for n in range(r.choice((0, 0, 1, 4))):
        day = r.choice((START + 90 * DAY, w.day()))
        raw["assessments"].append(
            {
                "assessment_id": f"A{(i * 7 + n) % 90}-{me}",
                "customer_id": me,
                "assessed_on": w.date(day),
                "criterion": r.choice(CRITERIA[:2] if n else CRITERIA),
                "score": r.choice(("1", "3", "4.5", "5.0", "2.71828", "5.00004")),
                "assessed_by": r.choice((None, "Ann")),
                "loaded_at": w.loaded(datetime.combine(day, time(9, 0))),
            }
        )
    if w.chance(0.2):
        moment = w.moment(w.day())
        raw["campaign_members"].append(
            {
                "campaign_id": r.choice(("spring", "fall")),
                "customer_id": me,
                "assigned_at": w.time(moment),
                "member_group": r.choice(("treatment", "control")),
                "loaded_at": w.loaded(moment),
            }
        )
    if w.switches.overrides and w.chance(0.4):
        overrides(raw, me, w)


def profile(raw: dict, me: str, ids: list[str], w: Writer) -> None:
    r = w.r
    merged_into = None
    if w.switches.merges and w.chance(0.2):
        # chains, circles and merges into oneself, the internal, the unknown all come about
        merged_into = r.choice((*(r.choice(ids) for _ in range(4)), me, "nobody"))
    signed_up = w.moment(w.day())
    raw["customers"].append(
        {
            "customer_id": me,
            "customer_name": r.choice((None, f"Name of {me}", "O'Neil, Ann")),
            "customer_type": r.choice(
                ("person", "person", "person", "company", "company", "internal", "anonymous", None)
            ),
            "industry": r.choice((None, "retail")),
            "region": r.choice(("North", "North", "South", "south", "客", None)),
            "acquisition_channel": r.choice((None, "ads")),
            "referred_by": r.choice((None, r.choice(ids), "nobody")),
            "signed_up_at": r.choice((None, w.time(signed_up))),
            "merged_into": merged_into,
            "opted_out_of": r.choice((None, "all", "email|sms", "pigeon")),
            "loaded_at": w.loaded(signed_up),
        }
    )


def one_order(raw: dict, order_id: str, me: str, w: Writer) -> None:
    r = w.r
    moment = w.moment(w.day())
    currencies = ("USD", "USD", "EUR", "CNY", "JPY") if w.switches.currencies else ("USD",)
    raw["orders"].append(
        {
            "order_id": order_id,
            "customer_id": None if w.chance(0.04) else me,
            "ordered_at": w.time(moment),
            "status": r.choice(("completed",) * 6 + ("pending", "cancelled")),
            "currency": r.choice(currencies),
            "channel": r.choice((None, "web")),
            "promotion_code": r.choice((None, "X1")),
            "shipping_cost": w.great() or r.choice((None, "0", w.number(0, 9, 4))),
            "loaded_at": w.loaded(moment),
        }
    )
    lines = r.choice((0, 1, 1, 2, 3))
    for n in range(1, lines + 1):
        raw["order_items"].append(
            {
                "order_id": order_id,
                "line_number": r.choice((f"{n}", f"{n}", f"0{n}", f"{n}.0"))
                if w.switches.odd_text
                else f"{n}",
                "quantity": "9999999.999"
                if w.switches.bad_rows and w.chance(0.02)
                else r.choice(("1", "1", "2", w.number(1, 9, 3), "0.0005", "2.5")),
                "unit_price": w.price(),
                "product_id": r.choice((None, "no such", *(f"P{p}" for p in range(8)))),
                # now and then a discount above the price
                "discount_amount": r.choice((None, None, "0", w.number(0, 30, 2))),
                "unit_cost": w.great() or r.choice((None, None, "0", w.number(0, 90, 4))),
                "loaded_at": w.loaded(moment),
            }
        )
    for n in range(r.choice((0, 0, 0, 1, 2))):
        day = moment.date() + r.choice((-3, 0, 1, 10, 40)) * DAY
        back = w.moment(month_end(day) + r.choice((0, 1)) * DAY if w.chance(0.3) else day)
        raw["refunds"].append(
            {
                "refund_id": f"R{n}-{order_id}",
                "order_id": order_id,
                "refunded_at": w.time(back),
                "refund_amount": w.great() or w.number(1, r.choice((9, 90)), 4),
                "line_number": r.choice((None, "1", "1.0", "02", "99")),
                "returned_quantity": r.choice((None, "0", "1", "0.5", "1.0005")),
                "loaded_at": w.loaded(back),
            }
        )


def one_contact(raw: dict, interaction_id: str, me: str, ids: list[str], w: Writer) -> None:
    r = w.r
    moment = w.moment(w.day())
    kind = r.choice((*CONTACTS, "referral"))
    raw["interactions"].append(
        {
            "interaction_id": interaction_id,
            "customer_id": me,
            "occurred_at": w.time(moment),
            "channel": r.choice(CHANNELS),
            "interaction_type": kind,
            "direction": r.choice(("inbound", "outbound", None)),
            "satisfaction_score": r.choice((None, "1", "5", "4.3333", "0.99996")),
            "handling_cost": w.great() or r.choice((None, "0", w.number(0, 20, 4))),
            "campaign_id": r.choice((None, "spring")),
            "referred_customer_id": r.choice((None, r.choice(ids), r.choice(ids), "nobody")),
            "loaded_at": w.loaded(moment),
        }
    )


def overrides(raw: dict, me: str, w: Writer) -> None:
    r = w.r
    begin = w.day()
    for _ in range(r.choice((1, 2, 3))):
        length = r.choice((None, 0, 5, 45, -2))
        raw["tier_overrides"].append(
            {
                "customer_id": me,
                "tier": r.choice(TIERS),
                "valid_from": w.date(begin),
                "valid_to": None if length is None else w.date(begin + length * DAY),
                "reason": "board",
                "approved_by": "Ann",
                "loaded_at": w.loaded(datetime.combine(begin, time(8, 0))),
            }
        )
        begin = r.choice((begin, begin + r.randint(1, 40) * DAY, month_end(begin) + DAY))


def versions(r: Random, table: str, row: dict, days: int) -> list[dict]:
    """Sometimes the same row again, or another version of its key: later, earlier or at the same time."""
    if r.random() > 0.12:
        return []
    if r.random() < 0.3:
        return [dict(row) for _ in range(r.choice((1, 2)))]
    other = dict(row)
    column, choices = CORRECTED[table]
    other[column] = r.choice(choices)
    if table == "order_items" and r.random() < 0.5:
        other["line_number"] = f"0{other['line_number']}"
    if r.random() < 0.7:
        day = START + r.randrange(days + 60) * DAY
        other["loaded_at"] = r.choice((None, f"{day.isoformat()}T10:00:00Z"))
    if table in EVENTS and r.random() < 0.2:
        day = START + r.randrange(days) * DAY
        other[EVENTS[table]] = f"{day.isoformat()}T10:00:00"
        other["loaded_at"] = r.choice((None, f"{(day + 200 * DAY).isoformat()}T10:00:00Z"))
    return [other]


def translate(r: Random, table: str, rows: list[dict], translations: tuple[dict, ...]) -> None:
    """Here and there users' own words for the listed values."""
    for line in translations:
        if line["table_name"] == table and line["column_name"] in COLUMNS[table]:
            for row in rows:
                if row[line["column_name"]] == line["value"] and r.random() < 0.3:
                    row[line["column_name"]] = line["raw_value"]


def spoil_some(r: Random, table: str, rows: list[dict]) -> None:
    """Some rows go bad in one or two ways; some more bad rows come beside good ones of the same key."""
    extra = []
    for row in rows:
        luck = r.random()
        if luck < 0.05:
            target = row
        elif luck < 0.09:
            target = dict(row)
            extra.append(target)
        else:
            continue
        for _ in range(r.choice((1, 1, 2))):
            spoil(r, table, target)
    rows += extra


def spoil(r: Random, table: str, row: dict) -> None:
    """One fault of the kinds there are reasons for."""
    column = r.choice(COLUMNS[table])
    spot = (table, column)
    if table in EVENTS and r.random() < 0.15:  # future_dated
        row[EVENTS[table]], row["loaded_at"] = r.choice(
            (
                ("2023-06-10T10:00:01Z", "2023-06-09T10:00:00Z"),
                ("2023-06-10T10:00:00Z", "2023-06-09T10:00:00Z"),  # not quite
                ("2024-02-28T10:00:00Z", "2023-06-09"),
            )
        )
    elif spot in REFERENCES or column.endswith("_id") or r.random() < 0.2:
        row[column] = r.choice((None, "no such")) if spot in REFERENCES else None
    elif spot in NUMBERS:
        kind, beyond = NUMBERS[spot]
        row[column] = r.choice((beyond, TOO_GREAT[kind], r.choice(BAD_NUMBERS)))
    elif spot in TIMES or column == "loaded_at":
        row[column] = r.choice(BAD_TIMES)
    elif spot in INTEGERS:
        row[column] = r.choice(("1.5", "one", "NaN", "1,0"))
    elif spot in LISTED:
        row[column] = r.choice(BAD_WORDS)
    else:
        row[column] = None


# ---------------------------------------------------------------- the strategies


class Built(dict):
    """What build() made, shown as the call that makes it again."""

    def __init__(self, **arguments):
        super().__init__(build(**arguments))
        self.arguments = arguments

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items() if name != "translations")
        return f"build({shown}, translations=…)" if self.arguments["translations"] else f"build({shown})"


def some_raw(r: Random, customers=(3, 60), months=(8, 14), translations=(), stray=False) -> Built:
    """The ten raw tables as rows of text cells. `translations` are rows of accepted_values to make use of."""
    names = [name for name in Switches.__dataclass_fields__ if name != "stray"]
    all_of_them = r.random() < 0.3
    return Built(
        seed=r.randrange(2**32),
        customers=r.randint(*customers),
        months=r.randint(*months),
        switches=Switches(**{name: all_of_them or r.random() < 0.6 for name in names}, stray=stray),
        translations=tuple(translations),
    )


def some_day(r: Random) -> str:
    """A day on which there is business, or one on the edge of a month."""
    day = START + r.randint(60, (LAST - START).days) * DAY
    return r.choice((day, day, month_end(day), month_end(day) + DAY)).isoformat()


def some_vars(r: Random, cadences=("month", "month", "week", "quarter", "day")) -> dict:
    """The project's vars, dates and times as ISO text; None where a var keeps its default."""
    times = ("T00:00:00", "T23:00:00Z", "T12:34:56.789", "T10:00:00+0530", "")
    return {
        "as_of_date": some_day(r) if r.random() < 0.6 else None,
        "known_at": some_day(r) + r.choice(times) if r.random() < 0.3 else None,
        "history_start": some_day(r) if r.random() < 0.2 else None,
        "review_cadence": r.choice(cadences),
        "window_days": r.choice((365, 365, 90, 90, 30, 1)),
        "score_by": r.choice((None, "region", "customer_type")),
        "min_scored_customers": r.choice((5, 30, 1, 3)),
        "tier_grace_reviews": r.randint(0, 3),
        "tier_soft_landing": r.random() < 0.5,
        "business_timezone": r.choice(("UTC", "Asia/Shanghai", "America/New_York", "Asia/Kolkata")),
        "abc_metric": r.choice(("net_profit", "monetary", "gross_profit")),
        "reporting_currency": r.choice(("USD", "USD", "USD", "EUR")),
    }


def some_rules(r: Random, accepted_values=()) -> Rules:
    """A small set of rules, with one or two versions, that keeps all the conditions on rules."""
    return Rules(
        seed=r.randrange(2**32),
        versions=r.choice((("2000-01-01",), ("2023-04-01", "2023-09-30"), ("2023-08-15",))),
        accepted_values=tuple(accepted_values),
    )


@st.composite
def strategy(draw, make, *arguments, **named):
    return make(draw(st.randoms(use_true_random=not SHRINKS)), *arguments, **named)


def raw_tables(*arguments, **named) -> st.SearchStrategy:
    return strategy(some_raw, *arguments, **named)


def vars_(*arguments, **named) -> st.SearchStrategy:
    return strategy(some_vars, *arguments, **named)


def rules_(*arguments, **named) -> st.SearchStrategy:
    return strategy(some_rules, *arguments, **named)


@dataclass(frozen=True)
class Business:
    """Raw tables and how they are to be graded."""

    raw: Built
    rules: Rules
    vars: dict


def some_business(r: Random, translations=()) -> Business:
    chosen = {name: value for name, value in some_vars(r).items() if value is not None}
    # days make a review each, and the reference is not fast; a stray row leads to reviews until yesterday
    customers = {"day": (5, 20), "week": (20, 60)}.get(chosen["review_cadence"], (20, 120))
    stray = r.random() < 0.2 and chosen["review_cadence"] in ("month", "quarter")
    return Business(some_raw(r, customers, (8, 14), translations, stray), some_rules(r, translations), chosen)


def businesses(*arguments, **named) -> st.SearchStrategy:
    return strategy(some_business, *arguments, **named)


class Rules(dict):
    """What make_rules() made, shown as the call that makes it again."""

    def __init__(self, **arguments):
        super().__init__(make_rules(**arguments))
        self.arguments = arguments

    def __repr__(self) -> str:
        return "make_rules(seed={seed}, versions={versions}, accepted_values=…)".format(**self.arguments)


def make_rules(seed: int, versions: tuple[str, ...], accepted_values: tuple[dict, ...] = ()) -> dict:
    r = Random(seed)

    def amount() -> str:
        return str(r.choice((0, r.randint(0, 400))))

    tiers = [
        {
            "tier": tier,
            "tier_rank": str(rank),
            "label_en": tier.replace("_", " "),
            "label_zh": "级",
            "description": "",
        }
        for rank, tier in enumerate(TIERS)
    ]
    tier_rules, class_rules = [], []
    for version in versions:

        def rule(tier, kind, alternative, metric, low="", high="", version=version):
            tier_rules.append(
                {
                    **{"valid_from": version, "tier": tier, "kind": kind, "alternative": str(alternative)},
                    **{"metric": metric, "min_value": low, "max_value": high},
                }
            )

        rule("prospect", "entry", 1, "tenure_days", "0")
        rule("low_value", "entry", 1, "lifetime_orders", "1")
        rule("standard_value", "entry", 1, "frequency", "1")
        rule("standard_value", "entry", 1, "monetary", amount())
        rule("key_growth", "entry", 1, "recency_score", str(r.randint(2, 5)))
        rule("key_growth", "entry", 1, "recency_days", "", str(r.randint(10, 90)))
        rule("key_growth", "entry", 2, "growth_prospect", "4.5")
        rule("key_value", "entry", 1, "monetary_score", str(r.randint(3, 5)))
        rule("key_value", "entry", 1, "net_profit", amount())
        if r.random() < 0.6:
            rule("key_value", "retain", 1, "monetary_score", "3")
            rule("key_value", "retain", 2, "interactions", "2")
        rule("strategic_partner", "entry", 1, "profit_score", "5")
        rule("strategic_partner", "entry", 1, "frequency_score", str(r.randint(1, 5)))
        rule("strategic_partner", "entry", 2, "satisfaction", "4.3333", "5")
        if r.random() < 0.6:
            rule("strategic_partner", "retain", 1, "cost_coverage", "0.5")
        if r.random() < 0.5:
            pattern, low, high = r.choice(
                (
                    *(("promotion_share", "0.3", ""), ("flagship_share", "", "0.5"), ("categories", "2", "")),
                    *(("average_interval_days", "", "45.5"), ("recency_intervals", "", "1.5")),
                    *(("frequency_trend", "1", ""), ("monetary_trend", "0.6667", "")),
                )
            )
            rule("key_growth", "entry", 3, pattern, low, high)
            rule("standard_value", "retain", 1, pattern, low, high)
        for scheme, metric, steps in (
            ("breadth", "categories", (("none", "", "0"), ("one", "1", ""), ("two", "2", ""))),
            ("offers", "promotion_share", (("some", "0.0001", ""), ("many", "0.5", ""))),
            ("flagships", "flagship_share", (("some", "0.0001", ""), ("many", "0.5", ""))),
            ("rhythm", "recency_intervals", (("kept", "", "1"), ("late", "1.0001", ""), ("broken", "3", ""))),
            ("interval", "average_interval_days", (("short", "", "20"), ("long", "20.0001", ""))),
            ("frequency_trend", "frequency_trend", (("falling", "", "0.9999"), ("rising", "1.0001", ""))),
            ("monetary_trend", "monetary_trend", (("falling", "", "0.9999"), ("rising", "1.0001", ""))),
            (
                "behaviour_class",
                "recency_days",
                (("churned", "181", ""), ("dormant", "91", "180"), ("active", "", "90")),
            ),
            (
                "purchasing_power",
                "monetary",
                (("low", "", "100"), ("medium", "50", "200"), ("high", "150.005", "")),
            ),
            ("purchase_frequency", "frequency", (("low", "0", "1"), ("medium", "2", "4"), ("high", "5", ""))),
            ("loyalty", "tenure_days", (("low", "0", ""), ("medium", amount(), ""), ("high", "300", ""))),
            (
                "rfm_segment",
                "recency_score",
                (("lost", "0", ""), ("promising", "3", ""), ("champion", "5", "")),
            ),
        ):
            for rank, (name, low, high) in enumerate(steps):
                class_rules.append(
                    {
                        **{"valid_from": version, "scheme": scheme, "class": name, "class_rank": str(rank)},
                        **{"alternative": "1", "metric": metric, "min_value": low, "max_value": high},
                    }
                )
    fixed = {
        "recency": "120 60 30 10",
        "frequency": "1 2 3 5",
        "monetary": "0 50 100.5 500",
        "profit": "-10 0 50 200",
    }
    score_methods = []
    for metric, values in fixed.items():
        method = r.choice(("quantile", "quantile", "fixed"))
        quantiles = r.choice((".2 .4 .6 .8", "0.1 0.3 0.7 0.9", "0.25 0.5 0.75 0.99"))
        cells = (values if method == "fixed" else quantiles).split()
        score_methods.append(
            {"metric": metric, "method": method, **dict(zip(("b1", "b2", "b3", "b4"), cells, strict=True))}
        )
    return {
        "tiers": tiers,
        "tier_rules": tier_rules,
        "class_rules": class_rules,
        "score_methods": score_methods,
        "accepted_values": [dict(row) for row in accepted_values],
    }


# ---------------------------------------------------------------- one refresh after another


@dataclass(frozen=True)
class Refreshed:
    """What one refresh finds: raw rows, rules and vars, and how they came about from those of the one before."""

    change: str
    raw: dict[str, list[dict]]
    rules: dict[str, list[dict]]
    vars: dict

    def __repr__(self) -> str:
        rows = sum(len(found) for found in self.raw.values())
        return f"({self.change}: {rows} rows, {self.vars})"


# What a refresh may find changed; what comes twice happens twice as often.
CHANGES = (
    *("arrived", "arrived", "corrected", "corrected late", "corrected late", "deleted", "deleted late", "merged"),
    *("re-rated", "regraded", "override", "rules", "later rules", "vars", "as_of_date", "as_of_date", "known_at", "nothing"),
)
OWN_DATE = {
    **EVENTS,
    **{"assessments": "assessed_on", "exchange_rates": "valid_from", "tier_overrides": "valid_from"},
    **{"campaign_members": "assigned_at", "products": "valid_from", "customers": "signed_up_at"},
}


class Source:
    """A source that lives on: rows arrive, are corrected, deleted and merged."""

    def __init__(self, seed: int, raw: dict[str, list[dict]]):
        self.r = Random(seed)
        self.rows = {table: [dict(row) for row in found] for table, found in raw.items()}
        for found in self.rows.values():
            for row in found:
                row["arrives"] = (row["loaded_at"] or "")[:10] if self.r.random() < 0.9 else self.some_day()
        self.cut = (START + 200 * DAY).isoformat()

    def some_day(self) -> str:
        return (START + self.r.randrange(430) * DAY).isoformat()

    def here(self, table: str) -> list[dict]:
        return [row for row in self.rows[table] if row["arrives"] <= self.cut]

    def late(self, table: str) -> list[dict]:
        """What is there of a table and is dated last; lines are as late as their orders."""
        if table == "order_items":
            orders = {row["order_id"] for row in self.late("orders")}
            return [row for row in self.here(table) if row["order_id"] in orders]
        ordered = sorted(self.here(table), key=lambda row: row[OWN_DATE[table]] or "")
        return ordered[-max(len(ordered) // 10, 3) :]

    def raw(self) -> dict[str, list[dict]]:
        return {
            table: [{c: row.get(c) for c in COLUMNS[table]} for row in self.here(table)] for table in COLUMNS
        }

    def arrived(self) -> None:
        self.cut = max(self.cut, (date.fromisoformat(self.cut) + self.r.choice((10, 31, 90)) * DAY).isoformat())

    def corrected(self, find, tables=tuple(COLUMNS)) -> None:
        for _ in range(self.r.choice((1, 3, 8))):
            table = self.r.choice(tables)
            column, choices = CORRECTED[table]
            for row in self.r.choices(find(table) or [{}], k=1):
                row[column] = self.r.choice(choices)

    def deleted(self, find) -> None:
        table = self.r.choice(tuple(COLUMNS))
        found = find(table)
        for row in self.r.sample(found, min(len(found), self.r.choice((1, 2, 5)))):
            row["arrives"] = "never"

    def merged(self) -> None:
        found = self.here("customers")
        if len(found) > 1:
            one, other = self.r.sample(found, 2)
            one["merged_into"] = self.r.choice((other["customer_id"], other["customer_id"], None))

    def regraded(self) -> None:
        """A customer's type or region changes, or their assessments do."""
        for row in self.r.sample(self.here("customers"), min(len(self.here("customers")), 2)):
            row["customer_type"] = self.r.choice(("person", "company", "internal", None))
        self.corrected(self.late, ("assessments",))

    def override(self) -> None:
        ids = [row["customer_id"] for row in self.late("orders")]
        last = max([row["ordered_at"] or "" for row in self.late("orders")], default="")[:10]
        try:
            begin = date.fromisoformat(last) + self.r.randint(-60, 2) * DAY
        except ValueError:
            begin = START + 200 * DAY
        row = dict.fromkeys(COLUMNS["tier_overrides"]) | {"reason": "board", "approved_by": "Ann", "arrives": ""}
        row |= {"customer_id": self.r.choice(ids or ["a"]), "tier": self.r.choice(TIERS), "valid_from": begin.isoformat()}
        row |= {"valid_to": self.r.choice((None, (begin + self.r.randrange(50) * DAY).isoformat()))}
        self.rows["tier_overrides"].append(row)

    def changed(self, change: str) -> None:
        late = change.endswith(" late")
        if change.startswith("corrected"):
            self.corrected(self.late if late else self.here)
        elif change.startswith("deleted"):
            self.deleted(self.late if late else self.here)
        elif change == "re-rated":
            self.corrected(self.late, ("exchange_rates",))
        elif change in ("arrived", "merged", "regraded", "override"):
            getattr(self, change)()


def some_refreshes(r: Random, number=(4, 4), customers=(10, 60)) -> list[Refreshed]:
    """What one refresh after another finds in a source that lives on."""
    source = Source(r.randrange(2**32), some_raw(r, customers, (8, 12)))
    rules, chosen = some_rules(r), some_vars(r, ("month", "month", "week", "quarter"))
    chosen |= {"as_of_date": None, "known_at": None}
    found = [Refreshed("first", source.raw(), rules, chosen)]
    for _ in range(r.randint(*number) - 1):
        changes = [r.choice(CHANGES) for _ in range(r.choice((1, 1, 2, 3)))]
        for change in changes:
            source.changed(change)
            if change in ("as_of_date", "known_at"):
                chosen = chosen | {change: r.choice((some_day(r), some_day(r), None))}
            elif change == "vars":
                other = some_vars(r, ("month", "week", "quarter"))
                name = r.choice(sorted(other))
                chosen = chosen | {name: other[name]}
            elif change == "rules":
                rules = some_rules(r)
            elif change == "later rules":
                rules = {**rules, "tier_rules": later_rules(rules["tier_rules"], some_day(r))}
        found.append(Refreshed(", ".join(changes), source.raw(), rules, chosen))
    return found


def refreshes(*arguments, **named) -> st.SearchStrategy:
    return strategy(some_refreshes, *arguments, **named)


def later_rules(tier_rules: list[dict], day: str) -> list[dict]:
    """A version more, from a day on: a little harder than the last."""
    last = max(rule["valid_from"] for rule in tier_rules)
    kept = [rule for rule in tier_rules if rule["valid_from"] != day]
    return kept + [
        {**rule, "valid_from": day, **({"min_value": "2"} if rule["metric"] == "frequency" else {})}
        for rule in tier_rules
        if rule["valid_from"] == last
    ]


# ---------------------------------------------------------------- files


def write_raw(raw: dict[str, list[dict]], folder: str | Path) -> Path:
    """One csv a table with the contract's columns, loaded_at last; null is an empty field. A table without
    rows is a file with a header only."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for table, columns in COLUMNS.items():
        _write(folder / f"{table}.csv", columns, raw.get(table) or [])
    return folder


def write_rules(rules: dict[str, list[dict]], folder: str | Path) -> Path:
    """The seeds of a rule set, each of them that has rows."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in rules.items():
        if rows:
            _write(folder / f"{name}.csv", list(rows[0]), rows)
    return folder


def _write(path: Path, columns: list[str], rows: list[dict]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([row.get(c) or "" for c in columns] for row in rows)


def read_csvs(folder: str | Path) -> dict[str, list[dict]]:
    """Every csv of a folder as rows of text, raw tables and rules alike, by file name."""
    found = {}
    for path in sorted(Path(folder).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found
