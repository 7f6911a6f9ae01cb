"""The files of the project: what dbt, the linters and readers take on trust."""

import dataclasses
import re
import subprocess
from pathlib import Path

import duckdb
import pytest
import yaml
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.jsonschemas import jsonschemas
from jsonschema.validators import extend

PROJECT = Path(__file__).resolve().parents[2]
MODELS = sorted((PROJECT / "models").rglob("*.sql"))
SQL = [*MODELS, *sorted((PROJECT / "macros").rglob("*.sql")), *sorted((PROJECT / "tests").rglob("*.sql"))]
PROPERTIES = sorted(file for folder in ("models", "seeds", "macros", "tests") for file in (PROJECT / folder).rglob("*.yml"))
LOCKS = sorted(PROJECT.glob("requirements*.txt"))


def by_path(files: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("file", files, ids=[str(file.relative_to(PROJECT)) for file in files])


def sql_without_comments(file: Path) -> str:
    return re.sub(r"{#.*?#}|--[^\n]*", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)


# YAML, held against the schema that dbt ships. dbt itself uses it for four cloud warehouses only: on DuckDB it ignores
# a misspelt key in silence.


def type_but_jinja(validator, types, instance, schema):
    """Jinja may become any type."""
    if not (isinstance(instance, str) and instance.startswith("{{")):
        yield from jsonschemas.custom_type_rule(validator, types, instance, schema) or ()


Validator = extend(jsonschemas.CustomDraft7Validator, {"type": type_but_jinja})


def faults(text: str, schema: dict) -> list[str]:
    def leaves(error):
        return [leaf for cause in error.context for leaf in leaves(cause)] if error.context else [error]

    errors = Validator(schema).iter_errors(yaml.safe_load(text))
    return [f"{'.'.join(map(str, leaf.absolute_path))}: {leaf.message[:200]}" for error in errors for leaf in leaves(error)]


@by_path(PROPERTIES)
def test_properties_hold_to_dbts_schema(file):
    assert faults(file.read_text(encoding="utf-8"), jsonschemas.resources_schema()) == []


def test_dbt_project_holds_to_dbts_schema():
    assert faults((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"), jsonschemas.project_schema()) == []


@pytest.mark.parametrize(
    "text",
    [
        "modells: []",
        "models: [{name: a, descripton: x}]",
        "models: [{name: a, config: {materialised: table}}]",
        "models: [{name: a, config: {contract: {enforce: true}}}]",
        "models: [{name: a, columns: [{name: b, desciption: x}]}]",
        "models: [{name: a, columns: [{name: b, data_tests: [{not_null: {config: {severty: warn}}}]}]}]",
        "models: [{name: a, columns: [{name: b, data_tests: [{accepted_values: {argument: {values: [c]}}}]}]}]",
        "seeds: [{name: a, config: {colum_types: {b: string}}}]",
        "sources: [{name: a, schemma: b}]",
        "unit_tests: [{name: a, model: b, given: [{input: ref('c'), rowz: []}], expect: {rows: []}}]",
    ],
)
def test_a_misspelt_key_is_found(text):
    assert faults(text, jsonschemas.resources_schema())


def test_a_misspelt_key_of_dbt_project_is_found():
    assert faults("{name: a, flagz: {}}", jsonschemas.project_schema())
    assert faults("{name: a, models: {a: {+materialised: view}}}", jsonschemas.project_schema())


def test_configs_in_sql_hold_to_dbts_schema(sample):
    known = jsonschemas.resources_schema()["definitions"]["ModelConfig"]["properties"].keys()
    unknown = {
        f"{node['name']}: {key}"
        for node in sample.manifest["nodes"].values()
        if node["resource_type"] == "model"
        for key in {key.replace("-", "_") for key in node["unrendered_config"]} - known
    }
    assert unknown == set()


def test_the_duckdb_profile_has_only_settings_that_dbt_duckdb_knows():
    profile = yaml.safe_load((PROJECT / "profiles/profiles.yml").read_text(encoding="utf-8"))["customer_tiers"]
    assert profile.keys() == {"target", "outputs"}
    known = {field.name for field in dataclasses.fields(DuckDBCredentials)} | {"type", "threads"}
    assert profile["outputs"]["duckdb"].keys() - known == set()


def test_the_root_profile_is_the_projects():
    assert (PROJECT / "profiles.yml").resolve() == PROJECT / "profiles/profiles.yml"


# SQL


@by_path(MODELS)
def test_a_model_begins_with_its_grain(file):
    assert re.match(r"-- Grain: one row\b.+", file.read_text(encoding="utf-8"))


@by_path(SQL)
def test_no_sql_looks_at_the_clock_or_splits_ties(file):
    """A model is a function of its inputs: today comes from one macro, and equal values always score equally."""
    found = re.findall(r"\b(ntile|current_date|current_timestamp|localtimestamp|now\(|random\(|uuid\()", sql_without_comments(file), re.IGNORECASE)
    assert found == []


@by_path(MODELS)
def test_no_model_asks_which_engine_it_runs_on(file):
    """Differences between engines live in macros/engine."""
    assert "target." not in sql_without_comments(file)


# Descriptions and contracts


def models(manifest: dict, folder: str = "") -> list[dict]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model" and folder in (node["fqn"][1], "")]


def test_every_model_seed_and_source_is_described(sample):
    nodes = [*sample.manifest["nodes"].values(), *sample.manifest["sources"].values()]
    assert [n["name"] for n in nodes if n["resource_type"] in ("model", "seed", "source") and not n["description"].strip()] == []


def test_every_column_of_a_mart_is_described_and_under_contract(sample):
    marts = models(sample.manifest, "marts")
    assert [mart["name"] for mart in marts if not mart["config"]["contract"]["enforced"]] == []
    with duckdb.connect(str(sample.published), read_only=True) as connection:
        for mart in marts:
            described = [name for name, column in mart["columns"].items() if column["description"].strip()]
            columns = [row[0] for row in connection.execute(f"describe {mart['name']}").fetchall()]
            assert described == columns, mart["name"]


def test_there_are_not_more_tests_than_a_refresh_can_bear(sample):
    """Every node costs every refresh."""
    tests = [node for node in sample.manifest["nodes"].values() if node["resource_type"] == "test"]
    assert len(tests) + len(sample.manifest["unit_tests"]) <= 150


# What is published


@pytest.fixture(scope="module")
def published_columns(sample) -> list[tuple[str, str, str]]:
    with duckdb.connect(str(sample.published), read_only=True) as connection:
        return connection.execute("select table_name, column_name, data_type from duckdb_columns() where not internal order by all").fetchall()


def test_published_columns_have_types_that_every_client_reads(published_columns):
    plain = re.compile(r"VARCHAR|BOOLEAN|SMALLINT|INTEGER|BIGINT|DATE|TIMESTAMP|DECIMAL\(\d+,\d+\)")
    assert [column for column in published_columns if not plain.fullmatch(column[2])] == []


def test_published_money_is_decimal(published_columns):
    money = re.compile(r"(^|(?<!abc_by)_)(monetary|profit|amount|revenue|cost|price|net)$")  # abc_by_profit is a class
    found = [column for column in published_columns if money.search(column[1])]
    assert {("customer_tier", "net_profit"), ("tier_migration", "monetary")} <= {column[:2] for column in found}
    assert [column for column in found if not column[2].startswith("DECIMAL")] == []


def test_the_shipped_metrics_are_all_numbers_of_the_facts(sample):
    with duckdb.connect(str(sample.warehouse), read_only=True) as connection:
        numbers = "select column_name from duckdb_columns() where table_name = 'fct_current_metrics' and regexp_matches(data_type, 'INT|DECIMAL')"
        assert set(connection.execute(numbers).fetchall()) == set(connection.execute("select metric from metrics").fetchall())


def test_table_names_are_unique_across_schemas(sample):
    with duckdb.connect(str(sample.warehouse), read_only=True) as connection:
        names = [row[0] for row in connection.execute("select table_name from information_schema.tables").fetchall()]
    assert sorted(names) == sorted(set(names))


# Locks and the Makefile


@by_path(LOCKS)
def test_a_lock_pins_every_package_by_hash_and_names_no_registry(file):
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"http|index-url|find-links|file:", text)
    pins = re.findall(r"^\S+==\S+[^\n]*\\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[^#\s]", text, re.MULTILINE)) > 0


def test_both_locks_agree():
    runtime, checks = (set(re.findall(r"^\S+==\S+", (PROJECT / f"requirements{kind}.txt").read_text(encoding="utf-8"), re.MULTILINE)) for kind in ("", "-dev"))
    assert runtime < checks


def test_make_refuses_an_old_python_in_one_line(tmp_path):
    for file in ("Makefile", "pyproject.toml", "requirements.txt"):
        (tmp_path / file).write_bytes((PROJECT / file).read_bytes())
    python = tmp_path / "python3"
    python.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 || exit 1\n', encoding="utf-8")
    python.chmod(0o755)
    done = subprocess.run(["make", "-s", "demo", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True)
    told = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert done.returncode and len(told) == 1
    assert "Python 3.11 or newer is needed" in told[0] and "3.9.2" in told[0]
    assert not (tmp_path / ".venv").exists()
