"""What the documents say of the commands: all of it is so, and nothing is left out."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from conftest import environment

from tiers.cli import main
from tiers.reference import reference

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md")), PROJECT / "scripts/tiers/assets/project/README.md"]

BLOCK = re.compile(r"^```sh\n(?P<script>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```\n)?", re.MULTILINE | re.DOTALL)
"""What a reader is to type, and what it prints if that is shown right below."""

BLOCKS = [(match["script"], match["shown"] or "") for match in BLOCK.finditer(README)]


def options_of(command: click.Command) -> set[str]:
    return {"--help"} | {name for parameter in command.params for name in parameter.opts if name.startswith("--")}


# The reference


def test_every_command_and_option_is_in_the_reference_and_no_other():
    assert (PROJECT / "docs/commands.md").read_text(encoding="utf-8") == reference(), "docs/commands.md is out of date: make docs writes it"


def test_the_reference_has_every_command_and_option():
    sections = dict(re.findall(r"^## tiers (\S+)\n(.*?)(?=^## |\Z)", reference(), re.MULTILINE | re.DOTALL))
    assert {name: set(re.findall(r"^\| `(--[a-z-]+)", text, re.MULTILINE)) | {"--help"} for name, text in sections.items()} == {
        name: options_of(command) for name, command in main.commands.items()
    }


# The other documents


def mentions(text: str) -> Iterator[tuple[str | None, list[str]]]:
    """Each command of `tiers` that a text names in code, with the options it is given; None for options on their own."""
    fenced = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
    lines = [line for block in fenced.findall(text) for line in block.splitlines()]
    for code in [*lines, *re.findall(r"`([^`\n]+)`", fenced.sub("", text))]:
        named = re.match(r"(?:[./]*\.venv/bin/)?tiers +(?P<command>[a-z]\S*)", code)
        if named or code.startswith("--"):
            yield named and named["command"], re.findall(r"--[a-z][a-z-]*", code.split("#")[0])


@pytest.mark.parametrize("document", DOCUMENTS, ids=[str(file.relative_to(PROJECT)) for file in DOCUMENTS])
def test_no_document_names_a_command_or_option_that_does_not_exist(document):
    of_any = {option for command in main.commands.values() for option in options_of(command)}
    unknown = [
        (command, option)
        for command, options in mentions(document.read_text(encoding="utf-8"))
        for option in ["", *options]
        if (command and command not in main.commands) or (option and option not in (options_of(main.commands[command]) if command else of_any))
    ]
    assert unknown == []


def test_the_readme_names_every_command():
    assert {command for command, _ in mentions(README)} - {None} == main.commands.keys()


@pytest.mark.parametrize("text", ["`tiers nope`", "`tiers explain C1 --sample`", "`--nope X`", "```sh\n.venv/bin/tiers status --nope  # why\n```"])
def test_a_wrong_mention_is_found(text, tmp_path, monkeypatch):
    (tmp_path / "wrong.md").write_text(text, encoding="utf-8")
    with pytest.raises(AssertionError):
        test_no_document_names_a_command_or_option_that_does_not_exist(tmp_path / "wrong.md")


# The README's commands


@pytest.fixture(scope="module")
def readers_folder(tiers, sample, tmp_path_factory) -> Path:
    """What a reader of the README has when they come to its commands: the environment and the sample that `make demo` has made,
    and raw rows of their own, here a small made-up shop."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / ".venv").symlink_to(sys.prefix)
    shutil.copytree(sample.folder / "warehouse", folder / "warehouse")
    shutil.copytree(sample.folder / "published", folder / "published")
    done = tiers("generate", "--customers", 40, "--months", 14, "--seed", 5, "--out", "path/to/raw", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_readme_has_commands():
    assert len(BLOCKS) > 4 and any(shown for _, shown in BLOCKS)


@pytest.mark.parametrize(("script", "shown"), BLOCKS, ids=[" ".join(script.split()[:3]) for script, _ in BLOCKS])
def test_every_command_of_the_readme_runs(readers_folder, script, shown):
    """One block after the other, as it stands there; `make` is what CI runs. What is shown below a block is what it prints."""
    for target in re.findall(r"^make (\S+)", script, re.MULTILINE):
        assert re.search(rf"^{target}:", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    commands = re.sub(r"^make .*\n", "", script, flags=re.MULTILINE)
    done = subprocess.run(["bash", "-euc", commands], cwd=readers_folder, env=environment(), capture_output=True, text=True, encoding="utf-8", timeout=900)
    assert done.returncode == 0, done.stderr
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    assert [line for line in shown.splitlines() if line.rstrip() not in printed] == []
