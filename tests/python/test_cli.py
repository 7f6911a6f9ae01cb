"""The `tiers` command as its users meet it: what it makes, what it refuses and how, and with which exit code."""

import json
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from conftest import BIN

from tiers.cli import main
from tiers.dbt import BuildError, Failure, Finished
from tiers.errors import LockedError, TiersError
from tiers.publish import publish
from tiers.raw import show_raw_files
from tiers.refresh import Refresh, only_refresh

PROJECT = Path(__file__).resolve().parents[2]

ORDERS = """order_id,customer_id,ordered_at,status,currency
o1,c1,2024-01-10,completed,USD
o2,c1,2024-02-10,completed,USD
#3,c2,2024-03-10,completed,USD
"""
LINES = """order_id,line_number,quantity,unit_price
o1,1,1,10
o2,1,2,10
#3,1,1,5.50
"""


@pytest.fixture
def raw(tmp_path) -> Path:
    """The smallest raw directory: three orders of two customers."""
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (folder / "order_items.csv").write_text(LINES, encoding="utf-8")
    return folder


@pytest.fixture
def refused(tiers, tmp_path):
    """Runs `tiers refresh` in an empty folder, expecting exit 2, one line and nothing published; returns that line."""

    def run(*arguments: object) -> str:
        done = tiers("refresh", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert not list(tmp_path.glob("published/*"))
        return done.stderr

    return run


def query(database: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


# Help


@pytest.mark.parametrize("command", [[], *([name] for name in sorted(main.commands))], ids=" ".join)
def test_every_command_has_help(tiers, tmp_path, command):
    done = tiers(*command, "--help", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("Usage: tiers") and done.stderr == ""


def test_every_option_and_command_says_what_it_does():
    for name, command in main.commands.items():
        assert command.help, name
        assert [option.name for option in command.params if option.param_type_name == "option" and not option.help] == [], name


@pytest.mark.parametrize("arguments", [["nope"], ["refresh", "--nope"], ["import", "nope", "--out", "x"], ["generate"]], ids=" ".join)
def test_wrong_usage_is_exit_2(tiers, tmp_path, arguments):
    done = tiers(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and "Usage: tiers" in done.stderr


# A refresh that goes well


def test_json_prints_one_document_and_nothing_else(sample):
    summary = json.loads(sample.stdout)
    assert sample.stderr == ""
    assert summary["published"] == str(sample.published) and summary["warehouse"] == str(sample.warehouse)
    assert summary["rows"]["customer_tier"] == sum(tier["customers"] for tier in summary["tiers"]) > 0


def test_the_sample_stays_in_files_of_its_own(sample):
    """Not in the default files, nor in those that tiers.toml names."""
    made = sorted(str(file.relative_to(sample.folder)) for file in sample.folder.glob("*/*"))
    assert made == [
        "published/.sample.duckdb.versions", "published/sample.duckdb",
        "warehouse/sample.duckdb", "warehouse/sample.duckdb.build", "warehouse/sample.duckdb.lock",
    ]  # fmt: skip


def test_the_published_file_opens_in_duckdb_1_0(sample):
    assert query(sample.published, "select tags['storage_version'] from duckdb_databases() where not internal") == [("v1.0.0+",)]
    # a file that DuckDB 2.0 writes by itself is another version
    assert query(sample.warehouse, "select tags['storage_version'] from duckdb_databases() where not internal") != [("v1.0.0+",)]


def test_the_published_file_holds_tables_alone(sample):
    kinds = query(sample.published, "select distinct table_schema, table_type from information_schema.tables")
    assert kinds == [("main", "BASE TABLE")]
    assert query(sample.published, "select count(*) from duckdb_views() where not internal") == [(0,)]


def test_dbt_build_alone_builds_and_tests_the_sample(dbt, tmp_path, sample):
    """From the root, without a flag or an environment, here in a folder with a space in its name."""
    root = tmp_path / "a clone"
    ignored = shutil.ignore_patterns(".git", ".venv*", "target", "logs", "*.duckdb*", "__pycache__")
    shutil.copytree(PROJECT, root, symlinks=True, ignore=ignored)
    done = dbt("build", cwd=root)
    assert done.returncode == 0, done.stdout
    assert [file.name for file in root.glob("warehouse/*.duckdb")] == ["sample.duckdb"]
    tiers_of = "select customer_id, tier from customer_tier order by all"
    assert query(root / "warehouse/sample.duckdb", tiers_of) == query(sample.published, tiers_of)


def test_tiers_toml_is_honoured_and_the_command_line_goes_before_it(tiers, tmp_path, raw):
    (tmp_path / "tiers.toml").write_text(
        'raw = "raw"\nwarehouse = "my.duckdb"\npublish = "bi/mine.duckdb"\n'
        '[vars]\nas_of_date = 2024-03-31\nreview_cadence = "month"\n',
        encoding="utf-8",
    )
    done = tiers("refresh", "--vars", "{review_cadence: quarter}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "low_value" in done.stdout and str(tmp_path / "bi/mine.duckdb") in done.stdout
    assert query(tmp_path / "bi/mine.duckdb", "select customer_id, as_of_date::varchar, frequency from customer_tier order by all") == [
        ("c1", "2024-03-31", 2),
        ("c2", "2024-03-31", 1),
    ]
    assert query(tmp_path / "my.duckdb", "select count(distinct review_date) from fct_tier_reviews") == [(1,)]
    assert not (tmp_path / "warehouse").exists() and not (tmp_path / "published").exists()

    other = shutil.copytree(raw, tmp_path / "other")
    for source in (["--raw", other], ["--sample", "--warehouse", "my.duckdb"]):
        done = tiers("refresh", *source, cwd=tmp_path)
        assert done.returncode == 2
        assert f"was made from {raw}" in done.stderr and (str(other) in done.stderr or "the shipped sample" in done.stderr)


# What it refuses


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--vars", "{nope: 1}"], "no var nope"),
        (["--vars", "{as_of_date: 2024-02-30}"], "var as_of_date is 2024-02-30"),
        (["--vars", "{business_timezone: Mars}"], "var business_timezone is Mars"),
        (["--vars", "{abc_metric: nope}"], "var abc_metric is nope"),
        (["--vars", "{review_cadence: year}"], "var review_cadence is year; it must be one of day, week, month, quarter"),
        (["--vars", "{score_by: customer_name}"], "var score_by is customer_name; it must be one of None, customer_type, industry"),
        (["--vars", "{clv_model: pareto_nbd}"], "var clv_model is pareto_nbd; it must be one of bg_nbd, mbg_nbd"),
        (["--vars", "{clv_horizon_days: 0}"], "var clv_horizon_days is 0; it must be a whole number from 1 to 3650"),
        (["--vars", "{clv_discount_rate: -0.1}"], "var clv_discount_rate is -0.1; it must be a rate a year such as 0.12"),
        (["--vars", "[1]"], "--vars takes a mapping"),
        (["--vars", "{a: "], "--vars is not YAML"),
        (["--as-of", "garbage"], "var as_of_date is garbage"),
        (["--known-at", "2024-02-30T12:00:00Z"], "var known_at is 2024-02-30T12:00:00Z"),
        (["--rules", "nowhere"], "nowhere is not a directory"),
        (["--rules", "."], "holds no rule file; there are accepted_values.csv"),
        (["--publish", "warehouse/sample.duckdb"], "is the warehouse"),
        (["--raw", "raw"], "--sample and --raw exclude each other"),
        (["--warehouse", "tiers.toml"], "tiers.toml cannot be opened"),
        (["--warehouse", "raw/orders.csv/w.duckdb"], "orders.csv: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_setting_that_makes_no_sense_is_refused(refused, tmp_path, raw, arguments, told):
    (tmp_path / "tiers.toml").write_text("# settings", encoding="utf-8")
    assert told in refused("--sample", *arguments)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("nope = 1", "there is no setting nope; there are raw, inputs, rules, warehouse, publish, vars"),
        ("raw = 1", "raw must be a text"),
        ("vars = 1", "vars must be a table"),
        ("raw = ", "tiers.toml: "),
        ("[vars]\nnope = 1", "no var nope"),
    ],
)
def test_a_tiers_toml_that_makes_no_sense_is_refused(refused, tmp_path, settings, told):
    (tmp_path / "tiers.toml").write_text(settings, encoding="utf-8")
    assert told in refused("--sample")


def test_a_new_warehouse_needs_a_source_and_the_samples_stays_the_samples(refused, sample, tmp_path):
    assert "is new: name its source" in refused()
    assert "was made from the shipped sample: refresh it with --sample" in refused("--warehouse", sample.warehouse)


def test_a_missing_directory_or_required_table_is_refused(refused, raw):
    assert "nowhere is not a directory" in refused("--raw", "nowhere")
    (raw / "order_items.csv").unlink()
    assert "holds no order_items" in refused("--raw", "raw")
    (raw / "order_items").mkdir()
    assert "holds no order_items" in refused("--raw", "raw")
    (raw / "order_items/part.csv").write_text(LINES, encoding="utf-8")
    (raw / "order_items.parquet").touch()
    assert "holds order_items more than once: order_items.parquet, order_items" in refused("--raw", "raw")


def test_a_missing_required_column_is_refused_by_table_and_name(refused, raw, tmp_path):
    (raw / "refunds.csv").write_text("refund_id,order_id,refund_amount\n", encoding="utf-8")
    assert "refunds has no column refunded_at, which is required" in refused("--raw", "raw")


def test_a_missing_required_column_in_the_warehouse_itself_is_refused_too(refused, tmp_path):
    with duckdb.connect(str(tmp_path / "own.duckdb")) as connection:
        connection.execute("create schema raw; create table raw.orders (order_id text, customer_id text, ordered_at date, currency text)")
        connection.execute("create table raw.order_items (order_id text, line_number int, quantity int, unit_price int)")
    assert "orders has no column status, which is required" in refused("--warehouse", "own.duckdb", "--quiet")
    assert "was made from tables of its own and does not take" in refused("--warehouse", "own.duckdb", "--raw", "raw")


def test_a_file_that_cannot_be_read_is_refused(refused, raw):
    good = (raw / "orders.csv").read_bytes()
    for bad in (b"\xff\xfe" + good, good + b"o4,c1\n", good + b'"o4,c1,2024-04-10,completed,USD\n'):
        (raw / "orders.csv").write_bytes(bad)
        assert re.search("orders in .* cannot be read", refused("--raw", "raw"))
    (raw / "orders.csv").unlink()
    (raw / "orders.parquet").write_bytes(b"PAR1 is not enough PAR1")
    assert re.search("orders in .* cannot be read", refused("--raw", "raw"))


def test_a_file_that_breaks_off_later_is_refused(refused, raw):
    """Its head looks right: only the build gets as far as the fault."""
    with (raw / "orders.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"o{number},c1,2024-04-10,completed,USD\n" for number in range(4, 60_000))
        file.write("o60000,c1,2024-04-10,completed,USD,what,is,this\n")
    told = refused("--raw", "raw", "--quiet")
    assert re.search("orders in .* cannot be read: .* CSV Error on Line: 60001", told), told


def test_an_empty_or_half_written_file_is_refused(refused, raw):
    (raw / "orders.csv").write_bytes(b"")
    assert "orders has no column order_id, which is required" in refused("--raw", "raw")
    (raw / "orders.csv").unlink()
    duckdb.execute(f"copy (select 'o' || range as order_id, 'c' as customer_id from range(10000)) to '{raw}/orders.parquet'")
    whole = (raw / "orders.parquet").read_bytes()
    for part in (b"", whole[:4], whole[: len(whole) // 2], whole[:-1]):
        (raw / "orders.parquet").write_bytes(part)
        assert re.search("orders in .* cannot be read", refused("--raw", "raw")), part[:10]
    (raw / "orders.parquet").write_bytes(whole)
    assert "orders has no column ordered_at" in refused("--raw", "raw")


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("ordered_at", "1704844800", "orders has a column ordered_at of type INTEGER, which cannot be read as timestamp"),
        ("order_id", "['o']", "orders has a column order_id of type VARCHAR[], which cannot be read as text"),
        ("status", "{'now': 'completed'}", "orders has a column status of type STRUCT"),
    ],
    ids=lambda value: value.split()[0],
)
def test_a_required_column_of_a_type_that_cannot_hold_it_is_refused(refused, raw, column, value, told):
    (raw / "orders.csv").unlink()
    good = "'o1' as order_id, 'c1' as customer_id, date '2024-01-10' as ordered_at, 'completed' as status, 'USD' as currency"
    duckdb.execute(f"copy (select * replace ({value} as {column}) from (select {good})) to '{raw}/orders.parquet'")
    assert told in refused("--raw", "raw")


def test_a_column_without_a_value_may_have_any_type(raw):
    """Writers have to give it one."""
    (raw / "refunds.parquet").unlink(missing_ok=True)
    duckdb.execute(f"copy (select 'r' as refund_id, 'o1' as order_id, null::int as refunded_at, 1 as refund_amount) to '{raw}/refunds.parquet'")
    with duckdb.connect() as connection:
        show_raw_files(connection, raw)


def test_a_rule_that_makes_no_sense_is_refused_by_row_and_reason(refused, tmp_path):
    (tmp_path / "rules").mkdir()
    shipped = (PROJECT / "seeds/rules/tier_rules.csv").read_text(encoding="utf-8")
    (tmp_path / "rules/tier_rules.csv").write_text(shipped.replace("key_value,entry,1,monetary_score", "key_value,entry,1,no_such_metric"), encoding="utf-8")
    assert re.search(r"tier_rules.csv, line \d+, column metric: there is no metric no_such_metric", refused("--sample", "--rules", "rules"))


def forged(database: Path, version: int) -> bytes:
    """A database file whose head says that a DuckDB of this storage version wrote it, and whose checksum agrees."""
    head = bytearray(database.read_bytes())
    struct.pack_into("<Q", head, 12, version)
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", head[8:4096]):
        checksum ^= word * 0xBF58476D1CE4E5B9 & (2**64 - 1)
    struct.pack_into("<Q", head, 0, checksum)
    return bytes(head)


def test_a_file_of_a_newer_duckdb_or_project_is_refused(refused, sample, tmp_path):
    newer = tmp_path / "newer.duckdb"
    newer.write_bytes(forged(sample.warehouse, 1_000_000))
    assert re.search("newer.duckdb cannot be opened: .*storage version number 1000000", refused("--warehouse", newer, "--raw", "raw"))
    newer.write_bytes(forged(sample.published, 1_000_000))
    assert re.search("newer.duckdb is not replaced: .*storage version number 1000000", refused("--sample", "--publish", newer))
    told = "newer.duckdb was written by version 99.1.0 of tiers, and this is .*: install that version, or name another file"
    shutil.copyfile(sample.warehouse, newer)
    with duckdb.connect(str(newer)) as connection:
        connection.execute("update harness.warehouse_source set version = '99.1.0'")
    assert re.search(told, refused("--warehouse", newer, "--raw", "raw"))
    newer.unlink()
    shutil.copyfile(sample.published, newer)
    with duckdb.connect(str(newer)) as connection:
        connection.execute("update publications set code_version = '99.1.0'")
    assert re.search(told, refused("--sample", "--publish", newer))


def test_a_warehouse_of_other_code_is_built_anew_whatever_columns_its_tables_had(tiers, sample, tmp_path):
    """Other code makes every review anew in any case; what it must not do is stop an unattended refresh at a column that came or went."""
    warehouse = tmp_path / "warehouse/sample.duckdb"
    warehouse.parent.mkdir()
    shutil.copyfile(sample.warehouse, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        as_it_was = connection.execute("from fct_held_tiers order by all").fetchall()
        connection.execute("update int_built_reviews set settings_fingerprint = 'of other code'")
        connection.execute("alter table fct_customer_reviews add column metric_of_last_year int")
        connection.execute("alter table fct_held_tiers rename column keep_rank to kept_rank")
        connection.execute("alter table tier_rules add column note text")
    done = tiers("refresh", "--sample", "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(warehouse)) as connection:
        assert connection.execute("from fct_held_tiers order by all").fetchall() == as_it_was
        connection.execute("alter table int_built_reviews rename column settings_fingerprint to print_of_settings")
    done = tiers("refresh", "--sample", "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_full_disk_is_told_in_one_line(tiers, tmp_path):
    """Nothing may be written beyond a megabyte of any file, which is how a quota shows too."""
    limited = ["sh", "-c", 'ulimit -f 2048; exec "$@"', "sh", BIN / "tiers", "refresh", "--sample", "--quiet"]
    done = subprocess.run(limited, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2 and re.fullmatch("tiers: there is no room left for .*warehouse/sample.duckdb: File too large\n", done.stderr), done.stderr
    assert not list(tmp_path.glob("published/*"))
    done = tiers("refresh", "--sample", "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


# What fails


def test_a_failing_test_names_itself_and_publishes_nothing(tmp_path, sample):
    """Whoever sits at a terminal is shown the keys of failing rows; what may end up in a log says nothing out of the data."""
    work = shutil.copytree(sample.folder, tmp_path / "work")
    (tmp_path / "rules").mkdir()
    shipped = (PROJECT / "seeds/rules/class_rules.csv").read_text(encoding="utf-8")
    (tmp_path / "rules/class_rules.csv").write_text(shipped.replace(",frequency,", ",no_such_metric,", 1), encoding="utf-8")
    before = (work / "published/sample.duckdb").read_bytes()
    terminal, theirs = os.openpty()
    on_failure = f'printf "%s" "$TIERS_ERROR" > {shlex.quote(str(tmp_path / "told"))}'
    command = [BIN / "tiers", "refresh", "--sample", "--rules", tmp_path / "rules", "--on-failure", on_failure]
    shown = b""
    with subprocess.Popen(command, cwd=work, stdout=subprocess.PIPE, stderr=theirs) as refresh:
        os.close(theirs)
        with suppress(OSError):  # Linux ends a terminal so
            while piece := os.read(terminal, 100_000):
                shown += piece
        assert refresh.stdout.read() == b""
    os.close(terminal)
    assert refresh.returncode == 1
    told = (tmp_path / "told").read_text(encoding="utf-8")
    assert re.fullmatch(r"test every_class_rule_names_a_known_metric\w+: Got 1 result, configured to fail if != 0", told), told
    assert f"tiers: {told}\r\n  ".encode() in shown and b"no_such_metric" in shown, shown
    assert (work / "published/sample.duckdb").read_bytes() == before
    assert sorted(file.name for file in (work / "published").iterdir()) == [".sample.duckdb.versions", "sample.duckdb"]
    assert not list((work / "warehouse/sample.duckdb.build").rglob("run_results.json"))


def test_what_is_told_of_a_failing_model_quotes_no_value():
    message = "Runtime Error in model input_orders (models/input/input_orders.sql) Conversion Error: Could not convert string 'ann@x.org' to INT32 when casting 12.50"
    error = BuildError([Failure("model input_orders", message, None)], Path("w.duckdb"))
    assert str(error) == (
        "model input_orders: Runtime Error in model input_orders (models/input/input_orders.sql) Conversion Error: Could not convert string … to INT32 when casting …"
    )
    assert "ann@x.org" in error.in_full()
    error = BuildError([Failure("model input_orders", 'Binder Error: Referenced column "statos" not found', None)], Path("w.duckdb"))
    assert "statos" in str(error)


def test_metrics_of_ones_own_may_be_fewer_than_the_shipped_causes_of_churn_ask_for(tiers, raw, tmp_path):
    (tmp_path / "rules").mkdir()
    shipped = (PROJECT / "seeds/rules/metrics.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    fewer = [line for line in shipped if not re.match(r"promotion|flagship|categories|average_interval|recency_intervals|\w+_trend", line)]
    assert len(shipped) - len(fewer) == 7
    (tmp_path / "rules/metrics.csv").write_text("".join(fewer), encoding="utf-8")
    done = tiers("refresh", "--raw", raw, "--rules", "rules", "--quiet", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_raw_files_that_change_while_they_are_read_are_not_published(tmp_path, raw):
    def write_another_line(_finished: Finished) -> None:
        (raw / "order_items.csv").write_text(LINES + "o2,2,1,10\n", encoding="utf-8")

    with pytest.raises(TiersError, match=r"order_items\.csv changed while it was read, so nothing was published"):
        Refresh(tmp_path / "w.duckdb", tmp_path / "p.duckdb", raw=raw, report=write_another_line).run()
    assert not (tmp_path / "p.duckdb").exists()


def test_a_failure_runs_the_command_that_was_given(tiers, tmp_path):
    done = tiers("refresh", "--raw", "nowhere", "--quiet", "--on-failure", 'echo "$TIERS_EXIT_CODE $TIERS_ERROR" > told', cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert (tmp_path / "told").read_text() == "2 " + done.stderr.removeprefix("tiers: ")


def test_one_refresh_runs_at_a_time_and_dbt_ends_with_the_one_that_is_killed(tiers, tmp_path):
    """Else it would go on writing to a warehouse whose lock is free."""
    warehouse = tmp_path / "warehouse/sample.duckdb"
    with subprocess.Popen([BIN / "tiers", "refresh", "--sample"], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as refresh:
        assert re.match(r" +0:\d\d   10 %  \d+ of \d+, ", refresh.stderr.readline())
        done = tiers("refresh", "--sample", cwd=tmp_path)
        assert done.returncode == 3 and done.stderr == f"tiers: another refresh of {warehouse} is running: process {refresh.pid}\n"
        refresh.send_signal(signal.SIGKILL)
    while True:
        try:
            with only_refresh(warehouse):  # dbt holds it as long as it lives
                assert query(warehouse, "select table_name from duckdb_tables() where table_name = 'customer_tier'") == []
                break
        except LockedError:
            time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_one_line_and_leaves_nothing_running(tmp_path, number):
    with subprocess.Popen([BIN / "tiers", "refresh", "--sample"], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as refresh:
        refresh.stderr.readline()
        refresh.send_signal(number)
        told = refresh.stderr.read()
    assert refresh.returncode == 1 and told.splitlines()[-1] == "tiers: interrupted; nothing was published", told
    with only_refresh(tmp_path / "warehouse/sample.duckdb"), duckdb.connect(str(tmp_path / "warehouse/sample.duckdb")):
        assert not (tmp_path / "published").exists()


# Publishing


def test_readers_never_see_half_a_publication(tmp_path):
    """A reader keeps the file it has opened; whoever opens it anew gets one publication or the next, never a mixture."""
    warehouse, target, done = tmp_path / "w.duckdb", tmp_path / "bi/p.duckdb", tmp_path / "done"

    def publish_version(version: int) -> None:
        with duckdb.connect(str(warehouse)) as connection:
            for table in ("a", "b"):
                connection.execute(f"create or replace table {table} as select {version} as version from range(20_000)")
        assert publish(warehouse, target, ["a", "b"]) == {"a": 20_000, "b": 20_000}

    reader = f"""
import duckdb, os, sys
reads = seen = 0
kept = duckdb.connect({str(target)!r}, read_only=True)
first = kept.execute("select min(version) from a").fetchall()
while not os.path.exists({str(done)!r}):
    # a connection string of its own each time, because one process opens a path only once
    with duckdb.connect() as connection:
        connection.execute(f"attach {str(target)!r} as p{{reads}} (read_only)")
        versions = connection.execute(f"select version, count(*) from (from p{{reads}}.a union all from p{{reads}}.b) group by all").fetchall()
    assert len(versions) == 1 and versions[0][1] == 40_000, versions
    seen = max(seen, versions[0][0])
    reads += 1
assert kept.execute("select min(version), max(version), count(*) from b").fetchall() == [(*first[0], *first[0], 20_000)]
print(reads, seen)
"""
    publish_version(0)
    reading = subprocess.Popen([BIN / "python", "-c", reader], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for version in range(1, 8):
        time.sleep(0.3)
        publish_version(version)
    time.sleep(0.5)
    done.touch()
    out, error = reading.communicate(timeout=60)
    assert reading.returncode == 0, error
    assert int(out.split()[0]) > 5
    assert [file.name for file in target.parent.iterdir()] == ["p.duckdb"]


# Data sets


def test_generate_writes_raw_files_and_says_what_to_do_with_them(tiers, tmp_path):
    done = tiers("generate", "--customers", 20, "--months", 3, "--seed", 7, "--out", "my raw", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"customers\W+22\b", done.stdout), "two of the twenty came twice"
    assert "tiers refresh --raw 'my raw'" in done.stdout
    again = tiers("generate", "--customers", 20, "--out", "my raw", cwd=tmp_path)
    assert again.returncode == 2 and "my raw is not an empty folder" in again.stderr


def test_import_writes_raw_files_from_the_package_or_from_a_folder(tiers, tmp_path):
    done = tiers("import", "cdnow", "--out", "cds", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"orders\W+6,919\b", done.stdout) and (tmp_path / "cds/orders.parquet").exists()
    done = tiers("import", "cdnow", tmp_path, "--out", "more", cwd=tmp_path)
    assert done.returncode == 2 and "CDNOW_sample.txt is not in" in done.stderr


ONLINE_RETAIL = """
    select * from (values
        ('501', 'MUG', 'A mug', 6, timestamp '2011-03-01 10:00', 2.5, 12346, 'Eire'),
        ('501', 'MUG', 'A mug', 6, timestamp '2011-03-01 10:00', 2.5, 12346, 'Eire'),
        ('C502', 'MUG', 'A mug', -2, timestamp '2011-03-02 10:00', 2.5, 12346, 'Eire'),
        ('C502', 'MUG', 'A mug', -2, timestamp '2011-03-02 10:00', 2.5, 12346, 'Eire'),
        ('C503', 'D', 'Discount', -1, timestamp '2011-03-03 10:00', 4, 12346, 'Eire'),
        ('504', 'MUG', 'A mug', 3, timestamp '2011-03-04 10:00', 2.5, null, 'Eire'),
        ('505', 'MUG', 'broken', -9, timestamp '2011-03-05 10:00', 0, null, 'Eire'),
        ('A506', 'B', 'Adjust bad debt', 1, timestamp '2011-03-06 10:00', -20, null, 'Eire')
    ) as t("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")"""


def test_import_online_retail_says_what_matched_and_what_its_refresh_needs(tiers, tmp_path):
    done = tiers("import", "online-retail", "--out", "raw", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1) and "give SRC" in done.stderr
    duckdb.execute(f"copy ({ONLINE_RETAIL}) to '{tmp_path}/online_retail.parquet'")
    done = tiers("import", "online-retail", ".", "--out", "raw", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "supersedes: 2 lines" in done.stdout and "refund of an earlier invoice: 1 lines, GBP 5.00, 55.6 %" in done.stdout
    command = done.stdout.splitlines()[-1].split(": ", 1)[1]
    assert command == "tiers refresh --raw raw --vars 'reporting_currency: GBP'"
    done = tiers(*shlex.split(command)[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    published = tmp_path / "published/customer_tiers.duckdb"
    assert query(published, "select table_name, outcome, reason, row_count from data_quality where table_name not in ('customers', 'products') order by all") == [
        ("order_items", "accepted", None, 2),
        ("order_items", "quarantined", "out_of_range_quantity", 1),
        ("order_items", "quarantined", "out_of_range_unit_price", 1),
        ("order_items", "superseded", None, 1),
        ("orders", "accepted", "missing_customer", 2),
        ("orders", "accepted", None, 2),
        ("orders", "quarantined", "unknown_status", 1),
        ("refunds", "accepted", None, 2),
        ("refunds", "superseded", None, 1),
    ]
    assert query(published, "select customer_id, frequency, monetary::double from customer_tier") == [("12346", 1, 10.0)]
