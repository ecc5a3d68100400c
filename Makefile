# Portcullis. `make` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: help setup demo test lint unit integration e2e gates bench-setup clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## install everything into .venv; does nothing when that is done
	@test -n "$(PYTHON)" || { echo "setup: Python 3.11 is needed and was not found." >&2; exit 1; }
	@$(PYTHON) requirements/install.py

demo: setup ## start everything with the demo company, then open the address it prints
	@exec $(BIN)/portcullis up --demo $(ARGS)

test: setup ## every check, the cheap ones first
	@$(BIN)/python -m tests.needs
	@$(MAKE) --no-print-directory lint unit integration e2e
	@$(BIN)/python -m tests.needs --again

lint: setup ## style, types and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: setup ## tests without models or servers
	$(BIN)/pytest -q -m "not integration and not e2e"

# By name: xdist would begin the files of the fewest tests last, and the longest file has one test.
# One thread for torch in each process: where more threads than cores take part, they mostly wait
# for each other, and use up what the others need.
integration: setup ## tests on the embedded Postgres and Valkey, a server for each of two processes
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder --durations=10 -m integration

e2e: setup ## the whole platform: a real browser, the real model
	$(BIN)/pytest -q --durations=10 -m e2e

gates: setup ## every evaluation as for a change; fails for what is worse than in the recorded report
	$(BIN)/portcullis evals run --effort change --against evals/recorded.json --out evaluated

bench-setup: setup ## install the engines that `portcullis bench search --peers` compares with
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
	  -c requirements/constraints.txt -r requirements/bench.in

clean: ## remove the environment and the caches; data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache portcullis.egg-info
