"""Known public data sets, turned into raw files of the shape the project reads."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tiers.importers import cdnow, complete_journey, online_retail


@dataclass(frozen=True)
class Importer:
    """How a data set becomes raw files, and what whoever imported it should be told.

    `import_raw(src, out)` writes them and returns the rows per table; `findings(out)` gives lines
    to read about the files written; `vars` are what a refresh of them needs, as YAML.
    """

    import_raw: Callable[[Path | None, Path], dict[str, int]]
    findings: Callable[[Path], list[str]] = lambda out: []
    vars: str | None = None


IMPORTERS = {
    "cdnow": Importer(cdnow.import_raw),
    "complete-journey": Importer(complete_journey.import_raw),
    "online-retail": Importer(
        online_retail.import_raw, online_retail.findings, "reporting_currency: GBP"
    ),
}
