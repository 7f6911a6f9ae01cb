"""The staging unit tests carry a copy of the declared raw columns, because dbt shows a unit test no graph: it must stay one."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_the_columns_of_the_staging_unit_tests_are_the_declared_ones():
    declared = yaml.safe_load((ROOT / "models/input/_input__models.yml").read_text(encoding="utf-8"))["models"]
    wanted = {
        f"model.customer_tiers.{model['name']}": {column["name"]: column["config"]["meta"] for column in model["columns"]}
        for model in declared
    }
    copied = yaml.safe_load((ROOT / "models/staging/_staging__unit_tests.yml").read_text(encoding="utf-8"))["anchors"][0]["nodes"]
    for name, node in copied.items():
        assert {column: entry["config"]["meta"] for column, entry in node["columns"].items()} == wanted[name], name
