# Each target first sets up .venv with what it needs; only Python 3.11+ must be there.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
RUN := $(VENV)/.run.stamp
DEV := $(VENV)/.dev.stamp
# of two cores one is often idle: tests wait for browsers and processes
WORKERS ?= 3
MESSAGE ?=

.PHONY: help run demo test lint bench matrix mutants migration messages format
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: $(RUN) ## the panel on http://127.0.0.1:5000, with its data in instance/
	@$(PY) -m flask --app app upgrade
	@exec $(PY) app.py

demo: $(RUN) ## a throw-away sample office, one printed account per role
	@PYTHON=$(PY) sh .ci/demo

test: $(DEV) ## the whole suite on SQLite, with coverage, and again on PostgreSQL
	@$(PY) -m coverage erase
	$(PY) -m pytest --database=sqlite -n $(WORKERS) --dist worksteal --cov --cov-report= --cov-fail-under=0
	@$(PY) -m coverage report
	$(PY) -m pytest --database=postgresql -n $(WORKERS) --dist worksteal

lint: $(DEV) ## style and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .

format: $(DEV) ## put the style right where a program can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(DEV) ## list, form and save beside stock Flask-Admin and a bare view
	$(PY) -m benchmarks

matrix: $(DEV) ## every record type x every role x every row, on both databases
	$(PY) -m pytest tests/test_routes.py --matrix --database=sqlite -n $(WORKERS)
	$(PY) -m pytest tests/test_routes.py --matrix --database=postgresql -n $(WORKERS)

migration: $(DEV) ## the schema step to what models.py says: make migration MESSAGE="what changed"
	@test -n "$(MESSAGE)" || { echo 'Say what changed: make migration MESSAGE="..."'; exit 2; }
	$(PY) -m migrations "$(MESSAGE)"
	@$(PY) -m ruff check --fix --quiet migrations/versions
	@$(PY) -m ruff format --quiet migrations/versions

mutants: $(DEV) ## whether the proofs notice a guard, or what else carries a rule, that is gone
	@$(PY) -m pytest -q -n 0 tests/mutants.py

messages: $(DEV) ## collect the house's sentences and compile their translations
	$(PY) -m babel.messages.frontend -q extract -F pyproject.toml -o translations/messages.pot \
	  --omit-header --no-location --no-wrap --sort-output \
	  --ignore-dirs "tests benchmarks build .*" \
	  . $$($(PY) -c 'import wtforms.fields as forms; print(*forms.__path__)')
	$(PY) -m babel.messages.frontend -q update -i translations/messages.pot -d translations --no-wrap \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	$(PY) -m babel.messages.frontend -q compile -d translations

$(RUN): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.12 ..."; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUN)
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
