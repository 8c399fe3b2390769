# Each target does its own set-up; a clone needs bash, make and Python 3.11, nothing else.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

ARGS ?= --publish
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUN := .venv/.installed
DEV := .venv/.installed-dev
BENCH := .bench/.installed
LOCALSTACK := .localstack/.installed
FREE_PORT := import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])

.PHONY: help
help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(RUN) ## Reconcile the examples on a local emulator and call the APIs that come of it
	@state=$$(mktemp -d); export RECONCILE_LOCAL_DIR="$$state"; \
	trap '$(BIN)/reconcile local stop > /dev/null; rm -rf "$$state"' EXIT; \
	$(BIN)/reconcile local start --port "$$($(BIN)/python -c '$(FREE_PORT)')"; \
	$(BIN)/python specs/examples/demo.py

.PHONY: test
test: $(DEV) $(LOCALSTACK) ## Check the code and run all tests, those on the emulators too
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/reconcile schema | diff -u specs/schema.json - || { echo "specs/schema.json is old: make generate"; exit 1; }
	cd specs/examples && ACME_API_KEY=only-for-the-validation ../../$(BIN)/reconcile validate
	$(BIN)/pytest -n 2 --ignore=tests/emulators
	REQUIRE_LOCALSTACK=1 $(BIN)/pytest -n 2 tests/emulators

.PHONY: fmt
fmt: $(DEV) ## Mend what the linter can mend by itself
	$(BIN)/ruff check --fix

.PHONY: generate
generate: $(RUN) ## Write specs/schema.json
	$(BIN)/reconcile schema > .venv/schema.json
	mv .venv/schema.json specs/schema.json

.PHONY: bench
bench: $(BENCH) $(LOCALSTACK) ## Measure this controller and Terraform side by side; takes hours (ARGS=--help)
	@.bench/venv/bin/python -m bench $(ARGS)

.PHONY: clean
clean: ## Delete what make and the tools have made
	rm -rf .venv .localstack .local .bench build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ── set-up, once ─────────────────────────────────────────────────────────────────────────────────

.venv/.made:
	@echo "Setting up .venv …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	@$(PYTHON) -m venv .venv
	@$(PIP) install --upgrade 'pip>=25.1'
	@touch $@

$(RUN): .venv/.made pyproject.toml
	@$(PIP) install --editable '.[local]'
	@touch $@

$(DEV): $(RUN)
	@$(PIP) install --group dev
	@touch $@

# Of its own: with numpy beside it, the command that is measured would load that too.
$(BENCH): $(DEV)
	@echo "Setting up .bench …"
	@$(PYTHON) -m venv .bench/venv
	@.bench/venv/bin/python -m pip --disable-pip-version-check --quiet install --upgrade 'pip>=25.1'
	@.bench/venv/bin/python -m pip --disable-pip-version-check --quiet install --editable . --group bench
	@touch $@

$(LOCALSTACK): tests/emulators/localstack.requirements.txt
	@echo "Setting up .localstack …"
	@$(PYTHON) -m venv .localstack
	@.localstack/bin/python -m pip --disable-pip-version-check --quiet install --requirement $<
	@touch $@

