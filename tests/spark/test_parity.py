"""Every fact, every mart and the ledger of raw rows come out the same on Spark as on DuckDB, row for row."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession
from strategies import Switches, build, write_raw
from tiers.spark import register

PROJECT = Path(__file__).parents[2]
COMPARED = [file.stem for folder in ("facts", "marts") for file in sorted((PROJECT / "models" / folder).glob("*.sql"))]
OTHER_VARS = {
    "review_cadence": "week",
    "business_timezone": "Asia/Shanghai",
    "score_by": "region",
    "tier_soft_landing": False,
    "tier_grace_reviews": 2,
    "window_days": 90,
    "clv_model": "bg_nbd",
    "clv_horizon_days": 90,
    "clv_discount_rate": 0,
}
EMPTY = {"sample, other vars": {"churn_warning", "product_affinity"}, "faulty raw files": {"product_affinity"}}
"""Ninety days of the sample are too short to warn of anybody or to find pairs; the faulty files are sold at random."""
CASES = {"sample": {}, "sample, other vars": OTHER_VARS, "faulty raw files": {"raw_schema": "raw", "min_scored_customers": 5}}


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """What dbt and Spark read from the environment: a small session on the loopback, all files in a temporary folder."""
    folder = tmp_path_factory.mktemp("parity")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DBT_LOG_PATH", str(folder / "logs"))
        environment.setenv("DBT_TARGET_PATH", str(folder / "target"))
        environment.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        environment.setenv("PYSPARK_PYTHON", sys.executable)
        environment.setenv("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        environment.setenv("TIERS_SPARK_CATALOG", "in-memory")
        environment.setenv("TIERS_SPARK_WAREHOUSE", str(folder / "spark"))
        yield environment


@pytest.fixture(scope="module")
def spark(environment):
    """The session that dbt starts to load the seeds, and goes on with, once it has our functions."""
    dbt("seed", "spark")
    session = SparkSession.builder.getOrCreate()
    register(session)
    yield session
    session.stop()


@pytest.fixture(scope="module", params=CASES)
def built(request, environment, spark, tmp_path_factory):
    """What DuckDB has built of a case, in the schema main, and what Spark has, in the schema spark."""
    folder, dbt_vars = tmp_path_factory.mktemp("case"), CASES[request.param]
    environment.setenv("TIERS_WAREHOUSE", str(folder / "warehouse.duckdb"))
    if "raw_schema" in dbt_vars:
        make_raw_tables(folder, spark)
    dbt("build", "duckdb", dbt_vars)
    dbt("build" if request.param == "sample" else "run", "spark", dbt_vars)
    with duckdb.connect(folder / "warehouse.duckdb") as connection:
        connection.execute("create schema spark")
        for name in COMPARED:
            spark.table(f"customer_tiers.{name}").write.parquet(str(folder / name))
            connection.execute(f"create view spark.{name} as from '{folder}/{name}/*.parquet'")
        yield connection


def make_raw_tables(folder: Path, spark: SparkSession) -> None:
    """The same raw rows, with every fault there is a reason for, in the schema raw of both engines."""
    write_raw(build(seed=1, customers=120, months=14, switches=Switches()), folder / "raw")
    spark.sql("create schema raw")
    with duckdb.connect(folder / "warehouse.duckdb") as connection:
        connection.execute("create schema raw")
        for file in (folder / "raw").glob("*.csv"):
            rows, parquet = f"read_csv('{file}', header = true, all_varchar = true)", file.with_suffix(".parquet")
            connection.execute(f"copy (from {rows}) to '{parquet}'")
            connection.execute(f"create view raw.{file.stem} as from '{parquet}'")
            spark.sql(f"create table raw.{file.stem} using parquet location '{parquet}'")


def dbt(command: str, target: str, dbt_vars: dict | None = None) -> None:
    """Run dbt: on Spark in this process, which so holds the session; on DuckDB in another, since DuckDB's Python module
    complains of leaks at the end of a process in which dbt has loaded both adapters."""
    arguments = [
        *("--quiet", command, "--target", target, "--vars", json.dumps(dbt_vars or {})),
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT / "profiles")),
    ]
    if target == "spark":
        assert dbtRunner().invoke(arguments).success, f"dbt {command} on Spark failed; its output tells why"
    else:
        subprocess.run([Path(sys.executable).with_name("dbt"), *arguments], check=True)


@pytest.mark.parametrize("name", COMPARED)
def test_rows_are_the_same(built, name, request):
    on_duckdb, on_spark = f"main.{name}", f"spark.{name}"
    assert columns(built, on_duckdb) == columns(built, on_spark)
    is_empty = not built.sql(f"from {on_duckdb} limit 1").fetchall()
    assert is_empty == (name in EMPTY.get(request.node.callspec.params["built"], ())), "there are no rows to compare, or some where none were"
    assert built.sql(f"from {on_duckdb} except all from {on_spark}").fetchall() == []
    assert built.sql(f"from {on_spark} except all from {on_duckdb}").fetchall() == []


def columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    return [row[:2] for row in connection.sql(f"describe from {relation}").fetchall()]
