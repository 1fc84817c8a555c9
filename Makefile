# Every verb sets up what it needs: make run on a fresh clone is all a newcomer types.
PYTHON ?= $(shell command -v python3.12 >/dev/null 2>&1 && python3.12 -c '' 2>/dev/null && echo python3.12 || echo python3.11)
VENV := .venv
BIN := $(VENV)/bin
STUDY ?= studies/saliency.yaml

# What touches tables, under the oldest supported pandas and numpy, the first pandas with strings of its own, and the newest.
TABLE_TESTS := tests/judge tests/report tests/stats tests/data/test_folds.py tests/measure/test_table.py \
	tests/measure/test_distances.py tests/measure/test_sorted_distances.py tests/record/test_table.py
OLDEST := pandas==2.2.2 numpy==2.0.0
STRINGS := pandas==3.0.* numpy
NEWEST := pandas numpy

.PHONY: setup run test slow gpu check versions bench pictures ui dashboard clean

setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dashboard,dev]'
	@touch $@

run: setup
	$(BIN)/harness run $(STUDY)

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile

slow: setup
	$(BIN)/python -m pytest -m 'slow or gpu' --timeout 3600

gpu: setup
	$(BIN)/python -m pytest -m gpu -rs --timeout 3600

versions: setup
	.ci/versions $(BIN)/python oldest "$(OLDEST)" $(TABLE_TESTS)
	.ci/versions $(BIN)/python strings "$(STRINGS)" $(TABLE_TESTS)
	.ci/versions $(BIN)/python newest "$(NEWEST)" $(TABLE_TESTS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases dashboard/pages/*.py

bench: setup
	$(BIN)/python -m benchmarks.overhead
	$(BIN)/python -m benchmarks.recording
	$(BIN)/python -m benchmarks.live_records
	$(BIN)/python -m benchmarks.calibration
	$(BIN)/python -m benchmarks.large_tables
	$(BIN)/python -m benchmarks.race
	$(BIN)/python -m benchmarks.sequential
	$(BIN)/python -m benchmarks.dashboard
	$(BIN)/python -m benchmarks.gpu
	$(BIN)/python -m benchmarks.gpu_measure

pictures: setup
	$(BIN)/python -m benchmarks.pictures

ui: setup
	$(BIN)/mlflow ui --host 127.0.0.1 --backend-store-uri sqlite:///$(CURDIR)/mlflow.db

dashboard: setup
	$(BIN)/harness dashboard

clean:
	rm -rf $(VENV) .venv-oldest .venv-newest .mypy_cache .ruff_cache .pytest_cache harness.egg-info
