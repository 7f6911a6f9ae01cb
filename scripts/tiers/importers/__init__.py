"""Known public data sets, turned into raw files of the shape the project reads."""

from tiers.importers import cdnow, complete_journey

IMPORTERS = {"cdnow": cdnow.import_raw, "complete-journey": complete_journey.import_raw}
