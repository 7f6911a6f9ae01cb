"""The harness around the dbt project: refresh, publish, import and generate."""

__version__ = "0.1.0"
