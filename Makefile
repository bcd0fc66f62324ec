# The front door. `make help` lists what there is.

SHELL := /bin/sh
NODE_TEST := node --test --test-reporter=spec
tests = $$(find dist/test -name '*.test.js' -not -path 'dist/test/fault/*' -not -path 'dist/test/ap/*' | sort)

.DEFAULT_GOAL := help
.PHONY: help run test check build bench fuzz clean setup-run setup-test

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' Makefile

run: setup-run ## capture the simulated home (or INTERFACE=br0), page on http://127.0.0.1:8080
	@npm run --silent build
	@node dist/test/testbed/demo.js $(if $(INTERFACE),--interface $(INTERFACE)) $(if $(PORT),--port $(PORT))

test: setup-test ## all tests; those that need root or namespaces say when they skip
	@npm run --silent build
	@sh test/run.sh

check: setup-test ## format, lint, types, dead code, architecture, shell scripts
	@npm run --silent check:format
	@npm run --silent check:lint
	@npm run --silent check:types
	@npm run --silent check:dead
	@npx tsc -p tsconfig.json && node --test --test-reporter=dot dist/test/architecture.test.js

build: setup-run ## compile appliance, tables and page into dist/
	@npm run --silent build

bench: setup-test ## speed against tshark and tcpdump in one run, as ratios
	@npm run --silent build
	@node dist/test/bench/main.js

clean: ## remove what was built and the demo's data; captures elsewhere stay
	rm -rf dist .weir node_modules/.vite

setup-run:
	@provisioning/setup.sh run

setup-test:
	@provisioning/setup.sh test
