"""Known public data sets, turned into raw files of the shape the project reads."""
