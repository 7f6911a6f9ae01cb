"""Errors that a user sees as one clear line, with the exit code each one means."""


def first_line(error: Exception) -> str:
    """What an error says first; DuckDB and YAML go on with the statement and hints."""
    return str(error).splitlines()[0]


class TiersError(Exception):
    """The build, a test or a publish limit failed; nothing was published (exit 1)."""

    exit_code = 1


class UsageError(TiersError):
    """Wrong usage or unreadable input (exit 2)."""

    exit_code = 2


class LockedError(TiersError):
    """Another refresh holds the lock (exit 3)."""

    exit_code = 3
