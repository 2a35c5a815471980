# Every chore is one word. `make run` and `make test` do all set-up themselves; a second run is quick.
# Another Python: make run PYTHON=/path/to/python3.12        Some tests: make test ARGS="-k telegram"

PYTHON ?=
ARGS ?=
WORKERS ?= 2
KILLS ?= 2000
MINUTES ?= 30
LOCK = .venv/bin/uv pip compile --quiet --universal --generate-hashes \
	--python-version 3.11 --no-header --no-annotate --no-emit-index-url

export PYTHON

.PHONY: help run test soak mutations bench lint lock
.DEFAULT_GOAL := help

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 14

run: ## install into .venv and open the demo
	@sh setup/install run
	@.venv/bin/frontdesk demo $(ARGS)

test: ## install whatever the tests need and run all of them
	@sh setup/install run dev
	@.venv/bin/python -m setup.chromium
	@.venv/bin/python -m setup.postgres
	@.venv/bin/python -m setup.compiler
	@.venv/bin/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

soak: ## kill the service at random under load and count what is left: KILLS=2000 MINUTES=30
	@sh setup/install run dev
	@.venv/bin/python -m tests.faults.soak --kills $(KILLS) --minutes $(MINUTES) $(ARGS)

mutations: ## remove every guard in turn and see a test turn red; some of them: ARGS="--only NAME"
	@sh setup/install run dev
	@.venv/bin/python -m setup.chromium
	@.venv/bin/python -m setup.postgres
	@.venv/bin/python -m setup.compiler
	@.venv/bin/python -m tests.faults.mutations --jobs $(WORKERS) $(ARGS)

bench: ## measure speed and size beside a bare echo; some of it: ARGS="--quick --only KEY,KEY"
	@sh setup/install run dev
	@.venv/bin/python -m tests.bench $(ARGS)

lint: ## ruff, its formatter in check mode, and mypy
	@sh setup/install run dev
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

lock: ## choose the newest allowed versions anew and write setup/*.txt
	@sh setup/install lock
	$(LOCK) --upgrade pyproject.toml --group build -o setup/run.txt
	$(LOCK) --upgrade --group dev -c setup/run.txt -o setup/dev.txt
	$(LOCK) --upgrade --group lock -o setup/lock.txt
