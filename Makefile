# db.xyz: everything a developer runs. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

STATE_DIR ?= .dbx
PORT ?= 8080
# Postgres servers for tests and the demo; also read by the tests.
export DBX_POSTGRES_DIR ?= $(CURDIR)/.dbx/postgres
# Arguments for `dbxd demo`, such as --fresh.
ARGS ?=
# For `make simulate`: how many histories, and the seed of one to live through again.
HISTORIES ?= 10000
SEED ?=

say = @printf '\n\033[1m== %s\033[0m\n' "$(1)"

.PHONY: help
help: ## List the targets
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: demo
demo: tools postgres build ## Build everything and run it: a control plane, an emulated cluster, real Postgres servers
	$(call say,Starting the demo (state in $(STATE_DIR); Ctrl-C stops everything))
	@exec target/release/dbxd demo --port $(PORT) --state-dir $(STATE_DIR) $(ARGS)

.PHONY: build
build: console ## Build release binaries: target/release/{dbxd,dbx,pve-emulator}
	$(call say,Building release binaries (some minutes the first time))
	@cargo build --release --locked --bins

# Rebuilt when one of its sources changed; dbxd takes the result into its binary.
CONSOLE_SOURCES = gateway/openapi.json $(shell find console/src console/public console/tools console/*.html console/*.json console/*.ts \
	-type f ! -name schema.gen.ts ! -name .package-lock.json)

.PHONY: console
console: tools console/dist/manifest.json

console/node_modules/.package-lock.json: console/package-lock.json console/package.json
	$(call say,Installing what the console is built with)
	@npm --prefix console ci --no-progress
	@touch $@

console/dist/manifest.json: console/node_modules/.package-lock.json $(CONSOLE_SOURCES)
	$(call say,Building the console)
	@npm --prefix console run --silent build

.PHONY: test
test: console postgres schemathesis ## Run every test
	$(call say,Building and running the tests)
	@DBX_SCHEMATHESIS="$(CURDIR)/.dbx/venv/bin/st" sql/with-postgres.sh .ci/test

.PHONY: simulate
simulate: tools ## Live through HISTORIES=10000 fresh histories of the engine in virtual time, or through SEED=n
	$(call say,Simulating)
	@$(if $(SEED),DBX_SIM_SEED=$(SEED),DBX_SIM_HISTORIES=$(HISTORIES)) cargo test --release --locked -p dbx-workflows --test sim -- \
		--nocapture --exact seeds::$(if $(SEED),one_history,fresh_seeds)

.PHONY: check
check: console ## Check format, lints, tidiness and generated files
	$(call say,Format)
	@cargo fmt --all --check
	$(call say,Lints)
	@cargo clippy --workspace --all-targets --locked -- -D warnings
	$(call say,Tidiness)
	@cargo test --locked -q -p dbx-gateway --test tidy
	$(call say,Console)
	@npm --prefix console run --silent check
	$(call say,Generated files)
	@cargo run --locked -q -p dbx-gateway --bin dbxd -- openapi | cmp - gateway/openapi.json || { echo "error: gateway/openapi.json is stale; run: cargo run -p dbx-gateway --bin dbxd -- openapi > gateway/openapi.json" >&2; exit 1; }

.PHONY: bench
bench: tools postgres ## Measure against bare SQL in the same minute
	$(call say,Benchmarks)
	@DBX_TEST_DURABLE=1 sql/with-postgres.sh cargo run --release --locked -p dbx-sql --example bench_append
	@DBX_TEST_DURABLE=1 sql/with-postgres.sh cargo run --release --locked -p dbx-workflows --example bench_engine
	@DBX_TEST_DURABLE=1 sql/with-postgres.sh cargo run --release --locked -p dbx-projections --example rebuild_speed
	@DBX_TEST_DURABLE=1 sql/with-postgres.sh cargo run --release --locked -p dbx-gateway --example live_speed
	@DBX_TEST_DURABLE=1 sql/with-postgres.sh cargo run --release --locked -p dbx-gateway --example bench_api
	@cargo build --release --locked -p dbx-cli --bins && cargo run --release --locked -p dbx-cli --example startup

.PHONY: e2e
e2e: tools postgres build ## Run the main job end to end against a demo of its own
	$(call say,End to end)
	@cargo test --release --locked -p dbx-gateway --test e2e -- --nocapture
	$(call say,The console in a browser; every page as a picture in console/screenshots)
	@DBXD=$(CURDIR)/target/release/dbxd SCREENSHOTS=1 .ci/browser

# How long `make soak` keeps killing, and a seed that repeats an earlier run's choices.
export DBX_SOAK_SECONDS ?=
export DBX_SOAK_SEED ?=

.PHONY: soak
soak: tools postgres build ## Kill servers, cluster and database for minutes, then compare log and cluster (a short one is in test)
	$(call say,Soak)
	@DBX_SOAK_SECONDS=$${DBX_SOAK_SECONDS:-180} \
		cargo test --release --locked -p dbx-gateway --test soak -- --nocapture
	@cargo test --release --locked -p dbx-workflows --test sim -- --nocapture --exact seeds::fresh_seeds

.PHONY: postgres
postgres: tools
	@proxmox-adapter/emulator/fetch-postgres.sh "$(DBX_POSTGRES_DIR)"

.PHONY: schemathesis
schemathesis: tools
	@.ci/schemathesis

.PHONY: tools
tools:
	@.ci/tools
