# Every target is one script or one command, so that CI and a person run the same thing.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
PATHS ?= .
.PHONY: help demo test test-full chaos check fix models simulate serve stop clean venv requirements

help: ## this list
	@echo "DistillHub: make TARGET"
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## ?/\1\t/' | \
	  while IFS=$$'\t' read -r target says; do printf '  %-14s %s\n' "$$target" "$$says"; done

demo: ## from nothing to a scorecard and a page to look at it (DEMO_ARGS=--json: one document, then stop)
	@bash .ci/demo.sh $(DEMO_ARGS)

test: ## all tests
	@bash .ci/test.sh

test-full: ## all tests, after fetching the local models
	@FULL=1 bash .ci/test.sh

check: ## lint, format, types, import contracts, migrations, Django's own checks
	@bash .ci/check.sh

fix: venv ## let ruff repair what it can
	@$(PYTHON) -m ruff check --fix $(PATHS)
	@$(PYTHON) -m ruff format $(PATHS)

chaos: venv ## kill workers, brokers and Postgres in the numbers of reliability.md (SEED=…: one story again)
	@$(PYTHON) -m distillhub services >&2
	@FULL=1 $(PYTHON) -m pytest tests/evals tests/inference -m chaos -s --timeout 1800
	@FULL=1 $(PYTHON) -m pytest tests/inference/test_hostile_catalogue.py tests/journeys/test_disk_full.py \
	  tests/scorecards/test_same_digest_everywhere.py -s --timeout 1800

models: ## fetch the two local models and their server (about 350 MB), for live inference in the demo
	@bash .ci/models.sh

simulate: ## hold every estimator to its error rates, 5 minutes (SIM_ARGS=--full: all draws, far longer; --only S-04: one)
	@bash .ci/venv.sh
	@$(PYTHON) -m simulations $(SIM_ARGS)

serve: ## start everything and leave it running
	@bash .ci/venv.sh base
	@$(PYTHON) -m distillhub up

stop: ## end everything that demo, serve or test started; data stays
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m distillhub down; else echo "  nothing was ever started here"; fi

clean: ## stop, and delete the local database, broker data, logs and caches; .venv and models stay
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m distillhub clean; else echo "  nothing was ever started here"; fi
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache staticfiles

venv: ## the virtual environment with all pinned requirements
	@bash .ci/venv.sh

requirements: venv ## pin requirements/*.in again, with hashes (UV_ARGS=--upgrade: to the newest versions)
	@$(PYTHON) -m pip install --quiet 'uv~=0.13'
	@for name in base dev models; do \
	  if [ $$name = models ]; then only=--no-deps; else only=; fi; \
	  UV_CUSTOM_COMPILE_COMMAND="make requirements" $(PYTHON) -m uv pip compile --quiet --generate-hashes --no-annotate $$only \
	    --python-version 3.11 $(UV_ARGS) --output-file requirements/$$name.txt requirements/$$name.in || exit 1; \
	done
