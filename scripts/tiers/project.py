"""Where the shipped dbt project is, and what a refresh builds: a copy of it with files of the user's own laid over it."""

import shutil
from pathlib import Path

_packaged = Path(__file__).with_name("shipped")
PROJECT = _packaged if _packaged.is_dir() else Path(__file__).resolve().parents[2]
"""The dbt project as shipped: inside the package where that was installed from a wheel, else the clone around it."""

FILES = ("dbt_project.yml", "profiles.yml", "macros/**/*", "models/**/*", "seeds/**/*", "tests/*.*", "tests/generic/*")
"""What the dbt project is made of; pyproject.toml packs the same."""


def lay_over(own: dict[str, Path], folder: Path) -> Path:
    """Make a dbt project anew in a folder: the shipped one, with the user's files (by their path in the project) laid over it.

    It has to be the same folder at every refresh: dbt remembers where it found a seed.
    """
    shipped = {str(file.relative_to(PROJECT)): file for pattern in FILES for file in PROJECT.glob(pattern) if file.is_file()}
    shutil.rmtree(folder, ignore_errors=True)
    for path, file in {**shipped, **own}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / path)
    return folder
