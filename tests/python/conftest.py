"""What the tests share: the `tiers` command as users call it, and the sample, refreshed once."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from tiers.generate import generate
from warehouse import Dbt, Warehouse

# The same examples every time, none kept on disk. An example may take seconds, so a failing one is not made smaller: it
# prints the calls, and a line of code, that make it again. HYPOTHESIS_PROFILE=search takes other examples each time and
# makes failing ones smaller; HYPOTHESIS_EXAMPLES=10 takes ten times as many, in either profile.
common = {"deadline": None, "database": None, "print_blob": True, "suppress_health_check": list(HealthCheck)}
settings.register_profile("steady", derandomize=True, phases=[Phase.explicit, Phase.generate], **common)
settings.register_profile("search", **common)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

BIN = Path(sys.executable).parent

Run = Callable[..., subprocess.CompletedProcess[str]]


def environment() -> dict[str, str]:
    """The environment, without any setting of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "TIERS_"))}


def run_command(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the virtual environment."""
    name, *arguments = command
    return subprocess.run(
        [BIN / str(name), *map(str, arguments)], cwd=cwd, env=environment(), capture_output=True, text=True, encoding="utf-8", timeout=900
    )


@pytest.fixture(scope="session")
def tiers() -> Run:
    """Runs `tiers` with some arguments in a folder."""
    return lambda *arguments, cwd: run_command("tiers", *arguments, cwd=cwd)


@pytest.fixture(scope="session")
def dbt() -> Run:
    """Runs `dbt` with some arguments in a folder."""
    return lambda *arguments, cwd: run_command("dbt", *arguments, cwd=cwd)


@pytest.fixture(scope="session")
def project() -> Iterator[Dbt]:
    """The project, parsed once; its scratch warehouses are in memory where the system has a place for that."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="customer-tiers-", dir=place) as folder, Dbt(Path(folder)) as ready:
        yield ready


@dataclass
class Shop(Warehouse):
    """A warehouse of a shop that is made up, in `raw`; in `raw`/planted is what is to be found in it."""

    raw: Path


@pytest.fixture(scope="session")
def shop(project, tmp_path_factory) -> Shop:
    """Two thousand customers over three years. Not to be written to."""
    raw = tmp_path_factory.mktemp("shop") / "raw"
    generate(2_000, 36, 5, raw)
    shop = Shop(project, project.warehouse("shop").path, raw)
    shop.refresh(raw, {}, {})
    return shop


@dataclass(frozen=True)
class Refreshed:
    """A refresh that went well: where it ran, what it printed, and the files it made there."""

    folder: Path
    stdout: str
    stderr: str

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse/sample.duckdb"

    @property
    def published(self) -> Path:
        return self.folder / "published/sample.duckdb"

    @property
    def manifest(self) -> dict:
        return json.loads((self.folder / "warehouse/sample.duckdb.build/target/manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def sample(tiers, tmp_path_factory) -> Refreshed:
    """`tiers refresh --sample --json`, in a folder whose tiers.toml points elsewhere. Not to be written to."""
    folder = tmp_path_factory.mktemp("the sample")
    (folder / "tiers.toml").write_text('raw = "nowhere"\nwarehouse = "elsewhere/w.duckdb"\npublish = "elsewhere/p.duckdb"\n', encoding="utf-8")
    done = tiers("refresh", "--sample", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return Refreshed(folder, done.stdout, done.stderr)
