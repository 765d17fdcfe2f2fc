# Two commands do all set-up: `make run` and `make test`. `make help` lists the rest.
# Everything lands in .venv and build/; `make clean` takes both away.

PYTHON ?= python3
DIR ?= data/demo
PORT ?= 8000
BIN := .venv/bin
RUN_READY := .venv/.run-ready
DEV_READY := .venv/.dev-ready
TESTS := $(BIN)/python scripts/run_tests.py

.DEFAULT_GOAL := help
.PHONY: help run page wheel test test-compiled test-pure test-bounds check bench fuzz sim pictures reference lock clean

help:  ## List these targets.
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

run: $(RUN_READY) page  ## Install what is missing, then serve a demonstration venue on this machine.
	$(BIN)/emporion serve --dir $(DIR) --port $(PORT) --demo

page:  ## Build the page from web/ where a source changed since the last time (needs Node).
	@sh scripts/build_page.sh

wheel: $(DEV_READY) page  ## Build the wheel, page included, into dist/.
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

test: $(DEV_READY) page  ## Everything CI runs: style, types, and the tests compiled, uncompiled and bounds-checked.
	$(TESTS) check compiled pure bounds

test-compiled: $(DEV_READY) page  ## All tests, the kernel compiled as shipped.
	$(TESTS) compiled

test-pure: $(DEV_READY)  ## The kernel as plain Python: coverage is counted, and an overflow fails.
	$(TESTS) pure

test-bounds: $(DEV_READY)  ## The rules and properties with every array index checked.
	$(TESTS) bounds

check: $(DEV_READY)  ## Style and types.
	$(TESTS) check

bench: $(DEV_READY)  ## One canonical workload: throughput and tail latency, with the machine named.
	$(BIN)/emporion bench

fuzz: $(DEV_READY)  ## Schemathesis against the doors, fifteen times longer than the tests.
	$(TESTS) fuzz

sim: $(DEV_READY)  ## Long random runs against the model, and worlds of failures.
	$(TESTS) sim

pictures: $(DEV_READY) page  ## Take the pictures of the page in docs/images again.
	$(BIN)/python -m scripts.make_pictures

reference: $(DEV_READY)  ## Write docs/reference again from the source.
	$(BIN)/python -m scripts.make_reference

lock: $(DEV_READY)  ## Resolve the dependencies again and write both lock files.
	sh scripts/lock.sh

clean:  ## Remove everything that was installed or built here. The venue in data/ stays.
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis src/emporion.egg-info
	rm -rf web/node_modules src/emporion/gateway/page

$(RUN_READY): requirements.lock pyproject.toml scripts/setup.sh
	PYTHON=$(PYTHON) sh scripts/setup.sh requirements.lock
	@touch $@

$(DEV_READY): requirements-dev.lock pyproject.toml scripts/setup.sh scripts/browser.sh
	sh scripts/browser.sh
	PYTHON=$(PYTHON) sh scripts/setup.sh requirements-dev.lock
	@touch $@
