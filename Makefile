# Two commands do everything on a machine with Python (>= 3.11), pip and make: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed

.PHONY: demo test lint benchmark check clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(STAMP): $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

# A real calculation: prints it, explains its total, writes the HTML report and the audit workbook.
demo: $(STAMP)
	mkdir -p demo-output
	$(BIN)/carbonacct calc examples/power-plant.yaml --html demo-output/power-plant.html --excel demo-output/power-plant.xlsx
	$(BIN)/carbonacct explain examples/power-plant.yaml E --html demo-output/power-plant-explained.html
	@echo
	@echo "Written: demo-output/power-plant.html, demo-output/power-plant.xlsx and demo-output/power-plant-explained.html"

# The mutants run apart: measuring coverage would only slow them down.
test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal tests/mutants
	$(BIN)/python -m pytest -n 2 --dist worksteal --ignore tests/mutants --cov --cov-report=term --cov-report=json:.coverage.json
	$(BIN)/python tests/coverage_floor.py .coverage.json

lint: $(STAMP)
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy

check: $(STAMP)
	$(BIN)/carbonacct check --coverage

benchmark: $(STAMP)
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) demo-output .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis
