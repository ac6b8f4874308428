# run: watch (the sandbox, if no account is configured)     test: everything must pass     check: the quick part of test
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: run test check format lint types layers unit browser wheel web web-check bench clean

run: $(VENV)/.run web
	@exec $(BIN)/nephoscope up $(ARGS)

test: lint types layers web-check unit browser wheel

check: lint types layers
	$(BIN)/python -m pytest -q -m "not slow" -n 2 --ignore tests/e2e $(ARGS)

$(VENV)/.run: requirements.lock pyproject.toml
	@test -x $(BIN)/python || python3 -m venv $(VENV)
	@test -e $(VENV)/.test || { echo "Setting up $(VENV): about 100 packages, 700 MB; a minute or two." && \
	  $(PIP) install --require-hashes -r requirements.lock; }
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements-dev.lock pyproject.toml
	@test -x $(BIN)/python || python3 -m venv $(VENV)
	@echo "Setting up $(VENV) with the tools of the tests; a few minutes."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.test
	$(BIN)/pyright --pythonpath $(BIN)/python

layers: $(VENV)/.test
	$(BIN)/lint-imports

unit: $(VENV)/.test web
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/e2e $(ARGS)

browser: $(VENV)/.test web  # in processes of its own: the browser's driver holds an event loop
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder tests/e2e

web: | $(VENV)/.run
	@$(BIN)/python hatch_build.py

web-check: $(VENV)/.test web
	@test -d web/node_modules/typescript || $(BIN)/python hatch_build.py npm ci --ignore-scripts --no-audit --no-fund
	@$(BIN)/python hatch_build.py npm run --silent check
	@$(BIN)/python hatch_build.py npm run --silent test

wheel: $(VENV)/.test
	$(BIN)/python tests/wheel.py

bench: $(VENV)/.test
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
