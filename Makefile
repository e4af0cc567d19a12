# make demo    the main job: from an order to an answer, into out/demo
# make serve   the console, in a browser, on the mission of the demo
# make test    every check but the slow ones; `make test-all` runs those too
# make lint | page | bench | docs | pins | clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/ready
PAGE := swath/serve/static/index.html
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

# Compiled modules are kept, as numba's kernels beside them are: else each start of swath compiles it all anew.
unexport PYTHONDONTWRITEBYTECODE

# In the order of tests/conftest.py, long files first: by default those with few tests come last, and one core ends alone.
ON_TWO_CORES := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo serve test test-all lint page bench docs pins clean

demo: $(READY)
	$(BIN)/swath demo --out out/demo
	@echo "The whole story, with pictures: $(CURDIR)/out/demo/report.html (opens in any browser, without a network)"

serve: $(READY) $(PAGE)
	@test -f out/demo/plan.json || $(MAKE) demo
	$(BIN)/swath serve out/demo

test: lint
	$(BIN)/pytest -m "not slow" $(ON_TWO_CORES)

test-all: lint .venv/ready-judges
	$(BIN)/pytest $(ON_TWO_CORES)

lint: $(READY) $(PAGE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict swath
	$(BIN)/lint-imports --no-logo
	$(BIN)/python web/build.py check
	$(BIN)/python web/build.py test

page: $(PAGE)

# Node comes with the pins; a wheel holds the page already, so that its users need neither this nor npm.
$(PAGE): web/build.py web/index.html web/package-lock.json web/vite.config.ts web/tsconfig.json $(shell find web/src web/public -type f) | $(READY)
	$(BIN)/python web/build.py

bench: .venv/ready-judges
	$(BIN)/python benchmarks/demo.py --cold --size flood
	$(BIN)/python benchmarks/demo.py
	$(BIN)/python benchmarks/ground.py
	$(BIN)/python benchmarks/plan.py

docs: .venv/ready-docs
	rm -rf docs/reference/library
	$(BIN)/sphinx-build -W --keep-going --quiet docs docs/_build
	@echo "Documentation: $(CURDIR)/docs/_build/index.html"

# The environment stamps itself: made anew when the pins change, swath entered again when its metadata change.
.venv/pins: requirements/test.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "swath needs Python 3.11 or newer")'
	$(PYTHON) -m venv --clear .venv
	$(PIP) --require-hashes -r requirements/test.txt
	@touch $@

$(READY): .venv/pins pyproject.toml | .venv/kernels
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

# numba keeps compiled kernels but does not see a change in a kernel that is called from another file.
.venv/kernels: $(wildcard swath/*/*kernels.py swath/*/*/*kernels.py)
	@find swath -name '*.nb[ic]' -delete
	@touch $@

# Outside judges: those that live with swath, and those that need older parts than it and so an environment of their own.
.venv/ready-judges: $(READY) requirements/judges.txt requirements/apart.txt
	$(PIP) --require-hashes -r requirements/judges.txt
	$(PYTHON) -m venv --clear .venv-apart
	.venv-apart/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/apart.txt
	@touch $@

.venv/ready-docs: $(READY) requirements/docs.txt
	$(PIP) --require-hashes -r requirements/docs.txt
	@touch $@

# Newest releases that fit pyproject.toml, with hashes and without addresses; needs `uv` on the path.
COMPILE_ANY := UV_CUSTOM_COMPILE_COMMAND="make pins" uv pip compile --quiet --upgrade --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links
COMPILE := $(COMPILE_ANY) --universal pyproject.toml
pins:
	$(COMPILE) --output-file requirements/run.txt
	$(COMPILE) --constraint requirements/run.txt --extra test --output-file requirements/test.txt
	$(COMPILE) --constraint requirements/test.txt --extra docs --output-file requirements/docs.txt
	$(COMPILE_ANY) pyproject.toml --constraint requirements/test.txt --extra judges --output-file requirements/judges.txt
	$(COMPILE_ANY) requirements/apart.in --output-file requirements/apart.txt

clean:
	rm -rf out dist build docs/_build docs/reference/library swath/serve/static web/node_modules .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
	find swath tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
