# NMDC Runtime. `make help` lists every target; `make demo` and `make test` need nothing before them.

PYTHON ?= python3
COMPOSE ?= docker compose
DOCKER ?= docker
ARGS ?=
# Processes that run tests: a number, or logical (one a core).
JOBS ?= logical
# Seconds that up-dev and up-test wait for their services to become healthy.
STACK_TIMEOUT ?= 300

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DRS_INSTALLED := .drs-venv/.installed
CLIENT_INSTALLED := .nmdc-client-venv/.installed
REFSCAN_INSTALLED := .refscan-venv/.installed
FUZZ_INSTALLED := .fuzz-venv/.installed
SCHEMA_INSTALLED := .schema-venv/.installed
RUNTIME := $(BIN)/nmdc-runtime
# Hypothesis' own profile for CI: the same examples every time, and a busy machine is no failure.
PROFILE := --hypothesis-profile=ci
PYTEST := $(BIN)/pytest

# $(call venv,FOLDER): make an environment of its own from the lock that the target depends on.
define venv
$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(1)
@$(BIN)/uv pip sync --quiet --require-hashes --python $(1)/bin/python $< || \
  $(BIN)/python -m pip --python $(1)/bin/python install --quiet --no-deps --require-hashes -r $<
@touch $@
endef

# Project names: another one is another stack, with its own containers and data.
DEV_PROJECT ?= nmdc-runtime-dev
TEST_PROJECT ?= nmdc-runtime-test
DEV := $(COMPOSE) -p $(DEV_PROJECT) -f docker-compose.yml
TEST := $(COMPOSE) -p $(TEST_PROJECT) -f docker-compose.test.yml

# $(call dotenv,NAME): a value of .env, without its quotes. Only recipes expand these.
dotenv = $(shell sed -n "s/^$(1)=//p" .env 2>/dev/null | tail -n 1 | sed "s/^[\"']//; s/[\"']$$//")
# $(call need,NAME,WHAT): end the recipe unless the variable has a value that is not a placeholder.
need = case "$($(1))" in ""|replaceme) echo "error: set $(1), $(2), in .env or as 'make $@ $(1)=...'" >&2; exit 1;; esac
# $(call program,NAME,HINT): end the recipe unless the program is there.
program = command -v $(1) >/dev/null || { echo "error: '$(1)' is not installed: $(2)" >&2; exit 1; }

# The key file of the containers: your own if there is one, else the repository's (local only).
MONGO_KEY_FILE ?= $(or $(call dotenv,MONGO_KEY_FILE),$(wildcard ./.docker/mongoKeyFile),./mongoKeyFile)
export COMPOSE DOCKER MONGO_KEY_FILE

# End the recipe unless the compose command and an engine answer.
engine = $(COMPOSE) version >/dev/null 2>&1 || { \
  echo "error: '$(COMPOSE)' does not work here: install Docker with Compose, or set COMPOSE (COMPOSE=docker-compose is version 1.29)" >&2; exit 1; }; \
  $(DOCKER) info >/dev/null 2>&1 || { echo "error: no Docker engine answers: start it" >&2; exit 1; }

NERSC_USERNAME ?= $(call dotenv,NERSC_USERNAME)
NERSC_LOGIN_HOST ?= dtn02.nersc.gov
NERSC_MONGO_PROD_HOST ?= $(call dotenv,NERSC_MONGO_PROD_HOST)
NERSC_MONGO_DEV_HOST ?= $(call dotenv,NERSC_MONGO_DEV_HOST)
PATH_TO_NERSC_SSHPROXY ?= $(call dotenv,PATH_TO_NERSC_SSHPROXY)
MONGO_REMOTE_DUMP_DIR ?= $(call dotenv,MONGO_REMOTE_DUMP_DIR)
DEV_STACK_HOST_MACHINE_PORT_MONGO ?= $(call dotenv,DEV_STACK_HOST_MACHINE_PORT_MONGO)
MONGO_USERNAME ?= $(call dotenv,MONGO_USERNAME)
MONGO_PASSWORD ?= $(call dotenv,MONGO_PASSWORD)

.DEFAULT_GOAL := help

##@ Start here

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-zA-Z0-9_.-]+:.*## / { printf "  %-22s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: setup ## Set up, start the local stack if none runs, send a real study in and read it back
	@$(RUNTIME) demo $(ARGS)

.PHONY: setup
setup: $(INSTALLED) ## Make .venv from the locks and see to the system packages; quick when done
	@requirements/install-system-packages

$(INSTALLED): requirements/dev.txt requirements/uv.txt pyproject.toml
	@requirements/make-venv "$(PYTHON)" "$(VENV)"
	@touch $@

##@ Local stack, without containers

.PHONY: up
up: setup ## Start the local stack: hub :8000, Dagster :3000 (ARGS="--detach ...")
	@$(RUNTIME) up $(ARGS)

.PHONY: down
down: $(INSTALLED) ## Stop the local stack; its data stay
	@$(RUNTIME) down $(ARGS)

.PHONY: status
status: $(INSTALLED) ## Say what runs in the local stack, and where (ARGS=--secrets shows credentials)
	@$(RUNTIME) status $(ARGS)

##@ Checks and tests

.PHONY: check
check: $(INSTALLED) ## Format, lint, types, import contracts, unit tests: what CI runs first
	$(MAKE) --no-print-directory --output-sync=target -j 2 lint types contracts
	$(PYTEST) -q -n $(JOBS) $(PROFILE) -m unit tests/unit

.PHONY: lint
lint: $(INSTALLED) ## Check format and lint (ruff); changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

.PHONY: types
types: $(INSTALLED) ## Check types (mypy)
	$(BIN)/mypy

.PHONY: contracts
contracts: $(INSTALLED) ## Check that imports point down (import-linter)
	$(BIN)/lint-imports

.PHONY: black
black: $(INSTALLED) ## Format the code (ruff format, under the name people know), fix imports
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .

.PHONY: test-fast
test-fast: setup ## Unit, store and contract tests, in two minutes
	$(PYTEST) -n $(JOBS) $(PROFILE) -m "unit or store or contract" $(ARGS)

.PHONY: drs-compliance-suite
drs-compliance-suite: $(DRS_INSTALLED) ## Make .drs-venv, with GA4GH's own suite for DRS
	@:

$(DRS_INSTALLED): requirements/drs-compliance.txt | $(INSTALLED)
	@$(call venv,.drs-venv)

.PHONY: nmdc-client
nmdc-client: $(CLIENT_INSTALLED) ## Make .nmdc-client-venv, with the client that most people use
	@:

$(CLIENT_INSTALLED): requirements/nmdc-client.txt | $(INSTALLED)
	@$(call venv,.nmdc-client-venv)

.PHONY: refscan
refscan: $(REFSCAN_INSTALLED) ## Make .refscan-venv, with NMDC's own checker of references
	@:

$(REFSCAN_INSTALLED): requirements/refscan.txt | $(INSTALLED)
	@$(call venv,.refscan-venv)

.PHONY: newest-schema
newest-schema: $(SCHEMA_INSTALLED) ## Make .schema-venv, with the newest nmdc-schema, to migrate data to
	@:

$(SCHEMA_INSTALLED): requirements/newest-schema.txt | $(INSTALLED)
	@$(call venv,.schema-venv)

$(FUZZ_INSTALLED): requirements/fuzz.txt | $(INSTALLED)
	@$(call venv,.fuzz-venv)

.PHONY: test
test: $(INSTALLED) system-test-packages drs-compliance-suite nmdc-client refscan newest-schema ## All tests but those of the containers and the measures
	$(PYTEST) -n $(JOBS) $(PROFILE) --durations=25 $(if $(CHECKED),--ignore=tests/unit) -m "not compose and not bench$(if $(CHECKED), and not endurance)" $(ARGS)

.PHONY: test-compose
test-compose: setup ## The tests of the containers, from outside (COMPOSE=docker-compose for 1.29)
	@$(call engine)
	$(PYTEST) -n 0 -m compose tests/compose $(ARGS)

.PHONY: bench
bench: setup ## Measure the published bars against the bare work, and print the ratios
	$(PYTEST) -n 0 -q -s -m bench $(ARGS)

# Seconds of fuzzing, and the seed of an earlier run to repeat it.
TIME ?= 900
SEED ?=

.PHONY: fuzz
fuzz: setup $(FUZZ_INSTALLED) ## Send a hub whatever its OpenAPI document allows, and more (TIME=900 SEED=)
	$(BIN)/python -m tests.fuzz --time $(TIME) $(if $(SEED),--seed $(SEED)) $(ARGS)

.PHONY: system-test-packages
system-test-packages: ## Install the system packages that only tests need (Chromium)
	@requirements/install-system-packages --test

##@ Development stack, in containers

.PHONY: up-dev
up-dev: .env ## Build and start the dev stack; wait until it is healthy
	@$(call engine)
	$(DEV) up --build --force-recreate --detach --remove-orphans
	@docker/wait-healthy.sh $(STACK_TIMEOUT) $(DEV)

.PHONY: down-dev
down-dev: .env ## Stop the dev stack; its data stay
	@$(call engine)
	$(DEV) down --remove-orphans

.PHONY: status-dev
status-dev: .env ## Say which containers of the dev stack run, and whether they are healthy
	@$(call engine)
	@$(DEV) ps

.PHONY: reset-db-dev
reset-db-dev: .env ## Empty the dev database, or fill it from DUMP=folder (of mongodump)
	@$(call engine)
	@docker/reset-db.sh "$(DUMP)" $(DEV)

.env:
	@echo "error: there is no .env yet: cp .env.example .env" >&2; exit 1

.PHONY: up-prod-check
up-prod-check: ## Refuse a MongoDB key file that must not guard production
	@docker/up-prod-check.sh "$(MONGO_KEY_FILE)"

##@ Test stack, in containers

.PHONY: up-test
up-test: ## Build and start the test stack; wait until it is healthy
	@$(call engine)
	$(TEST) up --build --force-recreate --detach --remove-orphans
	@docker/wait-healthy.sh $(STACK_TIMEOUT) $(TEST)

.PHONY: run-test
run-test: ## Run the tests inside the test stack, against its servers (ARGS=pytest arguments)
	@$(call engine)
	@docker/wait-healthy.sh 300 $(TEST)
	$(TEST) exec -T test pytest -n $(JOBS) $(PROFILE) --cov=nmdc_runtime -m "unit or store or api or contract" $(ARGS)

.PHONY: down-test
down-test: ## Stop the test stack and delete its data
	@$(call engine)
	$(TEST) down --volumes --remove-orphans

.PHONY: test-shell
test-shell: down-test up-test ## Start a fresh test stack and open a shell in it
	$(TEST) exec test bash

.PHONY: reset-db-test
reset-db-test: ## Empty the test stack's database, or fill it from DUMP=folder (of mongodump)
	@$(call engine)
	@docker/reset-db.sh "$(DUMP)" $(TEST)

.PHONY: reset-fastapi-test
reset-fastapi-test: ## Restart the hub of the test stack
	@$(call engine)
	$(TEST) restart fastapi
	@docker/wait-healthy.sh $(STACK_TIMEOUT) $(TEST)

.PHONY: clear-db-test
clear-db-test: ## Remove the test stack's MongoDB with its data, then bring all up again
	@$(call engine)
	$(TEST) rm --stop --force -v mongo mongo-init fastapi follower dagster-code dagster-dagit dagster-daemon test
	$(DOCKER) volume rm $(TEST_PROJECT)_mongo_data
	$(TEST) up --detach
	@docker/wait-healthy.sh $(STACK_TIMEOUT) $(TEST)

.PHONY: docker-clean
docker-clean: ## Remove both stacks with their data and networks, and images that have no tag any more
	@$(call program,$(DOCKER),see https://docs.docker.com/engine/install/)
	@docker/clean.sh $(DEV_PROJECT) $(TEST_PROJECT)

##@ Generated files, locks, documentation, release

.PHONY: regen
regen: $(INSTALLED) ## Write all generated files (OpenAPI, .env.example, settings table, schema cache, ...)
	$(BIN)/python -m nmdc_runtime.cli.regen

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(ARGS)

.PHONY: lock
lock: $(INSTALLED) ## Resolve the dependencies into requirements/*.txt (ARGS=--upgrade for newer ones)
	$(LOCK) pyproject.toml --extra dev --output-file requirements/dev.txt
	$(LOCK) pyproject.toml --extra k8s -c requirements/dev.txt --output-file requirements/dagster.txt
	$(LOCK) pyproject.toml --extra local -c requirements/dev.txt --output-file requirements/local.txt
	$(LOCK) requirements/hub.in -c requirements/dev.txt --output-file requirements/hub.txt
	echo uv | $(LOCK) - -c requirements/dev.txt --output-file requirements/uv.txt
	echo nanio | $(LOCK) - -c requirements/dev.txt --output-file requirements/s3.txt
	$(LOCK) requirements/drs-compliance.in --output-file requirements/drs-compliance.txt
	$(LOCK) requirements/nmdc-client.in --output-file requirements/nmdc-client.txt
	$(LOCK) requirements/refscan.in --output-file requirements/refscan.txt
	$(LOCK) requirements/fuzz.in --output-file requirements/fuzz.txt
	$(LOCK) requirements/newest-schema.in --output-file requirements/newest-schema.txt

.PHONY: docs
docs: $(INSTALLED) ## Build the documentation site; a warning is an error
	$(BIN)/mkdocs build --strict --config-file docs/mkdocs/mkdocs.yml

.PHONY: docs-dev
docs-dev: $(INSTALLED) ## Serve the documentation at http://localhost:8080, rebuilt as you write
	$(BIN)/mkdocs serve --config-file docs/mkdocs/mkdocs.yml --dev-addr localhost:8080

.PHONY: build
build: $(INSTALLED) ## Build the source distribution and the wheel into dist/
	rm -rf dist
	$(BIN)/python -m build

.PHONY: publish
publish: build ## Publish to PyPI by hand; releases do it by themselves
	$(BIN)/twine check --strict dist/*
	$(BIN)/twine upload dist/*

##@ Identifiers, NERSC

.PHONY: quick-blade
quick-blade: $(INSTALLED) ## Print one identifier for trying things out, like nmdc:nt-11-<8 characters>
	@$(RUNTIME) quick-blade

.PHONY: nersc-sshproxy
nersc-sshproxy: ## Get a day's ssh key from NERSC (NERSC_USERNAME, PATH_TO_NERSC_SSHPROXY)
	@$(call need,NERSC_USERNAME,your name at NERSC)
	@$(call need,PATH_TO_NERSC_SSHPROXY,the sshproxy program)
	$(PATH_TO_NERSC_SSHPROXY) -u $(NERSC_USERNAME)

.PHONY: nersc-mongo-tunnels
nersc-mongo-tunnels: ## Forward 27072 to NMDC's MongoDB for production, 27092 to the one for development
	@$(call program,ssh,install an OpenSSH client)
	@$(call need,NERSC_USERNAME,your name at NERSC)
	@$(call need,NERSC_MONGO_PROD_HOST,the load balancer of the production MongoDB)
	@$(call need,NERSC_MONGO_DEV_HOST,the load balancer of the development MongoDB)
	ssh -N -o ServerAliveInterval=60 -o ExitOnForwardFailure=yes \
	  -L 27072:$(NERSC_MONGO_PROD_HOST):27017 -L 27092:$(NERSC_MONGO_DEV_HOST):27017 \
	  $(NERSC_USERNAME)@$(NERSC_LOGIN_HOST)

REMOTE_DUMP := /tmp/remote-mongodump/nmdc

.PHONY: mongorestore-nmdc-db
mongorestore-nmdc-db: ## Copy the newest dump from NERSC and restore it into the dev stack's MongoDB
	@$(call program,rsync,install rsync)
	@$(call program,mongorestore,install the MongoDB Database Tools)
	@$(call need,NERSC_USERNAME,your name at NERSC)
	@$(call need,MONGO_REMOTE_DUMP_DIR,the folder of the dump at NERSC)
	@$(call need,DEV_STACK_HOST_MACHINE_PORT_MONGO,the port of the dev stack's MongoDB)
	mkdir -p $(REMOTE_DUMP)
	rsync -av --delete --exclude='*_agg.*' --exclude='operations.*' --exclude='_*' \
	  --exclude='ids_nmdc_sys0.*' --exclude='query_runs.*' --exclude='fs.*' --exclude='alldocs.*' \
	  '$(NERSC_USERNAME)@$(NERSC_LOGIN_HOST):$(MONGO_REMOTE_DUMP_DIR)/' $(REMOTE_DUMP)
	@# The credentials go through a pipe: other users of this machine can read command lines.
	@echo "mongorestore --drop --nsInclude 'nmdc.*' into localhost:$(DEV_STACK_HOST_MACHINE_PORT_MONGO)"
	@printf 'password: "%s"\n' '$(or $(MONGO_PASSWORD),root)' | mongorestore --config /dev/stdin \
	  --uri 'mongodb://localhost:$(DEV_STACK_HOST_MACHINE_PORT_MONGO)/?directConnection=true' \
	  --username '$(or $(MONGO_USERNAME),admin)' --authenticationDatabase admin \
	  $$(ls $(REMOTE_DUMP)/*.gz >/dev/null 2>&1 && echo --gzip) \
	  --drop --nsInclude='nmdc.*' --dir $(dir $(REMOTE_DUMP))
