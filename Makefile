# Every command there is. `make` alone lists them; CI runs these and nothing else.
# Needs Python 3.11 or newer and make; everything else goes into .venv, from the hash-locked lists
# in requirements/. ARGS is handed on: make ward ARGS="--port 9000", make test ARGS="-k crs".

# The first that is new enough; PYTHON=... on the command line overrules the search.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
ARGS ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
# Each stamp is made when its install has ended well, so an interrupted one starts again.
RUNTIME := .venv/.runtime
TOOLS := .venv/.tools

# Tests start a hundred processes of toxmon; each would compile all of it again without this.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup ward serve test spec lint types docs words screens docs-check bench mutate fuzz lock secrets clean

help:
	@echo "make COMMAND, one of:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile

setup: $(TOOLS) ## make .venv with toxmon and the test tools (the other commands do it when needed)
	@echo "toxmon: .venv is ready"

ward: $(RUNTIME) ## a demo ward with invented patients on http://127.0.0.1:8080; Ctrl-C ends it
	@$(BIN)/toxmon demo $(ARGS)

serve: $(RUNTIME) ## the service itself on http://127.0.0.1:8080, set up by TOXMON_ variables
	@$(BIN)/toxmon serve $(ARGS)

# The three checks take one processor each, so they go side by side.
test: $(TOOLS) ## everything CI checks: lint, types, pages, every test on SQLite and PostgreSQL
	@$(MAKE) --no-print-directory -j 3 lint types docs-check
	@echo "toxmon: tests"
	@$(BIN)/python -m pytest -q -n logical --dist worksteal $(ARGS)

spec: $(TOOLS) ## the grading tables alone, in seconds; the proofs over every input run in `make test`
	@$(BIN)/python -m pytest -q tests/grading --ignore tests/grading/test_proofs.py $(ARGS)

lint: $(TOOLS) ## ruff, and who may import whom
	@echo "toxmon: lint"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/lint-imports --no-logo

types: $(TOOLS) ## mypy, strict where types carry the medicine
	@echo "toxmon: types"
	@$(BIN)/mypy --no-error-summary

docs: $(TOOLS) ## print the pages that are made from the code
	@for page in docs/generate/*.py; do $(BIN)/python $$page || exit 1; done

words: $(TOOLS) ## gather the words of the pages for translation, and compile the languages
	@$(BIN)/python -m tests.words

screens: $(TOOLS) ## make the pictures of the pages for README.md, of a demo ward in a real browser
	@$(BIN)/python -m tests.ward.screens

docs-check: $(TOOLS) ## fail when a printed page is not what the code says
	@echo "toxmon: pages"
	@rm -rf .venv/pages && cp -R docs .venv/pages
	@$(MAKE) --no-print-directory docs > .venv/pages.log
	@diff -r -q -x __pycache__ .venv/pages docs || { echo "Printed pages were stale and are new now: look at them and commit them."; exit 1; }

bench: $(TOOLS) ## the benchmarks, as ratios within one run; takes minutes
	@$(BIN)/python -m benchmarks $(ARGS)

mutate: $(TOOLS) ## break the rules on purpose and see the tests notice; ARGS names modules, else all; takes hours
	@$(BIN)/python -m tests.mutation $(ARGS)

fuzz: $(TOOLS) ## fuzz the readers of HL7 v2 and JSON by coverage, a minute each
	@$(PIP) --require-hashes -r requirements/fuzz.txt
	@for name in hl7 json; do mkdir -p .venv/fuzz/$$name; PYTHONPATH=. $(BIN)/python tests/fuzz/fuzz_$$name.py \
		.venv/fuzz/$$name -max_total_time=60 -max_len=4000 $(ARGS) || exit 1; done

lock: $(TOOLS) ## write requirements/*.txt anew from pyproject.toml; ARGS=--upgrade takes the newest
	@$(LOCK) $(ARGS) --group build --group test pyproject.toml -o requirements/test.txt
	@$(LOCK) -c requirements/test.txt pyproject.toml -o requirements/runtime.txt
	@$(LOCK) -c requirements/test.txt --group build -o requirements/build.txt
	@$(LOCK) -c requirements/test.txt --group fuzz -o requirements/fuzz.txt
	@echo "toxmon: requirements/ written"

# For every Python from 3.11 on and every platform at once, one release of each for all of them, and
# without the address of an index.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--fork-strategy fewest \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

# Containers read these files as users of their own, so the folder keeps others out and not the files.
secrets: ## make the passwords that docker-compose.yml reads, in ./secrets; keeps those that are there
	@mkdir -p -m 700 secrets
	@for name in postgres_password secret_key; do \
		test -s secrets/$$name || od -An -N32 -tx1 /dev/urandom | tr -d ' \n' > secrets/$$name; done
	@test -s secrets/database_url || \
		printf 'postgresql://toxmon:%s@postgres/toxmon' "$$(cat secrets/postgres_password)" > secrets/database_url
	@chmod 644 secrets/*
	@echo "toxmon: the passwords are in ./secrets; keep a copy of secret_key where you keep backups"

clean: ## remove .venv and what the tools left behind; data of a ward is not touched
	@rm -rf .venv build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): requirements/build.txt requirements/runtime.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "toxmon needs Python 3.11 or newer, and found none. Install one, or name it: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "toxmon needs Python 3.11 or newer, and $(PYTHON) is not. Name another: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python has no venv. On Debian or Ubuntu: apt install python3-venv. Then run make again."; exit 1; }
	@$(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "toxmon: making .venv with $$($(PYTHON) --version)"; $(PYTHON) -m venv --clear .venv; }
	@echo "toxmon: installing what it runs on (a quarter of a minute, once)"
	@$(PIP) --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(TOOLS): $(RUNTIME) requirements/test.txt
	@echo "toxmon: installing the test tools (half a minute, once)"
	@$(PIP) --require-hashes -r requirements/test.txt
	@touch $@
