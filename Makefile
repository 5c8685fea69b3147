# What a developer does with hashrange, from a bare checkout: every target makes .venv and installs what it needs.

PY    := .venv/bin/python
STAMP := .venv/.installed

# pyright gets itself a Node.js where there is none: here, so that it needs no home folder
export PYRIGHT_PYTHON_CACHE_DIR := $(CURDIR)/.cache/pyright
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.DEFAULT_GOAL := help
.PHONY: help install demo test fuzz storm soak check format docs docs-serve bench-client bench-bulk bench-simulator bench-export bench-telemetry bench-migration migration-demo dynamodb-local clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

install: $(STAMP) ## .venv with the package and its development tools

$(STAMP): pyproject.toml requirements/constraints.txt scripts/bootstrap.sh
	@sh scripts/bootstrap.sh

demo: $(STAMP) ## a small shop on the DynamoDB that comes with hashrange, and what it did
	@$(PY) examples/quickstart.py

# Without Java or npm the rest is run, and coverage is shown and not judged: what is skipped would be missing from it.
test: $(STAMP) ## all tests, with coverage (ARGS="-k query" for some of them)
	@gates="-p scripts.coverage_gates --cov-report=json:.cache/coverage.json"; \
	$(PY) scripts/dynamodb_local.py fetch >/dev/null || { \
		if [ $$? -ne 2 ]; then exit 1; fi; \
		echo "Everything else is tested; what needs DynamoDB Local is skipped, and counted as skipped."; \
		gates="--cov-fail-under=0"; \
	}; \
	if [ -n "$(ARGS)" ]; then gates="--cov-fail-under=0"; fi; \
	$(PY) -m pytest -n auto --cov --cov-report=term $$gates $(ARGS)

fuzz: $(STAMP) ## the simulator against DynamoDB Local, on other requests each time (MINUTES=6)
	@$(PY) scripts/dynamodb_local.py fetch >/dev/null
	@$(PY) -m pytest -q tests/differential --fuzz $(or $(MINUTES),6) $(ARGS)

storm: $(STAMP) ## 100,000 operations through a network that breaks all the time (ARGS="--operations 5000 --seed 1")
	@$(PY) -m tests.storm $(ARGS)

soak: $(STAMP) ## whole systems in virtual time on a bad network, new seeds each time (MINUTES=6; SEED=123: that one)
	@$(PY) -m tests.seeded.soak $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) \
		$(if $(SEEDS),--seeds $(SEEDS)) $(if $(LOG),--log) $(ARGS)

check: $(STAMP) ## ruff, mypy, pyright and the rules of imports
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) -m pyright
	$(PY) -m pytest -q tests/test_layers.py

format: $(STAMP) ## lay the sources out, and mend what ruff can mend
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

# Material for MkDocs tells of its successor at every start
docs docs-serve: export NO_MKDOCS_2_WARNING := 1

docs: $(STAMP) ## the documentation site, into .cache/site
	@$(PY) -m mkdocs build --strict --quiet
	@echo "open .cache/site/index.html; the search needs a server: make docs-serve"

docs-serve: $(STAMP) ## the documentation site on port 8001, built anew when a page changes (PORT=8080)
	@$(PY) -m mkdocs serve --dev-addr 127.0.0.1:$(or $(PORT),8001) --watch src --watch deploy --watch examples --watch CHANGELOG.md $(ARGS)

bench-client: $(STAMP) ## the client against its peers, on a stub that costs nothing (ARGS="--quick" for a first look)
	@$(PY) benchmarks/bench_client.py $(ARGS)

bench-bulk: $(STAMP) ## many items at once, against the batch writers of others (ARGS="--quick" for a first look)
	@$(PY) benchmarks/bench_bulk.py $(ARGS)

bench-simulator: $(STAMP) ## the simulator against DynamoDB Local, dynalite and moto (ARGS="--quick" for a first look)
	@$(PY) benchmarks/bench_simulator.py $(ARGS)

bench-export: $(STAMP) ## export and import of a million items, killed on the way (ARGS="--quick" for a first look)
	@$(PY) benchmarks/bench_export.py $(ARGS)

bench-telemetry: $(STAMP) ## what telemetry adds to a call (ARGS="--quick" for a first look)
	@$(PY) benchmarks/bench_telemetry.py $(ARGS)

bench-migration: $(STAMP) ## MySQL to DynamoDB, a million rows, and their verification (ARGS="--quick" for a first look)
	@$(PY) benchmarks/bench_migration.py $(ARGS)

migration-demo: $(STAMP) ## a shop from MariaDB to DynamoDB, killed, resumed, verified, under load (ARGS="--orders 2000")
	@$(PY) examples/shop_migration/run.py $(ARGS)

dynamodb-local: $(STAMP) ## DynamoDB Local on port 8000, until interrupted
	@$(PY) scripts/dynamodb_local.py run --port 8000

clean: ## remove what these commands made
	rm -rf .venv .venv-bench .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* dist build
	find src tests scripts benchmarks examples -name __pycache__ -prune -exec rm -rf {} +
