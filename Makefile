# make app: set up, then serve the explorer.  make test: set up, then run every test.  make wheel: build the package
# and prove it in an empty environment.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: app test lint wheel clean
app: .venv/ready
	$(BIN)/galexplore app

# A process a core, of one thread each: threads of two processes would wait for each other.
test: .venv/ready-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q --numprocesses auto --dist loadfile --no-loadscope-reorder --durations=15

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

wheel: .venv/ready-dev
	$(BIN)/python .ci/prove_wheel.py

clean:
	rm -rf .venv

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "galexplore needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv || { echo "No virtual environment could be made; on Debian: apt install python3-venv"; exit 1; }

.venv/ready: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# Chromium for the browser tests: the machine's own, else apt's where that is allowed, else playwright's. Where none
# works, those tests skip and say why.
.venv/ready-dev: .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,mock,survey]'
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
		echo "Installing Chromium for the browser tests"; \
		{ [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null 2>&1 || \
		$(BIN)/playwright install chromium >/dev/null 2>&1 || echo "No Chromium could be installed; its tests will skip"
	@touch $@
