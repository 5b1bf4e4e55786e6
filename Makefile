# Plumbline.  `make run` and `make test` are the two commands a newcomer needs; each does all its own set-up.
# Needs: Python 3.11 or newer, and make.  Nothing else.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
            $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
VENV   ?= .venv
PORT   ?= 8000
SAMPLE ?= 0
BIN    := $(VENV)/bin
RUN    := $(BIN)/python manage.py

export PORT
# Compiled modules are kept, out of the way: the suite starts some hundred processes, and each would compile Django anew.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/pycache

.DEFAULT_GOAL := help
.PHONY: help run test check audit bench bench-live drills seeded-bugs mutants browser services shell openapi lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

EMULATED = $(filter emulated,$(PROVIDERS))
run: $(VENV)/app.done $(if $(EMULATED),$(VENV)/dev.done) ## start Plumbline on http://127.0.0.1:8000 (PORT, DATA_DIR), with demo data (PROVIDERS=emulated: and the test emulator)
	@$(if $(EMULATED),$(BIN)/python -m tests.emulator 8765 & trap "kill $$!" EXIT; trap : INT TERM;,exec) $(RUN) serve --prepare

test: $(VENV)/dev.done ## run the test suite (SQLite, in-process parts; DATABASE_URL and REDIS_URL choose others)
	@DJANGO_SETTINGS_MODULE=portfolio_site.settings.test $(BIN)/python -m pytest $(if $(filter-out 0,$(JOBS)),-n $(JOBS)) $(ARGS)

check: $(VENV)/dev.done ## lint, types, known mistakes, import contracts, migrations, OpenAPI document, deployment checks
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy portfolio_site accounts market portfolios analytics alerts
	@$(BIN)/lint-imports
	@$(BIN)/bandit -q -c pyproject.toml -ll -r portfolio_site accounts market portfolios analytics alerts
	@DJANGO_SETTINGS_MODULE=portfolio_site.settings.test $(RUN) makemigrations --check --dry-run
	@DJANGO_SETTINGS_MODULE=portfolio_site.settings.test $(RUN) spectacular --validate --fail-on-warn --file $(VENV)/openapi.yaml
	@diff -u docs/openapi.yaml $(VENV)/openapi.yaml || { echo "docs/openapi.yaml is not fresh: make openapi"; exit 1; }
	@deploy/check-deploy $(BIN)/python

audit: $(VENV)/dev.done ## known holes in the locked packages (asks the network; says so where there is none)
	@deploy/audit-packages $(BIN)/python

bench: $(VENV)/dev.done ## measure, beside the references where they are present
	@$(BIN)/python -m benchmarks $(ARGS)

bench-live: $(VENV)/dev.done ## sockets at scale on PostgreSQL and Redis (SOAK=600: ten minutes)
	@$(BIN)/python -m benchmarks live

drills: $(VENV)/dev.done ## the long form of races, kills and round trips
	@DRILLS=long DJANGO_SETTINGS_MODULE=portfolio_site.settings.test $(BIN)/python -m pytest -m drill --timeout 0 $(ARGS)

seeded-bugs: $(VENV)/dev.done ## break the ledger in 25 ways, and see that the tests find each (ARGS="drop-fee ...")
	@$(BIN)/python -m tests.truth.seeded_bugs $(ARGS)

mutants: $(VENV)/dev.done ## mutation testing of portfolios/ledger (SAMPLE=300 for that many by chance; ARGS="cash handlers.paid")
	@DJANGO_SETTINGS_MODULE=portfolio_site.settings.test SAMPLE=$(SAMPLE) $(BIN)/python -m tests.truth.mutants $(ARGS)

browser: $(VENV)/dev.done ## the journeys in a real browser (needs chromium)
	@DJANGO_SETTINGS_MODULE=portfolio_site.settings.test $(BIN)/python -m pytest tests/browser -o addopts='-q --strict-markers -p no:schemathesis' $(ARGS)

services: $(VENV)/app.done ## start web, live, worker and beat on one machine (DATABASE_URL and REDIS_URL)
	@exec $(RUN) services

shell: $(VENV)/app.done ## a Python shell with the project loaded
	@$(RUN) shell

openapi: $(VENV)/dev.done ## write docs/openapi.yaml anew
	@DJANGO_SETTINGS_MODULE=portfolio_site.settings.test $(RUN) spectacular --validate --fail-on-warn --file docs/openapi.yaml

lock: $(VENV)/tools.done ## write the hash-locked requirement files anew
	@for part in tools "" dev; do \
	  name=requirements$${part:+-$$part}; \
	  $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header $$name.in -o $$name.txt || exit 1; \
	done

clean: ## remove what was installed and made (not your data)
	rm -rf $(VENV) staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis

# ── set-up ───────────────────────────────────────────────────────────────────
# uv installs the locked packages in seconds; where it cannot (no wheel for this machine) pip does the same, slower.
INSTALL = $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r $(1) || $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(1)

$(VENV)/tools.done: requirements-tools.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Plumbline needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=/path/to/python3.11.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing packages (once) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-tools.txt
	@touch $@

$(VENV)/app.done: $(VENV)/tools.done requirements.txt
	@$(call INSTALL,requirements.txt)
	@touch $@

$(VENV)/dev.done: $(VENV)/app.done requirements-dev.txt
	@$(call INSTALL,requirements-dev.txt)
	@touch $@
