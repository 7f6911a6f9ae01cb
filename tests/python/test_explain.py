"""`tiers explain` and `tiers rules`: the tier they derive is the one that was built, and they say why in words."""

import datetime
import json
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb
import pytest
import yaml
from click.testing import CliRunner, Result
from reference import period_end
from rich.cells import cell_len

from tiers.cli import main
from tiers.errors import TiersError, UsageError
from tiers.explain import PATTERNS, SCORED, Breakpoints, _coming_reviews, explain
from tiers.explanation import show_explanation
from tiers.project import PROJECT
from tiers.rules import Rules, checked_rules, read_rules, tier_in_words

DAY = datetime.timedelta(days=1)
KNOWN_AT = "2025-06-25T00:00:00Z"
PATTERN_RULES = """\
2000-01-01,key_value,entry,1,categories,3,
2000-01-01,key_value,retain,1,categories,2,
2000-01-01,key_growth,entry,1,recency_intervals,,3.5
2000-01-01,standard_value,entry,1,promotion_share,,0.25
2000-01-01,standard_value,retain,1,frequency_trend,0.5,
2000-01-01,standard_value,retain,2,monetary_trend,0.8,
2000-01-01,standard_value,retain,2,average_interval_days,,45
2000-01-01,standard_value,retain,2,flagship_share,0.01,
"""


@pytest.fixture(scope="module")
def other(tiers, tmp_path_factory) -> Path:
    """The sample as of a day amid a month, known at a time, under other settings: an open review, provisional tiers, groups.

    Its rules look at patterns of purchases, which nothing else works out for every review.
    """
    folder = tmp_path_factory.mktemp("other")
    (folder / "rules").mkdir()
    shipped = (PROJECT / "seeds/rules/tier_rules.csv").read_text(encoding="utf-8")
    (folder / "rules/tier_rules.csv").write_text(shipped + PATTERN_RULES, encoding="utf-8")
    settings = "{tier_grace_reviews: 2, tier_soft_landing: false, score_by: region, min_scored_customers: 12}"
    files = ("--warehouse", "w.duckdb", "--publish", "p.duckdb")
    done = tiers("refresh", "--sample", *files, "--as-of", "2025-02-12", "--known-at", KNOWN_AT, "--rules", "rules", "--vars", settings, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "w.duckdb"


@pytest.fixture(params=["sample", "other"])
def warehouse(request) -> Path:
    """Both, one after the other."""
    return request.getfixturevalue("sample").warehouse if request.param == "sample" else request.getfixturevalue("other")


@pytest.fixture
def changed(sample, tmp_path):
    """Runs SQL in a copy of the sample's warehouse; returns the copy."""

    def change(*statements: str) -> Path:
        copy = shutil.copyfile(sample.warehouse, tmp_path / "changed.duckdb")
        with duckdb.connect(str(copy)) as connection:
            for statement in statements:
                connection.execute(statement)
        return copy

    return change


def query(database: Path, sql: str, *parameters: object) -> list[tuple]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql, parameters).fetchall()


@cache
def explained(warehouse: Path, customer: str) -> dict[str, object]:
    """Its tier on the morning after as_of_date, worked out once. Not to be written to."""
    return explain(warehouse, customer)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def refused(*arguments: object) -> str:
    """The one line that a command says when it refuses."""
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("tiers: "), done.stderr
    return done.stderr


# What it derives


def test_explain_derives_the_tier_of_every_customer_at_several_dates(warehouse):
    as_of = query(warehouse, "select as_of_date from int_as_of")[0][0]
    history = query(
        warehouse,
        "select customer_id, tier, tier_rank, valid_from, coalesce(valid_to, date '9999-12-31'), previous_tier, tier_source from customer_tier_history",
    )
    replayed = 0
    for day in (datetime.date(2024, 2, 1), datetime.date(2024, 10, 17), as_of - 10 * DAY):
        for customer, tier, rank, since, until, previous, source in history:
            if since <= day < until:
                found = explain(warehouse, customer, str(day))
                assert (found["tier"], found["tier_rank"], found["tier_since"], found["previous_tier"]) == (tier, rank, str(since), previous)
                assert day != since or found["tier_source"] == source
                replayed += 1
    assert replayed > 100


def test_explain_derives_the_mart_of_every_customer(warehouse):
    mart = query(
        warehouse,
        "select customer_id, tier, tier_source, tier_since::varchar, previous_tier, is_provisional, tier_review_date::varchar, "
        "recency_score, frequency_score, monetary_score, profit_score from customer_tier",
    )
    assert len(mart) > 50
    for row in mart:
        found = explained(warehouse, row[0])
        scores = [score["scored"] for score in found["scores"]]
        named = [found[name] for name in ("customer_id", "tier", "tier_source", "tier_since", "previous_tier", "is_provisional")]
        assert (*named, found["review"]["review_date"], *scores) == row


def test_earned_and_kept_follow_from_the_rows_it_shows(warehouse):
    for (customer,) in query(warehouse, "select customer_id from customer_tier"):
        found = explained(warehouse, customer)
        met = {rule["kind"]: [] for rule in found["rules"]}
        for rule in found["rules"]:
            assert rule["is_met"] == all(condition["is_met"] for condition in rule["conditions"])
            if rule["is_met"]:
                met[rule["kind"]].append((rule["tier_rank"], rule["tier"]))
        assert found["review"]["earned_tier"] == max(met["entry"])[1]
        assert found["review"]["keep_tier"] == max(met["entry"] + met["retain"])[1]


@pytest.mark.parametrize(
    "change",
    [
        "update fct_held_tiers set held_rank = 5 where customer_id = 'C004'",
        "update fct_held_tiers set held_source = 'earned' where customer_id = 'C004'",
        "update tier_rules set min_value = '4' where tier = 'key_growth' and kind = 'retain' and metric = 'monetary_score'",
        "update fct_score_breakpoints set b2 = 5000, b3 = 5000, b4 = 5000 where metric = 'monetary'",
        "update int_settings set setting = 'false' where var_name = 'tier_soft_landing'",
        "update customer_tier_history set tier = 'prospect' where customer_id = 'C004'",
    ],
)
def test_a_tier_that_does_not_follow_from_what_lies_beside_it_is_not_explained(changed, change):
    """C062 landed softly, C004 is in grace."""
    copy = changed(change)
    with pytest.raises(TiersError, match="does not follow from the rules"):
        for customer in ("C004", "C062"):
            explain(copy, customer)


def test_the_rules_in_force_at_the_review_are_the_ones_shown(changed):
    old = explain(changed(), "C004")
    both = changed("insert into tier_rules select '2025-07-01', * exclude valid_from from tier_rules", "update tier_rules set valid_from = '2025-06-30' where valid_from = '2000-01-01'")
    found = explain(both, "C004")
    assert old["review"]["rules_version"] == "2000-01-01" and found["review"]["rules_version"] == "2025-06-30"
    assert explain(both, "C004", "2024-06-01")["review"]["rules_version"] == "2025-06-30"  # before the first, the first
    assert found["rules"] == old["rules"]


def test_scores_by_hand():
    recency = Breakpoints("recency", tuple(map(Decimal, (130, 58, 22, 8))), 50, False)
    assert [recency.score(days) for days in (131, 130, 129, 58, 57, 7)] == [1, 1, 2, 2, 3, 5]
    assert [recency.earning(score) for score in (1, 2, 3, 5, 6)] == [None, 129, 57, 7, None]
    money = Breakpoints("monetary", tuple(map(Decimal, ("-5.5", "64.41", "64.41", "99.9999"))), 50, False)
    assert [money.score(Decimal(value)) for value in ("-5.50", "0", "64.41", "64.42", "100.00")] == [1, 2, 2, 4, 5]
    assert [str(money.earning(score)) for score in (2, 3, 4, 5)] == ["-5.49", "64.42", "64.42", "100.00"]
    few = Breakpoints("profit", (), 3, False)
    assert few.score(Decimal(-1)) == 3 and few.earning(4) is None


# The next tier


def test_who_has_what_is_missing_has_the_next_tier(warehouse):
    """Each gap closed, and each score earned by the value that is said to earn it and by no worse one."""
    steps = 0
    for customer, day in query(warehouse, "select customer_id, (tier_review_date + 1)::varchar from customer_tier where not is_provisional"):
        found = explain(warehouse, customer, day)
        step, scores = found["next"], {score["score"]: score for score in found["scores"]}
        if step is None:
            assert found["tier"] == "strategic_partner"
            continue
        assert step["tier_rank"] == found["tier_rank"] + 1 and step["review_date"] == found["review"]["review_date"]
        ways = [rule for rule in found["rules"] if (rule["tier"], rule["kind"]) == (step["tier"], "entry")]
        unmet = {rule["alternative"]: [c for c in rule["conditions"] if not c["is_met"]] for rule in ways}
        assert unmet[step["alternative"]] == [{name: row[name] for name in row if name not in ("gap", "earns")} for row in step["missing"]]
        distances = {way: (sum(c["value"] is None for c in conditions), len(conditions)) for way, conditions in unmet.items()}
        assert distances[step["alternative"]] == min(distances.values())
        behind = {row["metric"]: row for row in step["missing"]} | {row["earns"]["metric"]: row["earns"] for row in step["missing"] if row["earns"]}
        if step["gap"] is not None and step["metric"] in behind and (asked := behind[step["metric"]]["min_value"] or behind[step["metric"]]["max_value"]):
            assert Decimal(step["gap"]) == Decimal(asked) - Decimal(behind[step["metric"]]["value"]) != 0
        for row in step["missing"]:
            steps += 1
            if row["value"] is None:
                assert row["gap"] is None
            elif row["min_value"] is not None:
                assert Decimal(row["gap"]) == Decimal(row["min_value"]) - Decimal(row["value"]) > 0
            else:
                assert Decimal(row["gap"]) == Decimal(row["value"]) - Decimal(row["max_value"]) > 0
            earns, name = row["earns"], row["metric"].removesuffix("_score")
            if earns is None or earns["min_value"] is earns["max_value"] is None:
                assert row["metric"] not in scores or scores[name]["b1"] is None
                continue
            parted = Breakpoints(name, tuple(Decimal(scores[name][b]) for b in ("b1", "b2", "b3", "b4")), 0, False)
            value, worse = Decimal(earns["min_value"] or earns["max_value"]), Decimal("-0.01") if "money" in earns["unit"] else -1
            worse = 1 if name == "recency" else worse
            assert parted.score(value) >= int(row["min_value"]) > parted.score(value + worse)
            assert earns["metric"] == SCORED[name] and earns["needs_order_in_window"] == (found["review"]["metrics"]["frequency"] == 0)
    assert steps > 50


def test_the_mart_tells_of_every_customer_what_explain_works_out(warehouse):
    mart = query(warehouse, "select customer_id, next_tier, next_tier_metric, next_tier_gap, keep_until::varchar from customer_tier")
    for row in mart:
        found = explained(warehouse, row[0])
        step = found["next"] or dict.fromkeys(("tier", "metric", "gap"))
        gap = None if step["gap"] is None else Decimal(step["gap"])
        assert (row[0], step["tier"], step["metric"], gap, found["keep_until"]) == row
    assert len(mart) > 50 and all({value is None for value in column} == {True, False} for column in list(zip(*mart, strict=True))[1:])


@pytest.mark.parametrize("cadence", ["day", "week", "month", "quarter"])
def test_the_reviews_to_come_are_those_of_the_calendar(cadence):
    settings = {"review_cadence": cadence, "window_days": 400, "tier_grace_reviews": 1}
    last = datetime.date(2023, 11, 30)
    wanted = sorted({period_end(last + days * DAY, cadence) for days in range(1, 401)})
    found = _coming_reviews(last, settings)
    assert found[: len(wanted)] == wanted and len(found) <= len(wanted) + 1


# What the mart says in words


def test_every_reason_follows_from_what_explain_shows(warehouse):
    """Rule, values, dates and tiers of the sentence, in both languages, from the rows that explain hands out."""
    rules, kinds = read_rules(None), set()
    for customer, english, chinese in query(warehouse, "select customer_id, reason_en, reason_zh from customer_tier"):
        found = explained(warehouse, customer)
        review, source = found["review"], found["tier_source"]
        labels = {tier.name: (tier.label_en, tier.label_zh) for tier in rules.tiers}
        first, way = ("Provisional. ", "暂定。") if found["is_provisional"] else ("", ""), None
        if source == "earned":
            way = next(rule for rule in found["rules"] if rule["is_met"] and (rule["tier"], rule["kind"]) == (review["held_tier"], "entry"))
        elif source == "grace" and rank_of(rules, review["keep_tier"]) >= found["tier_rank"]:
            way = next(rule for rule in found["rules"] if rule["is_met"] and (rule["tier"], rule["kind"]) == (review["keep_tier"], "retain"))
        if source == "override":
            override = found["override"]
            until = (f"until {override['valid_to']}", f"有效至 {override['valid_to']}") if override["valid_to"] else ("without an end", "长期有效")
            wanted = f"Granted by hand {until[0]}: {override['reason']}", f"人工指定，{until[1]}：{override['reason']}"
        elif way and way["tier"] == "prospect":
            wanted = f"{first[0]}No higher tier is earned; Prospect is open to everyone.", f"{first[1]}未获得更高等级；潜在客户面向所有客户。"
        elif way:
            facts = sorted(way["conditions"], key=lambda row: row["metric"])
            told = (
                ", ".join(f"{rules.label(row['metric'])} {written(row, ' day', ' days')}" for row in facts),
                "，".join(rules.label(row["metric"], "zh") + written(row, "天", "天") for row in facts),
            )
            verb = {"entry": ("earning", "获得"), "retain": ("keeping", "保留")}[way["kind"]]
            label = labels[way["tier"]]
            wanted = (
                f"{first[0]}Meets rule {way['alternative']} for {verb[0]} {label[0]}: {told[0]}.",
                f"{first[1]}符合{verb[1]}{label[1]}的规则{way['alternative']}：{told[1]}。",
            )
        elif source == "grace":
            kept_on = re.search(r"because that of (\S+) still did", found["because"])[1]
            wanted = (
                f"Kept by grace: the review of {kept_on} still met the tier, the review of {review['review_date']} did not.",
                f"宽限期内保留：{kept_on} 评审仍满足该等级，{review['review_date']} 评审不满足。",
            )
        else:
            before, earned = labels[review["held_before"]], labels[review["earned_tier"]]
            wanted = (
                f"Soft landing, one tier below {before[0]}: the review of {review['review_date']} earned only {earned[0]}.",
                f"软着陆，比{before[1]}低一级：{review['review_date']} 评审仅达到{earned[1]}。",
            )
        assert (english, chinese) == wanted
        kinds.add((source, way is not None))
    assert {("earned", True), ("grace", True)} <= kinds


def rank_of(rules: Rules, name: str) -> int:
    return next(tier.rank for tier in rules.tiers if tier.name == name)


def written(row: dict[str, object], day: str, days: str) -> str:
    """The value of a condition without thousands separators."""
    if row["unit"] == "money":
        return f"{Decimal(row['value']):.2f}"
    number = f"{Decimal(row['value']):f}"
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return number + ({"1": day}.get(number, days) if row["unit"] == "days" else "")


def test_reasons_read_like_sentences(sample):
    reasons = {row[0]: row[1:] for row in query(sample.warehouse, "select customer_id, reason_en, reason_zh from customer_tier")}
    assert reasons["C073"] == (
        "Meets rule 2 for earning Key growth: monetary score 5, profit score 5, time since the last order 14 days.",
        "符合获得重要发展客户的规则2：消费金额得分5，利润得分5，距最近一次下单的时间14天。",
    )
    assert reasons["C004"][0] == "Meets rule 1 for keeping Key growth: frequency score 4, monetary score 3, profit score 3."
    assert reasons["C008"][0] == "Kept by grace: the review of 2025-05-31 still met the tier, the review of 2025-06-30 did not."
    assert reasons["C062"] == (
        "Soft landing, one tier below Key growth: the review of 2025-06-30 earned only Low value.", "软着陆，比重要发展客户低一级：2025-06-30 评审仅达到低价值客户。"
    )  # fmt: skip
    assert reasons["C009"][0] == "Granted by hand until 2025-12-31: Delivery dispute; tier kept while it is settled"
    assert reasons["C071"][1] == "人工指定，长期有效：Framework agreement signed"
    assert reasons["C042"] == ("No higher tier is earned; Prospect is open to everyone.", "未获得更高等级；潜在客户面向所有客户。")


# What it says


def test_it_says_what_grace_soft_landing_and_overrides_did(sample):
    def because(customer: str, on: str | None = None) -> str:
        return explain(sample.warehouse, customer, on)["because"]

    assert because("C004") == (
        "The review of 2025-06-30 earned only Low value, but Key growth stays, because a rule for keeping Key growth is still met."
    )
    assert because("C008").endswith(
        "and met no rule for keeping Key value; grace lets it stay, because that of 2025-05-31 still did, and a bad period costs nothing for 1 review."
    )
    assert "soft landing lets the tier fall one step, from Key growth to Standard value, rather than at once" in because("C062")
    assert because("C001", "2025-07-01").startswith("Strategic partner was earned at the review of 2025-06-30.")
    assert because("C029", "2025-01-31").startswith("Key value was granted by hand from 2024-09-01 to 2025-01-31, approved by ")
    assert "by hand" not in because("C029", "2025-02-01")
    assert "from 2025-06-15 on, without an end" in because("C071") and "Without it the tier would be " in because("C071")
    granted = explain(sample.warehouse, "C009")
    reason, approved_by = query(sample.warehouse, "select reason, approved_by from stg_tier_overrides where customer_id = 'C009' and outcome = 'current'")[0]
    assert granted["override"] == {
        "tier": "key_growth", "valid_from": "2025-05-01", "valid_to": "2025-12-31", "reason": reason, "approved_by": approved_by,
    }  # fmt: skip
    assert f"approved by {approved_by}: {reason}." in granted["because"]


def test_a_tier_without_a_closed_review_is_provisional(other):
    customer = query(other, "select min(customer_id) from customer_tier where is_provisional")[0][0]
    found = explain(other, customer)
    assert found["is_provisional"] and not found["review"]["is_closed"] and found["tier_since"] is None
    assert "the tier is provisional" in found["because"]
    assert "2025-02-13 has a provisional one" in refused("explain", customer, "--on", "2025-02-12", "--warehouse", other)


def test_a_merged_id_explains_the_customer_it_counts_for(sample):
    found = explain(sample.warehouse, "C052")
    assert (found["asked_for"], found["customer_id"]) == ("C052", "C005")
    assert {**found, "asked_for": "C005"} == explain(sample.warehouse, "C005")
    assert "C052 was merged into this customer" in run("explain", "C052", "--warehouse", sample.warehouse).stdout


def test_the_text_fits_a_terminal_and_names_nobody(warehouse, capsys):
    names = [name for (name,) in query(warehouse, "select distinct customer_name from stg_customers where customer_name is not null")]
    assert len(names) > 20
    for (customer,) in query(warehouse, "select customer_id from customer_tier"):
        show_explanation(explained(warehouse, customer))
        text = capsys.readouterr().out
        assert max(map(cell_len, text.splitlines())) <= 80 and "\x1b" not in text
        told = text + json.dumps(explained(warehouse, customer), ensure_ascii=False)
        assert [name for name in names if name in told] == []


def test_the_text_shows_every_condition_and_what_is_missing(sample):
    found = explain(sample.warehouse, "C004")
    lines = [" ".join(line.split()) for line in run("explain", "C004", "--warehouse", sample.warehouse).stdout.splitlines()]
    assert "tier Key growth (key_growth, 重要发展客户)" in lines and "source grace" in lines
    assert "monetary score at least 5 3 no" in lines and "time since the last order at most 180 days 198 days no" in lines
    assert "needed for 2 <130 >1 >64.41 >20.54" in lines and "score 1 4 3 3" in lines
    assert any(line.startswith("recency score at least 4 1 3 time since the last order: at most 21") for line in lines)
    assert sum(line.endswith((" yes", " no")) for line in lines) == sum(1 + len(rule["conditions"]) for rule in found["rules"])


def test_the_readme_shows_what_is_printed(sample):
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"tiers explain (C\d+) .*?```text\n(.*?)\n```", readme, re.DOTALL)
    lines = [line.rstrip() for line in run("explain", shown[1], "--warehouse", sample.warehouse).stdout.splitlines()]
    assert shown[2].splitlines() == lines[: len(shown[2].splitlines())]
    assert [line for line in re.findall(r"^> (.+)$", readme, re.MULTILINE) if line not in run("rules").stdout.splitlines()] == []


def test_data_cannot_style_or_move_the_terminal(changed):
    copy = changed("update stg_tier_overrides set reason = '[bold]\x1b[2Jnothing[/]' where customer_id = 'C009'")
    told = run("explain", "C009", "--warehouse", copy).stdout
    assert "\x1b" not in told and "[bold]\N{REPLACEMENT CHARACTER}[2Jnothing[/]" in told


def test_json_is_one_object_and_nothing_else(sample):
    done = run("explain", "C004", "--json", "--warehouse", sample.warehouse)
    assert json.loads(done.stdout) == explain(sample.warehouse, "C004") and done.stderr == ""
    metrics = json.loads(done.stdout)["review"]["metrics"]
    assert metrics["frequency"] == 7 and metrics["monetary"] == "462.60" and metrics["growth_prospect"] is None
    assert set(metrics) == set(read_rules(None).units) - PATTERNS


# What it refuses


def test_ids_and_days_without_a_tier_are_refused(sample, other):
    at = ("--warehouse", sample.warehouse)
    for ungraded in ("C023", "C027"):
        assert f"{ungraded} is an internal or anonymous customer, and those are never graded" in refused("explain", ungraded, *at)
    for unknown in ("nope", "", "c004", "C004 ", "' or true --"):
        assert f"there is no customer {unknown} in" in refused("explain", unknown, *at)
    assert "C004 has no tier on 2024-01-31: the first is of 2024-02-01" in refused("explain", "C004", "--on", "2024-01-31", *at)
    assert explain(sample.warehouse, "C004", "2024-02-01")["on"] == "2024-02-01"
    assert "2025-07-02 is after 2025-07-01" in refused("explain", "C004", "--on", "2025-07-02", *at)
    assert "--on is 2025-02-30; it must be a date" in refused("explain", "C004", "--on", "2025-02-30", *at)
    assert "C063 has no tier on 2025-02-13: first seen on 2025-02-14" in refused("explain", "C063", "--warehouse", other)


def test_a_warehouse_that_cannot_answer_is_refused(sample, changed, tmp_path):
    assert "there is no warehouse" in refused("explain", "C004", "--warehouse", tmp_path / "nowhere.duckdb")
    assert "there is no warehouse" in refused("explain", "C004", "--warehouse", tmp_path)
    assert "cannot be opened" in refused("explain", "C004", "--warehouse", PROJECT / "README.md")
    assert "is no warehouse of this version" in refused("explain", "C004", "--warehouse", sample.published)
    for change in (
        "drop table int_settings",
        "delete from int_settings where var_name = 'window_days'",
        "alter table fct_score_breakpoints drop population",
        "alter table metrics drop unit",
        "insert into metrics select 'new_metric', * exclude metric from metrics limit 1",
    ):
        assert "is no warehouse of this version" in refused("explain", "C004", "--warehouse", changed(change))
    unfinished = changed("delete from int_built_reviews where review_date = date '2025-06-30'")
    assert "did not finish: run tiers refresh again" in refused("explain", "C004", "--warehouse", unfinished)


def test_a_warehouse_that_is_being_written_says_so(sample, tmp_path):
    copy = shutil.copyfile(sample.warehouse, tmp_path / "busy.duckdb")
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    writer = subprocess.Popen([sys.executable, "-c", script, copy], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout.readline() == "open\n"
        assert "a refresh is writing to it" in refused("explain", "C004", "--warehouse", copy)
    finally:
        writer.communicate("\n")


def test_another_known_at_is_refused_with_the_way_to_it(sample, other):
    told = refused("explain", "C004", "--known-at", "2025-01-01", "--warehouse", sample.warehouse)
    assert "tiers refresh --sample --known-at 2025-01-01 --warehouse OTHER --publish OTHER" in told
    assert f"known at {KNOWN_AT}" in refused("explain", "C004", "--known-at", "2025-06-26", "--warehouse", other)
    assert "it must be a time in ISO 8601" in refused("explain", "C004", "--known-at", "noon", "--warehouse", sample.warehouse)
    assert explain(other, "C004", known_at="2025-06-25T02:00:00+02:00")["known_at"] == KNOWN_AT


def test_the_settings_hold_every_var(other):
    told = {name: json.loads(setting) for name, setting in query(other, "from int_settings")}
    shipped = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    given = {"as_of_date": "2025-02-12", "known_at": KNOWN_AT, "tier_grace_reviews": 2, "tier_soft_landing": False}
    given |= {"score_by": "region", "min_scored_customers": 12}
    assert told == {name: value for name, value in (shipped | given).items() if name != "raw_schema"}


# Rules in words


def test_rules_are_sentences_highest_tier_first():
    told = run("rules").stdout
    english = [line for line in told.splitlines() if " is earned " in line]
    assert [line.split()[0] for line in english] == [tier.name for tier in read_rules(None).tiers]
    assert english[1] == (
        "key_value (重要价值客户) is earned with a monetary score of at least 5, a profit score of at least 5, a frequency score of at least 3 and a "
        "recency score of at least 4. It is kept with a monetary score of at least 5, a profit score of at least 5, a frequency score of at least 3 "
        "and a recency score of at least 3."
    )
    assert "; or with a monetary score of at least 5, a profit score of at least 5 and a time since the last order of at most 90 days" in english[2]
    assert english[5] == "prospect (潜在客户) is earned by every customer."
    chinese = (
        "重要价值客户（key_value）的获得条件：消费金额得分不低于5，利润得分不低于5，消费频率得分不低于3，最近消费得分不低于4。"
        "保留条件：消费金额得分不低于5，利润得分不低于5，消费频率得分不低于3，最近消费得分不低于3。"
    )
    assert chinese in told.splitlines() and "Rules from 2000-01-01 on" in told and "自 2000-01-01 起的规则" in told


def test_rules_come_in_one_language_where_that_is_asked_for():
    english, chinese = run("rules", "--lang", "en").stdout, run("rules", "--lang", "zh").stdout
    assert "is earned" in english and "获得条件" not in english
    assert "获得条件" in chinese and "is earned" not in chinese


def test_every_metric_has_words_in_both_languages():
    rules = read_rules(None)
    assert rules.labels["en"].keys() == rules.labels["zh"].keys() == rules.units.keys()
    assert all(label for labels in rules.labels.values() for label in labels.values())


def test_a_metric_without_words_goes_by_its_name(tmp_path):
    (tmp_path / "metric_labels.csv").write_text("metric,label_en,label_zh\nfrequency,orders,订单\n", encoding="utf-8")
    rules = read_rules(tmp_path)
    assert [rules.label(metric, language) for metric in ("frequency", "net_profit") for language in ("en", "zh")] == ["orders", "订单", "net profit", "net profit"]


def test_every_kind_of_bound_has_words(tmp_path):
    rows = ["2000-01-01,prospect,entry,1,tenure_days,0,", "2024-01-01,prospect,entry,1,tenure_days,,"]
    rows += [f"2000-01-01,low_value,entry,{number},{condition}" for number, condition in enumerate(
        ("monetary,1234.5,", "satisfaction,,", "frequency,2,4", "is_company,1,1", "recency_days,,1", "net_profit,,-5"), 1)]  # fmt: skip
    (tmp_path / "tier_rules.csv").write_text("valid_from,tier,kind,alternative,metric,min_value,max_value\n" + "\n".join(rows), encoding="utf-8")
    read = read_rules(tmp_path)
    first, second = read.versions
    tier = read.tier(1)
    assert tier_in_words(read, first, tier) == (
        "low_value (低价值客户) is earned with a revenue in the window of at least 1,234.50; or with a mean satisfaction of any value; or with "
        "a number of orders in the window of 2 to 4; or with a company flag (1 company, 0 person) of exactly 1; or with a time since the last "
        "order of at most 1 day; or with a net profit in the window of at most -5.00. It has no rule of its own to keep it."
    )
    assert "考察期内订单数在2至4之间；或者企业标志（1 企业，0 个人）等于1；或者距最近一次下单的时间不超过1天" in tier_in_words(read, first, tier, "zh")
    assert tier_in_words(read, second, tier) == "low_value (低价值客户) is never earned, only granted by hand. It has no rule of its own to keep it."
    assert [read.in_force(datetime.date(year, 1, 1)) for year in (1999, 2023, 2024)] == [first, first, second]


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("tier_rules", "key_value,entry,1,monetary_score", "vip,entry,1,monetary_score", "line 20, column tier: there is no tier vip; write one of strategic_partner"),
        ("tier_rules", "key_value,entry,1,profit_score", "key_value,enter,1,profit_score", "line 21, column kind: enter is not a kind of rule; write entry or retain"),
        ("tier_rules", "key_value,entry,1,profit_score", "key_value,entry,1,nope", "line 21, column metric: there is no metric nope; write one that metrics.csv lists"),
        ("tier_rules", "profit_score,5,", "profit_score,5%,", "line 21, column min_value: 5% is not a plain number; write one such as 5"),
        ("tier_rules", "recency_days,,180", "recency_days,,1e2", "column max_value: 1e2 is not a plain number"),
        ("tier_rules", "profit_score,5,", "profit_score,5,4", "line 21, column min_value: 5 is above max_value, 4; exchange them"),
        ("tier_rules", "2000-01-01,key_value,entry,1,profit", "2000-02-30,key_value,entry,1,profit", "line 21, column valid_from: 2000-02-30 is not a date; write"),
        ("tier_rules", "prospect,entry,1,tenure_days,0", "prospect,entry,1,tenure_days,1", "column metric: no entry rule of version 2000-01-01 is met by everyone; add"),
        ("tier_rules", ",max_value", ",maximum", "line 1, column max_value: it is missing; the columns are valid_from"),
        ("tier_rules", "profit_score,5,", "profit_score,5", "line 21: it has fewer cells than line 1"),
        ("tier_rules", "profit_score,5,", "profit_score,5,,", "line 21: it has more cells than line 1; quote a cell that holds a comma"),
        ("tiers", "key_value,4,", "key_value,6,", "column tier_rank: the ranks have a gap; number the tiers 0, 1, 2"),
        ("tiers", "key_value,4,", "key_value,3,", "column tier_rank: 3 is there twice; give every tier a rank of its own"),
        ("tiers", "key_value,4,", "key_growth,4,", "column tier: key_growth is there twice"),
        ("tiers", "key_value,4,", "key_value,four,", "line 3, column tier_rank: four is not a rank; write a whole number"),
    ],
)  # fmt: skip
def test_a_rule_file_with_a_mistake_is_refused_by_line_and_column(tmp_path, file, old, new, told):
    shipped = (PROJECT / f"seeds/rules/{file}.csv").read_text(encoding="utf-8")
    assert old in shipped
    (tmp_path / f"{file}.csv").write_text(shipped.replace(old, new, 1), encoding="utf-8")
    line = refused("rules", "--rules", tmp_path)
    assert f"{file}.csv, line " in line and told in line


def test_rule_files_that_cannot_be_read_are_refused(tmp_path):
    assert "is not a directory" in refused("rules", "--rules", tmp_path / "nowhere")
    assert "holds no rule file; there are accepted_values.csv" in refused("rules", "--rules", tmp_path)
    (tmp_path / "tier_rules.csv").write_bytes(b"valid_from\xff")
    assert "tier_rules.csv cannot be read: " in refused("rules", "--rules", tmp_path)
    (tmp_path / "tier_rules.csv").write_text("valid_from,tier,kind,alternative,metric,min_value,max_value\n", encoding="utf-8")
    assert "there is no rule; begin with an entry rule that everyone meets" in refused("rules", "--rules", tmp_path)
    (tmp_path / "nope.csv").touch()
    assert "nope.csv is not a rule file" in refused("rules", "--rules", tmp_path)
    with pytest.raises(UsageError, match="the ranks have a gap"):
        checked_rules({"tiers": [], "tier_rules": [], "metrics": [], "metric_labels": []})
