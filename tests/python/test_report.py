"""The report: its numbers are those of the marts, it loads and runs nothing from data, and both languages are whole."""

import base64
import hashlib
import json
import re
import shutil
import string
import tomllib
from collections import Counter, defaultdict
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from tiers.report import ASSETS, LANGUAGES, MARKER, REASONS, figures, render, write_report

PROJECT = Path(__file__).resolve().parents[2]
TEXTS = tomllib.loads((ASSETS / "report_texts.toml").read_text(encoding="utf-8"))
ECHARTS_SHA256 = "07c578e167c9419cba6acbc15083c7fb6484e59fc18a461524d8dd2a929b70b1"
"""Of echarts.min.js as assets/echarts/build.sh makes it."""


class Page(HTMLParser):
    """What a browser sees: elements with their attributes, the text of scripts, and per language its text and tables by name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text: dict[str, str] = defaultdict(str)
        self.tables: dict[tuple[str, str], list[list[str]]] = {}
        self.language = self.name = ""
        self.open = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        self.open = tag
        if tag == "main":
            self.language = attributes["lang"]
        elif attributes.get("role") == "region":
            self.name = attributes["aria-label"]
            self.tables[self.language, self.name] = []
        elif tag == "tr":
            self.tables[self.language, self.name].append([])
        elif tag in ("th", "td"):
            self.tables[self.language, self.name][-1].append("")
        elif tag == "script":
            self.scripts.append("")
        elif tag == "small":
            self.handle_data("\n")

    def handle_endtag(self, tag):
        self.open = ""
        if tag == "main":
            self.language = ""
        elif tag == "table":
            key = self.language, self.name
            self.tables[key] = [[cell.strip() for cell in row] for row in self.tables[key]]
            self.name = ""

    def handle_data(self, data):
        if self.open == "script":
            self.scripts[-1] += data
        elif self.open != "style":
            self.text[self.language] += data
            rows = self.tables.get((self.language, self.name))
            if rows and rows[-1]:
                rows[-1][-1] += data

    def table(self, name: str, language: str = "en") -> list[list[str]]:
        """The body of a table, by the name of one of the texts."""
        return self.tables[language, TEXTS[name][language]][1:]

    @property
    def data(self) -> dict:
        return json.loads(self.scripts[0])


def rows(database: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def shown(*values: object) -> list[str]:
    return [f"{value:,}" for value in values]


@pytest.fixture(scope="module")
def page(sample) -> Page:
    return Page(render(figures(sample.published, sample.warehouse)))


@pytest.fixture
def published(sample, tmp_path):
    """Makes a copy of the sample's published file, changed by some SQL."""

    def change(sql: str) -> Path:
        file = tmp_path / "published.duckdb"
        shutil.copyfile(sample.published, file)
        with duckdb.connect(str(file)) as connection:
            connection.execute(sql)
        return file

    return change


# The numbers


LABELS = "select tier, any_value(tier_label_en), any_value(tier_label_zh), any_value(tier_rank) from customer_tier group by tier order by 4 desc"


def test_the_tiers_today_are_those_of_customer_tier(page, sample):
    expected = rows(sample.published, "select count(*), sum(monetary), sum(net_profit) from customer_tier group by tier order by any_value(tier_rank) desc")
    for language, label in (("en", 1), ("zh", 2)):
        table = page.table("tiers_now", language)
        assert [[row[1], row[3], row[5]] for row in table[:-1]] == [shown(*row) for row in expected]
        assert [row[0] for row in table[:-1]] == [row[label] for row in rows(sample.published, LABELS)]
    total = rows(sample.published, "select count(*), sum(monetary), sum(net_profit) from customer_tier")[0]
    assert [table[-1][1], table[-1][3], table[-1][5]] == shown(*total)
    assert f"{round(total[1]):,}" in page.text["en"]


@pytest.mark.parametrize("name, measure", [("sizes", "customers"), ("revenue_over_time", "monetary"), ("profit_over_time", "net_profit")])
def test_what_is_shown_over_time_is_tier_migration(page, sample, name, measure):
    tiers = [row[0] for row in rows(sample.published, LABELS)]
    sums = {(str(day), tier): value for day, tier, value in rows(sample.published, f"select review_date, to_tier, sum({measure}) from tier_migration group by all")}
    days = sorted({day for day, _ in sums}, reverse=True)
    none = 0 if measure == "customers" else Decimal("0.00")
    expected = [[day, *shown(*(sums.get((day, tier), none) for tier in tiers), sum(sums.get((day, tier), none) for tier in tiers))] for day in days]
    assert [page.table(name), page.table(name, "zh")] == [expected, expected]
    drawn = {(day, tier): review[tier][measure] for day, review in zip(page.data["reviews"], page.data["sums"], strict=True) for tier in tiers}
    assert {key: value for key, value in drawn.items() if value} == {key: float(value) for key, value in sums.items() if value}


def test_movements_are_those_of_the_last_closed_review(page, sample):
    ranks = {tier: rank for tier, _, _, rank in rows(sample.published, LABELS)}
    labels = {tier: label for tier, label, _, _ in rows(sample.published, LABELS)} | {None: "New"}
    moves = rows(sample.published, "select from_tier, to_tier, customers, monetary, net_profit from tier_migration where review_date = (select max(review_date) from tier_migration)")
    sums: dict[str, list] = {name: [0, 0, 0] for name in ("Upgraded", "Downgraded", "New", "Stayed")}
    for origin, tier, *values in moves:
        step = None if origin is None else ranks[tier] - ranks[origin]
        name = "New" if step is None else "Upgraded" if step > 0 else "Downgraded" if step < 0 else "Stayed"
        sums[name] = [one + other for one, other in zip(sums[name], values, strict=True)]
    assert all(values[0] for values in sums.values()), "the sample shows every kind"
    assert page.table("movement") == [[name, *shown(*values)] for name, values in sums.items()]
    heat = {(row[0], tier): cell for row in page.table("from_to") for tier, cell in zip(ranks, row[1:], strict=True) if cell != "–"}
    assert heat == {(labels[origin], tier): f"{customers:,}\n{round(monetary):,}" for origin, tier, customers, monetary, _ in moves}


def test_reasons_are_those_of_the_customers_who_moved(page, sample):
    """At every closed review, counted again customer by customer; the page shows the last one."""
    columns = "review_date, tier_rank, previous_tier_rank, previous_held_rank, held_rank, keep_rank, tier_source, recency_score, frequency_score, monetary_score, profit_score"
    reviews = defaultdict(list)
    for customer, *review in rows(sample.warehouse, f"select customer_id, {columns} from fct_tier_reviews where is_closed order by all"):
        reviews[customer].append(dict(zip(columns.split(", "), review, strict=True)))
    counts = defaultdict(Counter)
    for seen in reviews.values():
        for number, review in enumerate(seen[1:], 1):
            if review["tier_rank"] != review["previous_tier_rank"]:
                counts[review["review_date"]].update(reasons_of(review, seen[:number]))
    with duckdb.connect(str(sample.warehouse), read_only=True) as connection:
        for day, expected in counts.items():
            found = connection.execute(REASONS, {"review": day}).fetchall()
            assert {(direction, reason): count for direction, reason, count in found} == expected, day
    last = counts[max(review["review_date"] for seen in reviews.values() for review in seen)]
    assert {direction for direction, _ in last} == {"up", "down"}
    for direction, name in (("up", "upgraded"), ("down", "downgraded")):
        for language in LANGUAGES:
            table = page.tables[language, f"{TEXTS['reasons'][language]}: {TEXTS[name][language]}"][1:]
            expected = {TEXTS["_".join(key)][language]: f"{count:,}" for key, count in last.items() if key[0] == direction}
            assert {row[0]: row[1] for row in table} == expected


def reasons_of(review: dict, earlier: list[dict]) -> list[tuple[str, str]]:
    is_up = review["tier_rank"] > review["previous_tier_rank"]
    direction = "up" if is_up else "down"
    if "override" in (review["tier_source"], earlier[-1]["tier_source"]):
        return [(direction, "override")]
    then = earlier[-1] if is_up else [before for before in earlier if before["keep_rank"] >= review["previous_held_rank"]][-1]
    changes = {metric: review[f"{metric}_score"] - then[f"{metric}_score"] for metric in ("recency", "frequency", "monetary", "profit")}
    reasons = [metric for metric, change in changes.items() if (change > 0 if is_up else change < 0)] or ["other"]
    if not is_up and earlier[-1]["keep_rank"] < earlier[-1]["held_rank"]:
        reasons.append("grace")
    return [(direction, reason) for reason in reasons]


def test_classes_are_those_of_customer_classes_and_the_composite(page, sample):
    counts = "select scheme, class, count(*) from customer_classes group by all union all select 'strategic_class', strategic_class, count(*) from customer_tier group by all"
    for language in LANGUAGES:
        texts = {name: text[language] for name, text in TEXTS.items()}
        expected = defaultdict(dict)
        for scheme, name, count in rows(sample.published, counts):
            expected[f"{texts['classes']}: {texts[f'scheme_{scheme}']}"][texts.get(f"class_{name}", name)] = f"{count:,}"
        shown_classes = {name: {row[0]: row[1] for row in table[1:]} for (lang, name), table in page.tables.items() if lang == language and name.startswith(texts["classes"])}
        assert shown_classes == expected and len(expected) == 7


def test_the_curve_is_abc_curve(page, sample):
    points = rows(sample.published, "select metric, customers, share_of_customers, share_of_value from abc_curve order by metric, customers")
    drawn = [point[:2] for line in page.data["curves"] for point in line["points"]]
    assert drawn == [[float(100 * customers), float(100 * value)] for _, _, customers, value in points]
    buyers = max(row[1] for row in points)
    held = {metric: value for metric, customers, _, value in points if 2 * customers <= buyers}
    assert page.table("curve")[-1] == ["50 %", *(f"{100 * held[metric]:.1f}%" for metric in ("monetary", "net_profit"))]


def whole(value: object) -> str:
    return f"{Decimal(value).quantize(Decimal(1), 'ROUND_HALF_UP') + 0:,}"


def test_the_forecast_is_that_of_customer_tier_and_its_test_that_of_clv_validation(page, sample):
    sums = "select count(*), sum(expected_orders), sum(predicted_profit), sum(clv) from customer_tier where clv is not null"
    by_tier = [[row[1], *row[3:]] for row in page.table("lifetime_value")[:-1]]
    assert by_tier == [[f"{row[0]:,}", *map(whole, row[1:])] for row in rows(sample.published, f"{sums} group by tier order by max(tier_rank) desc")]
    total = page.table("lifetime_value")[-1]
    assert [total[1], *total[3:]] == [[f"{row[0]:,}", *map(whole, row[1:])] for row in rows(sample.published, sums)][0]
    held = rows(sample.published, "select repeat_orders, customers, actual_orders, predicted_orders, naive_orders from clv_validation order by 1")
    assert page.table("validation")[:-1] == [[name, f"{customers:,}", *map(whole, orders)] for name, customers, *orders in held]
    assert [bar["orders"] for bar in page.data["validation"]["bars"]] == [[float(row[place]) for row in held] for place in (2, 3, 4)]


def test_who_is_at_risk_is_whom_churn_warning_names(page, sample):
    def warned(name: str) -> dict[str, str]:
        return {row[0]: row[1] for row in page.tables["en", f"{TEXTS['warnings']['en']}: {TEXTS[name]['en']}"][1:]}

    levels = dict(rows(sample.published, "select level_label_en, count(*)::varchar from churn_warning group by all"))
    causes = Counter(cause for (met,) in rows(sample.published, "select causes from churn_warning") for cause in met.split(", "))
    tiers = dict(rows(sample.published, "select tier_label_en, count(*)::varchar from customer_tier where churn_level is not null group by all"))
    assert warned("by_level") == levels | {"Total": str(sum(map(int, levels.values())))}
    assert warned("by_cause") == {TEXTS[f"cause_{cause}"]["en"]: str(count) for cause, count in causes.items()}
    assert warned("by_tier") == tiers and tiers


def test_the_first_tenth_by_priority_is_the_first_by_rank(page, sample):
    ranked = [tier for (tier,) in rows(sample.published, "select tier_label_en from customer_tier order by priority_score desc, priority_rank")]
    first = Counter(ranked[: -(-len(ranked) // 10)])
    assert {row[0]: int(row[1]) for row in page.table("priorities")} == {tier: first[tier] for tier in ranked}


def test_clusters_pairs_and_offers_are_those_of_their_marts(page, sample):
    clusters = "select cluster::varchar, description_en, customers::varchar from customer_clusters order by cluster"
    assert [tuple(row[:3]) for row in page.table("clusters")] == rows(sample.published, clusters)
    pairs = {frozenset(pair) for pair in rows(sample.published, "select product_id, other_product_id from product_affinity")}
    assert {frozenset(row[:2]) for row in page.table("pairs")} <= pairs and len(page.table("pairs")) == min(len(pairs), 10)
    offers = dict(rows(sample.published, "select kind, count(*)::varchar from next_best_product group by all"))
    assert {row[0]: row[1] for row in page.table("suggestions")} == {TEXTS[f"kind_{kind}"]["en"]: count for kind, count in offers.items()}


def test_a_file_of_a_version_without_classifications_makes_a_page_without_them(published):
    page = Page(render(figures(published("alter table customer_tier drop column strategic_class"))))
    assert page.table("tiers_now") and ("en", TEXTS["clusters"]["en"]) not in page.tables


def test_the_ledger_is_data_quality(page, sample):
    ledger = defaultdict(Counter)
    for table, outcome, count in rows(sample.published, "select table_name, outcome, sum(row_count) from data_quality group by all"):
        ledger[table][outcome] += int(count)
    outcomes = ("accepted", "superseded", "quarantined", "not_yet_visible")
    assert page.table("quality") == [[table, *shown(*(ledger[table][outcome] for outcome in outcomes))] for table in sorted(ledger)]
    reasons = {(table, reason): count for table, reason, count in rows(sample.published, "select table_name, reason, max(row_count) from data_quality where outcome = 'quarantined' group by all")}
    top = page.table("quarantine")
    assert len(top) == 10
    assert [int(row[2]) for row in top] == sorted(reasons.values(), reverse=True)[:10]
    assert all(f"{reasons[row[0], row[1]]:,}" == row[2] for row in top)


def test_the_page_holds_no_customer(page, sample):
    text = set(re.findall(r"[\w-]+", " ".join([*page.text.values(), page.scripts[0]])))
    names = rows(sample.warehouse, "select customer_id, customer_name from stg_customers")
    assert len(names) > 50
    assert text & {str(value) for row in names for value in row} == set()


# Where there is less to tell


def test_without_a_warehouse_the_page_says_that_it_has_no_reasons(sample):
    page = Page(render(figures(sample.published)))
    assert all(TEXTS["no_warehouse"][language] in page.text[language] for language in LANGUAGES)
    assert page.table("movement")


def test_reasons_of_other_movements_are_not_shown(sample, published):
    other = published("update tier_migration set customers = customers + 1")
    page = Page(render(figures(other, sample.warehouse)))
    assert all(TEXTS["other_warehouse"][language] in page.text[language] for language in LANGUAGES)


def test_an_empty_mart_makes_a_page_that_says_so(published):
    page = Page(render(figures(published("delete from customer_tier; delete from customer_tier_history; delete from tier_migration; delete from data_quality"))))
    assert all(TEXTS["no_reviews"][language] in page.text[language] for language in LANGUAGES)


def test_without_a_closed_review_the_page_shows_the_provisional_tiers(published):
    page = Page(render(figures(published("delete from customer_tier_history; delete from tier_migration; update customer_tier set is_provisional = true"))))
    assert all(TEXTS["nothing_closed"][language] in page.text[language] for language in LANGUAGES)
    assert page.table("tiers_now")


def test_a_publication_tells_what_it_changed_and_let_through(published):
    file = published(
        "insert into tier_changes values (1, 'c', 'a', 'b', 'restated'), (1, 'd', 'a', 'b', 'restated'), (1, 'e', 'a', 'b', 'review'), (0, 'f', 'a', 'b', 'rules');"
        "update publication_checks set is_accepted = check_name = 'fallen_customers'"
    )
    page = Page(render(figures(file)))
    assert page.table("changes") == [[TEXTS["cause_restated"]["en"], "2"], [TEXTS["cause_review"]["en"], "1"]]
    assert "fallen_customers" in page.text["en"]


# What comes from data stays data

EVIL = "</script><img src=x onerror=alert(1)>\"'&{{7*7}}<!--"


def test_nothing_from_data_becomes_markup_or_code(published):
    evil = "'" + EVIL.replace("'", "''") + "'"
    file = published(
        f"update customer_tier set tier_label_en = {evil}, tier_label_zh = {evil};"
        f"update customer_tier set tier = {evil} where tier = 'key_value'; update customer_tier_history set tier = {evil} where tier = 'key_value';"
        f"update tier_migration set to_tier = {evil} where to_tier = 'key_value'; update tier_migration set from_tier = {evil} where from_tier = 'key_value';"
        f"update data_quality set table_name = {evil}, reason = {evil}, currency = {evil}; update revenue_bridge set currency = {evil};"
        f"update publication_checks set is_accepted = true, check_name = {evil}; insert into tier_changes values (1, {evil}, {evil}, {evil}, {evil})"
    )
    html = render(figures(file))
    page = Page(html)
    assert len(page.scripts) == 3 and all(tag != "img" for tag, _ in page.elements)
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert html.count("</script") == 3 and "onerror=alert(1)>" not in html
    assert page.text["en"].count(EVIL) > 10 and EVIL in page.data["sums"][-1]


def test_the_page_loads_nothing_and_runs_its_own_two_scripts_only(page, sample):
    html = render(figures(sample.published, sample.warehouse))
    loading = ("src", "href", "srcset", "action", "data", "poster", "background")
    assert not [(tag, name) for tag, attributes in page.elements for name in attributes if name in loading]
    assert not [tag for tag, _ in page.elements if tag in ("link", "iframe", "object", "embed", "base", "form")]
    assert "url(" not in (ASSETS / "report.css").read_text(encoding="utf-8") and "@import" not in html
    namespaces = {"http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg", "http://www.w3.org/2000/xmlns/", "http://www.w3.org/XML/1998/namespace"}
    assert set(re.findall(r"https?://[\w./-]+", html)) == namespaces
    policy = next(attributes["content"] for _, attributes in page.elements if attributes.get("http-equiv") == "Content-Security-Policy")
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in page.scripts[1:]]
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src {' '.join(hashes)}"


def test_the_charts_library_is_the_one_that_was_built():
    bundle = (ASSETS / "echarts/echarts.min.js").read_bytes()
    assert hashlib.sha256(bundle).hexdigest() == ECHARTS_SHA256
    assert b"</script" not in bundle and b"\r" not in bundle
    assert "Apache ECharts" in (ASSETS / "echarts/NOTICE").read_text(encoding="utf-8")
    licences = (ASSETS / "echarts/LICENSE").read_text(encoding="utf-8")
    assert all(part in licences for part in ("Apache License", "Baidu", "Mike Bostock", "Microsoft"))


# Languages and accessibility


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_in_every_language(name):
    assert set(TEXTS[name]) == set(LANGUAGES)
    fields = [{field for _, field, _, _ in string.Formatter().parse(text) if field} for text in TEXTS[name].values()]
    assert all(text.strip() for text in TEXTS[name].values()) and fields[0] == fields[1]
    assert re.search(r"[\u4e00-\u9fff]", TEXTS[name]["zh"]) and (name == "language" or not re.search(r"[^\x00-\x7f↓→]", TEXTS[name]["en"]))


def test_the_languages_have_the_same_tables_and_numbers(page):
    def numbers(language: str) -> list[list[list[str]]]:
        tables = [table[1:] for (lang, _), table in page.tables.items() if lang == language]
        return [[[cell for cell in row[1:] if not re.search(r"[a-z\u4e00-\u9fff]", cell)] for row in table] for table in tables]

    assert numbers("en") == numbers("zh") and len(numbers("en")) > 20


def test_the_page_can_be_read_without_seeing_it(page):
    tags = Counter(tag for tag, _ in page.elements)
    assert (tags["title"], tags["main"], tags["h1"]) == (1, 2, 2)
    assert next(attributes["lang"] for tag, attributes in page.elements if tag == "html") == "en"
    assert [attributes["lang"] for tag, attributes in page.elements if tag == "main" and "hidden" not in attributes] == ["en"]
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in page.elements if tag == "th")
    assert tags["table"] == len(page.tables), "each table has a name"


# The command


def test_the_report_is_written_beside_the_published_file_and_again(tiers, sample, tmp_path):
    shutil.copyfile(sample.published, tmp_path / "marts.duckdb")
    for _ in range(2):
        done = tiers("report", "--publish", "marts.duckdb", "--warehouse", sample.warehouse, "--lang", "zh", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"report: {tmp_path / 'marts.report.html'}\n"
    page = Page((tmp_path / "marts.report.html").read_text(encoding="utf-8"))
    assert next(attributes for tag, attributes in page.elements if tag == "html") == {"lang": "zh", "data-chosen": None}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["marts.duckdb", "marts.report.html"]


def refused(tiers, folder: Path, *arguments: object) -> str:
    done = tiers("report", *arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert not list(folder.rglob("*.report.html"))
    return done.stderr


def test_a_file_that_is_no_report_is_not_replaced(tiers, sample, tmp_path):
    mine = tmp_path / "mine.html"
    mine.write_text(f"<p>{MARKER}", encoding="utf-8")
    assert "is not a report" in refused(tiers, tmp_path, "--publish", sample.published, "--out", mine)
    assert mine.read_text(encoding="utf-8") == f"<p>{MARKER}"
    assert "is not a report" in refused(tiers, tmp_path, "--publish", sample.published, "--out", tmp_path)


def test_what_is_not_there_is_named(tiers, sample, tmp_path):
    assert "published/customer_tiers.duckdb is not there" in refused(tiers, tmp_path)
    assert "none.duckdb is not there" in refused(tiers, tmp_path, "--publish", sample.published, "--out", "r.html", "--warehouse", "none.duckdb")


def test_what_was_not_published_is_refused(tiers, tmp_path):
    text = tmp_path / "text.duckdb"
    text.write_text("not a database", encoding="utf-8")
    assert f"{text} cannot be read" in refused(tiers, tmp_path, "--publish", text)
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("create table customer_tier (a int)")
    assert "no table customer_tier_history" in refused(tiers, tmp_path, "--publish", other)
    with duckdb.connect(str(other)) as connection:
        connection.execute("create table customer_tier_history (a int); create table tier_migration (a int); create table data_quality (a int)")
    assert f"{other} cannot be read" in refused(tiers, tmp_path, "--publish", other)


def test_a_report_that_cannot_be_made_leaves_the_old_one(sample, tmp_path, monkeypatch):
    out = tmp_path / "r.html"
    write_report(sample.published, None, out)
    before = out.read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        write_report(sample.published, sample.warehouse, out)
    assert out.read_bytes() == before and list(tmp_path.iterdir()) == [out]


def test_the_makefile_tells_where_the_report_is():
    assert "tiers report --warehouse warehouse/sample.duckdb --publish published/sample.duckdb" in (PROJECT / "Makefile").read_text(encoding="utf-8")
