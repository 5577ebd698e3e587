# Each target makes the environment that it needs and leaves it for the next time. What has to be there is make
# and a Python from 3.11 on (PYTHON=... names another); everything else is fetched.

.DEFAULT_GOAL := help
.PHONY: help test test-long test-random test-min test-unpacked check format demo bench docs clean
.NOTPARALLEL:

environment := sh tools/python -m tools.environment
pytest := -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

help:
	@echo "make test           all tests, on SQLite and on throwaway PostgreSQL and MariaDB servers"
	@echo "make test-long      the sweeps that take longer"
	@echo "make test-random    random pairs of models on each server, WHIMBREL_TEST_EXAMPLES of them (3000): about an hour"
	@echo "make test-min       the same at the lowest versions of Flask, SQLAlchemy and Alembic that we support"
	@echo "make test-unpacked  the servers' own tests, with servers fetched and unpacked as without root's rights"
	@echo "make check          format, lint, types, the direction of imports, the architecture, the changelog"
	@echo "make format         puts the format right"
	@echo "make demo           plays the tutorial on SQLite and shows the rows at each step"
	@echo "make bench          how long proofs take, on SQLite and on the servers whose URLs are in ARGS"
	@echo "make docs           builds the documentation into site/"
	@echo "make clean          removes what these made; what was fetched for several checkouts stays in the cache"
	@echo
	@echo "ARGS=... is handed to pytest; WHIMBREL_TEST_BACKENDS=sqlite,postgresql narrows what it runs on, and"
	@echo "WHIMBREL_TEST_POSTGRESQL_URL, _MARIADB_URL, _MYSQL_URL name servers of your own to run it on."

test:
	@$(environment) .venv --group test --drivers
	.venv/bin/python $(pytest) $(ARGS)

test-long:
	@$(environment) .venv --group test --drivers
	.venv/bin/python $(pytest) -m slow $(ARGS)

test-random:
	@$(environment) .venv --group test --drivers
	WHIMBREL_TEST_EXAMPLES=$${WHIMBREL_TEST_EXAMPLES:-3000} .venv/bin/python -m pytest -m slow tests/drawn $(ARGS)

# What needs released Flask-Migrates, or the pages' own outputs, is the same at any version of what we stand on; what
# runs on the servers at these versions are the commands, the comparison and its hooks.
test-min:
	@sh tools/python --oldest -m tools.environment .venv-min --group test --drivers --constraint tools/minimum.txt
	WHIMBREL_TEST_BACKENDS=sqlite .venv-min/bin/python $(pytest) --ignore tests/dropin --ignore tests/test_docs.py \
		--ignore tests/drawn --ignore tests/sqlite --ignore tests/test_servers.py -m "not slow and not sweep" $(ARGS)
	WHIMBREL_TEST_BACKENDS=postgresql,mariadb .venv-min/bin/python $(pytest) tests/core tests/compare tests/hooks \
		-m "not slow and not sweep" $(ARGS)

test-unpacked:
	@$(environment) .venv --group test --drivers
	WHIMBREL_TEST_SERVERS=unpacked .venv/bin/python -m pytest tests/test_ground.py $(ARGS)

check:
	@$(environment) .venv-check --group check
	.venv-check/bin/python -m ruff check
	.venv-check/bin/python -m ruff format --check
	.venv-check/bin/python -m mypy
	.venv-check/bin/python -m pyright --pythonpath .venv-check/bin/python
	.venv-check/bin/lint-imports --no-logo
	.venv-check/bin/python -m towncrier build --draft --version next >/dev/null
	WHIMBREL_TEST_BACKENDS=sqlite .venv-check/bin/python -m pytest -q tests/test_architecture.py

format:
	@$(environment) .venv-check --group check
	.venv-check/bin/python -m ruff check --fix
	.venv-check/bin/python -m ruff format

demo:
	@$(environment) .venv-demo --group demo
	.venv-demo/bin/python tools/demo.py

bench:
	@$(environment) .venv --group test --drivers
	.venv/bin/python -m tools.bench_proof $(ARGS)

docs:
	@$(environment) .venv-docs --group docs
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/python -m mkdocs build --strict

clean:
	rm -rf .venv .venv-* .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist site
