# Two commands do everything on a fresh Debian or Ubuntu machine: make run, make test.
PYTHON ?= python3
FUZZ_SECONDS ?= 30
RACES_SECONDS ?= 20
FUZZ_MESSAGES ?= 50000
FUZZ_EXAMPLES ?= 5000
FUZZ_SEEDS ?= 101 102
# What reads or writes the database, tested a second time on PostgreSQL; the API's behaviours are, by two nodes.
ON_STORE := $(addprefix tests/,access conference delivery store)
# Tests with real phones or a real browser, in real time: they wait more than they compute, and three run at a time.
REAL_PEERS := tests/chaos tests/e2e tests/satellite tests/console tests/sip/test_sipp.py tests/webrtc/test_chromium.py tests/webrtc/test_media.py

VENV := .venv
BIN := $(VENV)/bin
SOURCES := setup.py $(wildcard native/*/*.c native/*.h native/*/*.h native/*.pyx native/*.pxd native/*.pxi)

# Every fault of docs/reliability.md.
CHAOS := tests/chaos tests/sip/test_stopped_processes.py tests/speech/synthesis/test_service.py tests/recording/test_full_disk.py \
	tests/recording/test_kill.py tests/e2e/test_killed_workers.py tests/speech/recognition/test_conferences.py tests/satellite/test_storm.py
MINUTES ?= 30

# A failed test is run again, once; tests with real phones and a real browser twice, because their timing depends on how busy the
# machine is. The summary lists each as RERUN: a bug to mend.
RETRY := --reruns 1 --reruns-delay 2 -r fEsR --durations 20
RETRY_PEERS := --reruns 2 --reruns-delay 2 -r fEsR --durations 20

# The tests of a file run in one process, and files in their order: those with few tests are not the shortest.
BY_FILE := --dist loadfile --no-loadscope-reorder

IN_NETWORK = $(BIN)/python -m tests.support.netns $(abspath $(BIN))/python -m pytest -q -p no:benchmark

export PIP_DISABLE_PIP_VERSION_CHECK := 1

comma := ,
# Run a command without its output; print the output if it fails.
quietly = mkdir -p build && { $(1) > build/make.log 2>&1 || { cat build/make.log; exit 1; }; }

.PHONY: help run dev build lint test chaos soak fresh bench capacity client console screenshots docs debug races fuzz wheel clean

help: ## List the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/run.stamp ## Install, build and start a server with a demo room (HOST=0.0.0.0: reachable from the network)
	@tools/build_console.sh $(abspath $(BIN))/python
	@$(BIN)/mixminus serve --demo $(if $(HOST),--host $(HOST))

dev: $(VENV)/dev.stamp ## Install everything a developer needs into .venv

build: $(VENV)/dev.stamp ## Build the native engine in place, and the console
	@$(BIN)/python setup.py -q build_ext --inplace
	@tools/build_console.sh $(abspath $(BIN))/python

lint: build build/typing/mixminus ## Check style, types, the engine's type stub and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=build/typing $(BIN)/python -m mypy.stubtest mixminus.mixer._engine
	$(BIN)/lint-imports
	cd console && ../tools/with_node.sh $(abspath $(BIN))/python node_modules/.bin/tsc --noEmit

test: build ## Run all tests, with real phones, a real browser and both databases (ARGS runs a part)
	@PYTHON=$(PYTHON) tools/install_packages.sh test
	@tools/build_browser_phones.sh $(abspath $(BIN))/python
	@tools/install_pipecat.sh $(abspath $(BIN))/python
	@tools/install_whisper_base.sh $(abspath $(BIN))/python
ifdef ARGS
	$(IN_NETWORK) $(ARGS)
else
	$(IN_NETWORK) $(RETRY) -m "not long" $(addprefix --ignore=,$(REAL_PEERS)) -n 4 $(BY_FILE)
	MIXMINUS_TEST_DATABASE=postgresql $(IN_NETWORK) $(RETRY) $(ON_STORE) -n 4 $(BY_FILE)
	MIXMINUS_TEST_DATABASE=postgresql MIXMINUS_TEST_NODES=2 $(IN_NETWORK) $(RETRY) tests/conformance -n 3 $(BY_FILE)
	$(IN_NETWORK) $(RETRY_PEERS) -m "not long" $(REAL_PEERS) -n 3 $(BY_FILE)
endif

chaos: build ## Run the test of each fault in docs/reliability.md; what it measures is in build/chaos.jsonl
	@PYTHON=$(PYTHON) tools/install_packages.sh test
	rm -f build/chaos.jsonl
	$(IN_NETWORK) $(RETRY_PEERS) $(CHAOS)

soak: build ## Keep a server busy for MINUTES, and write what it used as build/soak/soak.csv and soak.svg
	@PYTHON=$(PYTHON) tools/install_packages.sh test
	$(BIN)/python -m tests.support.netns $(abspath $(BIN))/python -m bench.soak --minutes $(MINUTES) --out build/soak

fresh: ## Run `make run` and `make test` of HEAD on a bare Debian root (ARGS runs a part of the tests)
	tools/fresh.sh $(ARGS)

bench: build ## Measure kernels, a tick of 1000 ports, drift, API latency and call rate; see bench/README.md
	@PYTHON=$(PYTHON) tools/install_packages.sh bench
	$(BIN)/python -m pytest bench --benchmark-only -q
	$(BIN)/python -m bench.lockstep
	$(BIN)/python -m bench.drift
	$(BIN)/python -m tests.support.netns $(abspath $(BIN))/python -m bench.api_latency
	$(BIN)/python -m tests.support.netns $(abspath $(BIN))/python -m bench.call_rate

capacity: build ## Measure the capacity of the whole server in ten minutes, into build/capacity (ARGS='--phones 500' measures one line)
	@PYTHON=$(PYTHON) tools/install_packages.sh bench
	$(BIN)/python -m bench.capacity $(or $(ARGS),--all) --out build/capacity

client: build ## Make both clients anew from the OpenAPI document: src/client/generated, and mixminus-client as an npm package in build
	$(BIN)/python tools/generate_client.py
	tools/pack_client.sh $(abspath $(BIN))/python

console: build ## Build the web console, served at /console

screenshots: build ## Take pictures of every view of the console, light and dark, wide and narrow, into build/screenshots
	@PYTHON=$(PYTHON) tools/install_packages.sh test
	$(BIN)/python -m tests.support.netns $(abspath $(BIN))/python -m tests.console.screenshots build/screenshots

docs: $(VENV)/dev.stamp ## Build the documentation as a website, served at /docs/guide
	@$(call quietly,$(BIN)/mkdocs build)
	@echo "src/console/guide/index.html; a server shows it at /docs/guide"

debug: build ## Run the native tests with the engine built for ASan and UBSan
	@PYTHON=$(PYTHON) tools/install_packages.sh debug
	MIXMINUS_SANITIZE=1 ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc \
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
	$(BIN)/python -m pytest tests/native -q -p no:cacheprovider -n 2

races: build ## Run the engine's threads against each other for RACES_SECONDS, built for ThreadSanitizer
	@tools/install_packages.sh fuzz
	PYTHON=$(abspath $(BIN))/python tests/races/run.sh $(RACES_SECONDS)

fuzz: build ## Fuzz each parser that reads bytes from the network for FUZZ_SECONDS or with FUZZ_EXAMPLES, and the SIP side with FUZZ_MESSAGES for each of FUZZ_SEEDS
	@tools/install_packages.sh fuzz
	PYTHON=$(firstword $(wildcard $(abspath $(BIN))/python) $(PYTHON)) tests/fuzz/run.sh $(FUZZ_SECONDS)
	FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest -q tests/fuzz/test_parsers.py tests/sip/test_edge_fuzz.py
	$(BIN)/python -m tests.support.sip_fuzzer $(FUZZ_MESSAGES) $(FUZZ_SEEDS)

wheel: docs build ## Build the sdist, a manylinux wheel from it and its bill of materials (SBOM), and try the wheel in a clean environment
	tools/try_wheel.sh $(abspath $(BIN))/python

clean: ## Remove what was built
	rm -rf build dist $(VENV) src/mixer/*.so src/console/guide src/console/built console/node_modules console/src/generated console/client/src/generated console/client/dist

$(VENV)/bin/python:
	@PYTHON=$(PYTHON) tools/install_packages.sh build
	@$(PYTHON) -m venv $(VENV)
	@$(call quietly,$(BIN)/python -m pip install -U pip "setuptools>=77" wheel "cython>=3.1$(comma)<4")

$(VENV)/run.stamp: pyproject.toml $(SOURCES) | $(VENV)/bin/python
	@echo "Installing and building mixminus in $(VENV): a minute or two, once ..."
	@$(call quietly,$(BIN)/python -m pip install --no-build-isolation -e '.[stt]')
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(VENV)/bin/python
	@echo "Installing mixminus and its development tools in $(VENV): a few minutes, once ..."
	@$(call quietly,$(BIN)/python -m pip install --no-build-isolation -e '.[dev]')
	@# Only its library is used, none of its Python, for which it needs matplotlib; there are wheels for x86-64 and arm64.
	@$(call quietly,$(BIN)/python -m pip install --no-deps "pyrnnoise>=0.4.5$(comma)<0.5; platform_machine == 'x86_64' or platform_machine == 'aarch64'")
	@touch $@

build/typing/mixminus:
	@mkdir -p $(@D) && ln -sfn ../../src $@
