"""`tiers init`: a project of one's own, made and built by the package as a wheel installs it, without the clone around it."""

import csv
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import duckdb
import pytest
from conftest import BIN, environment

from tiers.dbt import code_fingerprint
from tiers.errors import UsageError
from tiers.init import init, project_files
from tiers.project import FILES, lay_over
from tiers.publications import project_vars
from tiers.raw import declared_columns, input_files
from tiers.settings import SETTINGS

CLONE = Path(__file__).resolve().parents[2]

RAW_ORDERS = """
    select
        order_id as "No.", customer_id as account, ordered_at as created, case status when 'completed' then 'SHIPPED' else status end as state,
        currency as curr, channel as sold_by, promotion_code as promotion, shipping_cost as freight, loaded_at as synced_at
    from read_csv('{sample}', all_varchar = true)"""

INPUT_ORDERS = """-- Grain: one row per row of the shop's sales orders.
select
    "No." as order_id, account as customer_id, created as ordered_at, state as status,
    curr as currency, sold_by as channel, promotion as promotion_code, freight as shipping_cost, synced_at as loaded_at
from {table}
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The package as pip would unpack its wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    clone = lay_over({}, folder / "clone")
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(CLONE / file, clone / file)
    shutil.copytree(CLONE / "scripts", clone / "scripts", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    build = "from setuptools import build_meta; build_meta.build_wheel('dist')"
    done = subprocess.run([sys.executable, "-c", build], cwd=clone, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    zipfile.ZipFile(*clone.glob("dist/*.whl")).extractall(folder / "installed")
    return folder / "installed"


@pytest.fixture(scope="module")
def installed(wheel):
    """Runs `tiers`, as the wheel has it, in a folder."""

    def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BIN / "tiers", *map(str, arguments)],
            cwd=cwd, env={**environment(), "PYTHONPATH": str(wheel)}, capture_output=True, text=True, encoding="utf-8", timeout=900,
        )  # fmt: skip

    return run


def words_of_the_shop(project: Path) -> None:
    """Say in a project that the shop's SHIPPED means completed."""
    with (project / "rules/accepted_values.csv").open("a", encoding="utf-8") as file:
        file.write("orders,status,SHIPPED,completed\n")


@pytest.fixture(scope="module")
def shop(installed, tmp_path_factory) -> Path:
    """A project over the rows of the sample, as a shop has them whose orders are in a file, under columns and with a word of its own."""
    folder = tmp_path_factory.mktemp("a shop") / "tiers of ours"
    assert installed("init", folder.name, cwd=folder.parent).returncode == 0
    (folder / "raw").mkdir()
    for table in declared_columns().keys() - {"orders"}:
        shutil.copyfile(CLONE / f"seeds/sample/sample_{table}.csv", folder / f"raw/{table}.csv")
    duckdb.execute(f"copy ({RAW_ORDERS.format(sample=CLONE / 'seeds/sample/sample_orders.csv')}) to '{folder}/raw/sales orders.csv'")
    (folder / "inputs/input_orders.sql").write_text(INPUT_ORDERS.format(table='raw."sales orders"'), encoding="utf-8")
    words_of_the_shop(folder)
    done = installed("refresh", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def tables(published: Path) -> dict[str, list[tuple]]:
    """The rows of every published table that is a function of the raw rows."""
    with duckdb.connect(str(published), read_only=True) as connection:
        names = [row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()]
        names = sorted(set(names) - {"publications", "tier_changes", "publication_checks"})
        return {name: connection.execute(f"select * from {name} order by all").fetchall() for name in names}


def query(project: Path, sql: str, file: str = "warehouse/customer_tiers.duckdb") -> list[tuple]:
    with duckdb.connect(str(project / file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


# What a new project is


def test_a_wheel_brings_the_package_and_the_dbt_project(wheel):
    def files(root: Path, *patterns: str) -> set[str]:
        found = (file for pattern in patterns for file in root.glob(pattern) if file.is_file() and "__pycache__" not in file.parts)
        return {str(file.relative_to(root)) for file in found}

    assert files(wheel / "tiers", "**/*") == files(CLONE / "scripts/tiers", "**/*") | {f"shipped/{name}" for name in files(CLONE, *FILES)}


def test_init_says_what_to_do_next_on_lines_that_fit(installed, tmp_path):
    done = installed("init", "ours", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "cd ours" in done.stdout and "tiers refresh" in done.stdout
    assert [line for line in done.stdout.splitlines() if len(line.replace(str(tmp_path), "")) > 80] == []
    done = installed("refresh", cwd=tmp_path / "ours")
    assert (done.returncode, done.stderr) == (2, f"tiers: {tmp_path}/ours/raw is not a directory; --raw takes one that holds orders and order_items\n")


def test_init_takes_an_empty_folder_and_refuses_another(installed, tmp_path):
    (tmp_path / "empty").mkdir()
    assert installed("init", ".", cwd=tmp_path / "empty").returncode == 0
    before = sorted(tmp_path.rglob("*"))
    for folder, told in (("empty", "is not an empty folder"), ("empty/tiers.toml", "is not an empty folder"), ("empty/tiers.toml/x", "tiers.toml: ")):
        done = installed("init", folder, cwd=tmp_path)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
        assert told in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("is_there", [True, False])
def test_init_writes_everything_or_nothing(tmp_path, monkeypatch, is_there):
    folder = tmp_path / "ours"
    if is_there:
        folder.mkdir()
    write = Path.write_text

    def full(file: Path, *arguments, **named) -> int:
        if file.name == "tiers.csv":
            raise OSError(28, "No space left on device", str(file))
        return write(file, *arguments, **named)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        init(folder)
    assert sorted(tmp_path.rglob("*")) == ([folder] if is_there else [])


def test_a_new_tiers_toml_shows_every_setting_and_var_with_its_default():
    text = project_files()["tiers.toml"]
    settings = tomllib.loads(re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE))
    assert settings.keys() == SETTINGS.keys()
    defaults = project_vars()
    assert settings["vars"].keys() == defaults.keys() - {"raw_schema"}
    assert {name: value for name, value in settings["vars"].items() if value != defaults[name]}.keys() == {n for n in defaults if defaults[n] is None}
    assert tomllib.loads(text)["vars"] == {}


def test_a_new_project_is_as_shipped():
    """Until its files are edited: its rules are the shipped ones, and so are its inputs below their comments."""
    files = project_files()
    for table in declared_columns():
        shipped = (CLONE / f"models/input/input_{table}.sql").read_text(encoding="utf-8")
        assert files[f"inputs/input_{table}.sql"].endswith(shipped.split("\n", 1)[1])
        for column in declared_columns()[table]:
            assert re.search(rf"^--   {column}\*? ", files[f"inputs/input_{table}.sql"], re.MULTILINE)
    rules = {name.removeprefix("rules/"): text for name, text in files.items() if name.startswith("rules/")}
    assert rules == {file.name: file.read_text(encoding="utf-8") for file in CLONE.glob("seeds/rules/*.csv") if file.name != "metrics.csv"}
    with (CLONE / "seeds/rules/metrics.csv").open(encoding="utf-8", newline="") as metrics:
        assert [row["metric"] for row in csv.DictReader(metrics)] == re.findall(r"^\| `(\w+)` \| \w+ \|", files["README.md"], re.MULTILINE)


# Building it


def test_rows_that_an_input_maps_give_what_they_would_have_given_as_they_were(shop, sample):
    assert tables(shop / "published/customer_tiers.duckdb") == tables(sample.published)


def test_tables_of_the_warehouse_are_mapped_too(installed, tmp_path, sample):
    """What a loader has put there: the raw tables in the schema raw, or any table that an input reads."""
    project = tmp_path / "ours"
    installed("init", "ours", cwd=tmp_path)
    settings = project / "tiers.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('raw = "raw"\n', ""), encoding="utf-8")
    (project / "warehouse").mkdir()
    with duckdb.connect(str(project / "warehouse/customer_tiers.duckdb")) as connection:
        connection.execute("create schema raw; create schema erp")
        for table in declared_columns().keys() - {"orders"}:
            connection.execute(f"create table raw.{table} as from read_csv('{CLONE}/seeds/sample/sample_{table}.csv', all_varchar = true)")
        connection.execute(f"create table erp.sales_order as {RAW_ORDERS.format(sample=CLONE / 'seeds/sample/sample_orders.csv')}")
    (project / "inputs/input_orders.sql").write_text(INPUT_ORDERS.format(table="erp.sales_order"), encoding="utf-8")
    words_of_the_shop(project)
    done = installed("refresh", cwd=project)
    assert done.returncode == 0, done.stderr
    assert tables(project / "published/customer_tiers.duckdb") == tables(sample.published)


def test_an_edited_rule_holds_from_the_next_refresh_on(installed, shop, tmp_path):
    project = shutil.copytree(shop, tmp_path / "ours")
    settings = project / "tiers.toml"  # the warehouse knows its source by its place
    settings.write_text(settings.read_text(encoding="utf-8").replace('raw = "raw"', f'raw = "{shop}/raw"'), encoding="utf-8")
    lowest_earned = "select min(earned_rank) from fct_tier_reviews join fct_customer_rfm using (customer_id, review_date) where frequency >= 2"
    assert query(project, lowest_earned) < [(3,)]
    with (project / "rules/tier_rules.csv").open("a", encoding="utf-8") as file:
        file.write("2000-01-01,key_growth,entry,bought twice,frequency,2,\n")
    done = installed("refresh", cwd=project)
    assert done.returncode == 0, done.stderr
    assert query(project, lowest_earned) == [(3,)]
    assert query(project, "select distinct cause from tier_changes", "published/customer_tiers.duckdb") == [("rules",)]


@pytest.mark.parametrize(
    ("sql", "code", "told"),
    [
        ('select "No" as order_id from raw."sales orders"', 1, 'Referenced column "No" not found'),
        ("select 1 as order_id from {{ raw_table('orders') ", 1, "unexpected end of template"),
        ('select "No." as order_id from raw."sales orders"', 2, "orders has no column ordered_at, which is required"),
    ],
)
def test_a_mistake_in_an_input_is_one_line_that_names_the_file(installed, shop, tmp_path, sql, code, told):
    project = tmp_path / "ours"
    installed("init", "ours", cwd=tmp_path)
    (project / "inputs/input_orders.sql").write_text(sql, encoding="utf-8")
    done = installed("refresh", "--quiet", "--raw", shop / "raw", cwd=project)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (code, "", 1), done.stderr
    assert told in done.stderr and f"{project}/inputs/input_orders.sql" in done.stderr
    assert not (project / "published").exists()


def test_an_input_of_another_name_or_in_another_place_is_refused(tmp_path):
    (tmp_path / "input_order.sql").touch()
    with pytest.raises(UsageError, match="input_order.sql is not an input; there are .*input_orders.sql"):
        input_files(tmp_path)
    with pytest.raises(UsageError, match="nowhere is not a directory; inputs in tiers.toml"):
        input_files(tmp_path / "nowhere")


def test_reviews_built_with_another_input_are_made_anew(tmp_path):
    (tmp_path / "mine.sql").write_text("select 1 as order_id", encoding="utf-8")
    shipped, own = (
        code_fingerprint(lay_over(files, tmp_path / "project")) for files in ({}, {"models/input/input_orders.sql": tmp_path / "mine.sql"})
    )
    assert shipped != own and shipped == code_fingerprint(CLONE)
