"""docs/commands.md, from what every command says of itself: `make docs` writes it."""

import inspect

import click

from tiers.cli import main

HEAD = """# Commands

Every command of `tiers` and every option, as `--help` has them; `make docs` writes this page. What they are for, and what the
exit codes mean, is told in the [README](../README.md).
"""


def reference() -> str:
    """The page: for each command its usage, what it does, and a table of its options."""
    return "\n".join([HEAD, *(_section(f"tiers {name}", main.commands[name]) for name in sorted(main.commands))])


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    options = [parameter.get_help_record(context) for parameter in command.params if isinstance(parameter, click.Option)]
    rows = ["| `{}` | {} |".format(*(text.replace("|", r"\|").replace("  ", " ") for text in option)) for option in options]
    table = ["", "| option | meaning |", "| --- | --- |", *rows] if rows else []
    return "\n".join([f"## {name}", "", f"`{usage}`", "", inspect.cleandoc(command.help), *table, ""])


if __name__ == "__main__":
    click.echo(reference(), nl=False)
