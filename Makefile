# make setup | demo | test | training | corpus | fuzz | bench | bench-plurel. PYTHON picks the interpreter (3.11 or newer).

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
WHEELS := target/wheels
CLEAN  := target/test-venv
STAMP  := $(VENV)/.installed
TRAIN  := target/training-venv

.PHONY: setup demo test lint rust wheel pytest training corpus fuzz bench bench-plurel

setup: $(STAMP)

$(VENV)/.tools: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --group dev
	touch $@

# The package with its native module, rebuilt where a source is newer.
$(STAMP): $(VENV)/.tools Cargo.lock $(shell find sampler plurel_sql -name '*.rs' -o -name '*.toml' -o -name '*.py')
	VIRTUAL_ENV=$(abspath $(VENV)) PIP_QUIET=1 $(BIN)/maturin develop --release --quiet
	touch $@

demo: setup
	$(BIN)/plurel-sql synth retail --rows 1e6 --out retail.duckdb --overwrite

test: lint rust pytest training

lint: $(VENV)/.tools setup
	$(BIN)/ruff check plurel_sql tests benchmarks docs training
	$(BIN)/ruff format --check plurel_sql tests benchmarks docs training
	$(BIN)/mypy
	$(BIN)/lint-imports

rust:
	cargo fmt --check
	cargo clippy --locked --all-targets --features python -- -D warnings
	cargo test --locked --quiet

# The built wheel is what is tested, in an environment that has nothing else of this tree. It is built from the source
# distribution, with the libraries that `setup` compiled, which for Cargo are as new as the sources in there ever look.
wheel: setup
	rm -rf $(WHEELS)
	CARGO_TARGET_DIR=$(abspath target) $(BIN)/maturin build --release --quiet --sdist --out $(WHEELS)

pytest: wheel
	$(PYTHON) -m venv --clear $(CLEAN)
	$(CLEAN)/bin/pip install --quiet --upgrade pip
	$(CLEAN)/bin/pip install --quiet "$$(ls $(WHEELS)/*.whl)[mysql,pandas,postgres,relbench]" networkx pytest pytest-xdist hypothesis
	PLUREL_FUZZ_CHUNKS=1 PLUREL_CORPUS_SECONDS=150 $(CLEAN)/bin/python -P -m pytest -n 2 --hypothesis-profile=ci --durations=25

# The training package, which alone needs torch (3 GB), in an environment of its own beside the built wheel.
training: wheel
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(TRAIN)
	$(BIN)/uv pip install --quiet --python $(TRAIN)/bin/python --reinstall-package plurel-sql \
	  "$$(ls $(WHEELS)/*.whl)[relbench]" --editable training --group training/pyproject.toml:test
	cd training && ../$(TRAIN)/bin/mypy
	cd training && ../$(TRAIN)/bin/python -m pytest -n 2 --durations=25

# Every real schema into the engine of its dialect; writes docs/corpus.md. Needs ../shared, PostgreSQL and MariaDB.
corpus: setup
	$(BIN)/python tests/corpus/table.py

# Ten thousand cases.
fuzz: setup
	$(BIN)/python -m pytest tests/fuzz -n 2

bench: setup
	$(BIN)/python benchmarks/end_to_end.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/duckdb_load.py
	$(BIN)/python benchmarks/postgres_load.py
	$(BIN)/python benchmarks/mysql_load.py
	$(BIN)/python benchmarks/wide.py

# The published PluRel declares Python >= 3.12 and runs on 3.11 when that check is ignored. Downloads 3 GB of torch.
bench-plurel: setup
	$(PYTHON) -m venv .venv-plurel
	.venv-plurel/bin/pip install --quiet --ignore-requires-python --no-deps plurel==1.1.0
	.venv-plurel/bin/pip install --quiet relbench==1.1.0 pytorch-frame torch sqlalchemy networkx pandas numpy tqdm
	$(BIN)/pip install --quiet scikit-learn scipy
	$(BIN)/python benchmarks/versus_plurel.py --plurel-python .venv-plurel/bin/python
	$(BIN)/python benchmarks/corpus.py --plurel-python .venv-plurel/bin/python
	$(BIN)/python benchmarks/prior_distance.py --plurel-python .venv-plurel/bin/python
