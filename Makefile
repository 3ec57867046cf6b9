# Every target works alone, from a fresh clone. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_OUT ?= demo-output
JOBS ?= 2

.PHONY: help setup demo test test-slow lint format bench docs clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# One stamp a set of packages: a second run does nothing.
$(VENV)/.created:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.all: $(VENV)/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[all]'
	@touch $@

$(VENV)/.test: $(VENV)/.all
	$(BIN)/python -m pip install --quiet --group test
	@touch $@

$(VENV)/.lint: $(VENV)/.all
	$(BIN)/python -m pip install --quiet --group lint
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --group bench
	@touch $@

$(VENV)/.docs: $(VENV)/.all
	$(BIN)/python -m pip install --quiet --group docs
	@touch $@

setup: $(VENV)/.all ## make .venv with fewnotes and all its optional parts

demo: $(VENV)/.all ## learn from five chorales, compose three, write and show them
	$(BIN)/python examples/demo.py --out $(DEMO_OUT)

test: $(VENV)/.test ## the default tests
	$(BIN)/python -m pytest -n $(JOBS)

test-slow: $(VENV)/.test ## the slow tests: kills, fuzzing, whole collections
	$(BIN)/python -m pytest -m slow -n $(JOBS)

lint: $(VENV)/.lint $(VENV)/.test ## style, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.lint ## put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench ## every benchmark at its quick size; results under bench/results
	$(BIN)/python bench/run.py

docs: $(VENV)/.docs ## the documentation site, in docs/_build
	$(BIN)/sphinx-build -q -W -b html docs docs/_build

clean: ## remove what the other targets made
	rm -rf $(VENV) $(DEMO_OUT) docs/_build build dist
