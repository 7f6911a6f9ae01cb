# `make help` lists what there is. All it takes is python3 3.11 or newer and a package index that pip can reach.
PYTHON ?= python3

.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PIP := -m pip -qq install

.PHONY: help demo test test-properties test-spark java lint docs lock clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' Makefile | expand -t 18

demo: .venv/.project ## build, test and publish the shipped sample, and print its tiers and where the report is
	@echo "building, testing and publishing the sample"
	@.venv/bin/tiers refresh --sample
	@.venv/bin/tiers report --warehouse warehouse/sample.duckdb --publish published/sample.duckdb

test: .venv/.checks ## every check that needs no other service: lint, dbt build with all tests, pytest
	@echo "dbt build of the sample, with all its tests"
	@.venv/bin/dbt --quiet build
	@$(MAKE) lint
	@echo "pytest"
	@.venv/bin/python -m pytest -n 2 --dist loadfile tests/python

test-properties: .venv/.checks ## of these, only random tables, rules and vars against the plain-Python reference
	@.venv/bin/python -m pytest tests/python/test_properties.py

test-spark: java .venv-spark/.project ## the same models on Spark (needs Java 17)
	@echo "pytest on Spark"
	@.venv-spark/bin/python -m pytest tests/spark

java:
	@command -v java >/dev/null || { echo "make test-spark needs Java 17, and there is no java on the PATH" >&2; exit 1; }

# The models read the rule tables while dbt renders them, so the sample must have been built once.
lint: .venv/.checks | warehouse/sample.duckdb ## sqlfluff over the models
	@echo "sqlfluff"
	@.venv/bin/sqlfluff lint --disable-progress-bar models

warehouse/sample.duckdb: | .venv/.project
	@echo "dbt build of the sample"
	@.venv/bin/dbt --quiet build

docs: .venv/.project ## write docs/commands.md anew from the help of every command
	@.venv/bin/python -m tiers.reference > docs/commands.md

lock: ## pin what the *.in files ask for anew (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	@$(LOCK) pyproject.toml requirements.in requirements-dev.in -o requirements-dev.txt
	@$(LOCK) --constraint requirements-dev.txt pyproject.toml requirements.in -o requirements.txt
	@$(LOCK) --constraint requirements-dev.txt pyproject.toml requirements.in requirements-spark.in -o requirements-spark.txt
	@$(LOCK) --no-deps requirements-data.in -o requirements-data.txt

clean: ## remove whatever make, dbt and tiers have made from the sample; files of your own stay
	@rm -rf .venv .venv-spark target logs .pytest_cache .hypothesis scripts/*.egg-info
	@rm -rf warehouse/sample.duckdb* published/sample.duckdb* published/.sample.duckdb* published/sample.report.html

# One lock for every Python from 3.11 on and every platform, without the address of any registry.
# Without --no-strip-extras, pip refuses the hashes of `mashumaro[msgpack]`, though uv does not.
LOCK = UV_CUSTOM_COMPILE_COMMAND='make lock' uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-strip-extras --no-annotate

# An environment is made from nothing whenever its lock changes, so that it holds the lock and nothing else.
define new_environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1 | tail -n 1). Name another one: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "making $(@D) from $<"
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python $(PIP) --require-hashes -r $<
	@touch $@
endef

.venv/.packages: requirements.txt .venv/bin/python
	$(new_environment)

.venv/.checks: requirements-dev.txt requirements-data.txt .venv/.project
	@echo "adding requirements-dev.txt and requirements-data.txt to .venv"
	@.venv/bin/python $(PIP) --require-hashes -r requirements-dev.txt
	@.venv/bin/python $(PIP) --require-hashes --no-deps -r requirements-data.txt
	@touch $@

.venv-spark/.packages: requirements-spark.txt .venv-spark/bin/python
	$(new_environment)

.venv/.project .venv-spark/.project: %/.project: %/.packages pyproject.toml
	@$*/bin/python $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# Where one of these is gone, or is a link to a Python that is, the environment is made again.
.venv/bin/python .venv-spark/bin/python:
