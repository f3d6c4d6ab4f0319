# Two commands are all that a newcomer needs: `make demo` and `make test`. Each target does its own set-up.
.DEFAULT_GOAL := help
.PHONY: help venv demo lint test e2e ahead bench kind lock clean

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
DEMO_STATE ?= $(CURDIR)/.demo

help:  ## what there is
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

venv: $(READY)  ## a virtual environment with everything, from the hashed lock

$(READY): requirements.lock pyproject.toml
	@echo "Setting up .venv (about 6 GB: torch brings CUDA along) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ltk8s needs Python 3.11 or newer; set PYTHON=... to one.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.5'
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: $(READY)  ## three techniques on built-in long-tailed images, from nothing to a verdict, in minutes
	@LTK8S_STATE_DIR='$(DEMO_STATE)' LTK8S='$(CURDIR)/$(BIN)/ltk8s' sh docs/demo.sh

lint: $(READY)  ## formatting, ruff, mypy --strict, the layers of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: $(READY)  ## all tests: real files, real processes, a real MinIO server
	$(BIN)/python -m pytest

e2e: $(READY)  ## the whole of it on a real Kubernetes, which it brings up and takes down (root, Linux, Go)
	$(BIN)/python -m pytest -c tests/e2e/pytest.ini tests/e2e

ahead: $(READY)  ## build what `make test` and `make e2e` run against while something else is done (root, Linux, Go)
	@nice -n 19 $(BIN)/python -m tests.e2e.cluster build

bench: $(READY)  ## the benchmarks, each against a named peer in one run
	$(BIN)/python benchmarks/controller.py
	$(BIN)/python benchmarks/training_step.py

kind: $(READY)  ## Kubernetes on this machine (Docker and kind): built, installed, and a first run to its report
	@LTK8S='$(CURDIR)/$(BIN)/ltk8s' sh k8s/kind.sh

# requirements.lock is for developers; the images' locks have its versions, for any platform.
COMPILE = $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header
SAME := --no-annotate --universal --upgrade --constraints requirements.lock
NUMERIC := jinja2 markupsafe numpy pillow safetensors scipy  # what the controller never loads

lock: $(READY)  ## all locks anew from pyproject.toml
	$(COMPILE) pyproject.toml --all-extras --group dev --group build --upgrade -o requirements.lock
	$(COMPILE) pyproject.toml --extra train $(SAME) -o requirements/worker.lock
	$(COMPILE) pyproject.toml --extra controller $(SAME) $(NUMERIC:%=--no-emit-package %) -o requirements/controller.lock
	$(COMPILE) --group build $(SAME) -o requirements/build.lock

clean:  ## the virtual environment, the demo's files and all caches
	rm -rf .venv .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
