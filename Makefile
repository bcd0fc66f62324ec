# The front door. `make help` lists what there is.

SHELL := /bin/sh
# make fuzz MINUTES=30
MINUTES ?= 5

.DEFAULT_GOAL := help
.PHONY: help run soak test test-system test-attack test-fault test-ap test-doctor test-scanner check build bench fuzz deb test-deb clean setup-run setup-test setup-bench setup-ap setup-deb setup-image image test-image

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' Makefile

run: setup-run ## capture the simulated home (or INTERFACE=br0), page on http://127.0.0.1:8080
	@npm run --silent build
	@node dist/test/testbed/demo.js $(if $(INTERFACE),--interface $(INTERFACE)) $(if $(PORT),--port $(PORT))

test: setup-test ## what runs inside one process: units, all captures against tshark and ent
	@npm run --silent build
	@sh test/run.sh

test-system: setup-test ## whole appliances, namespaces, browser, broker, faults in short; says what it skips and why
	@npm run --silent build
	@sh test/run.sh system

test-attack: setup-test ## attack recorded evidence without the key; `weir verify` must report each attack (3 minutes)
	@npx tsc -p tsconfig.json
	@sh test/run.sh attack

test-fault: setup-test ## break disks, clocks, power and processes under a running capture (root; 20 minutes)
	@npm run --silent build
	@WEIR_FAULT_FULL=1 sh test/run.sh fault

test-ap: setup-ap ## the access point with simulated radios in a virtual machine (no root, no KVM; kernel cached)
	@npx tsc -p tsconfig.json
	@node dist/test/ap/guest/run.js

test-doctor: setup-ap ## in such a machine: faults made one by one, each named by `weir doctor`; its hardware checklist
	@npx tsc -p tsconfig.json
	@node dist/test/ap/guest/run.js doctor hardware

test-scanner: setup-ap ## in such a machine, with systemd: what the scanner's unit lets out (6 minutes)
	@npx tsc -p tsconfig.json
	@node dist/test/ap/guest/run.js scanner

fuzz: setup-test ## throw mutated frames at the analysis for MINUTES
	@npm run --silent build
	@node dist/test/fuzz/run.js $(MINUTES)
	@node dist/test/fuzz/walk.js $(MINUTES)

check: setup-test ## format, lint, types, dead code, architecture, shell scripts
	@npm run --silent check:format
	@npm run --silent check:lint
	@npm run --silent check:types
	@npm run --silent check:dead
	@npx tsc -p tsconfig.json && node --test --test-reporter=dot dist/test/architecture.test.js

build: setup-run ## compile appliance, tables and page into dist/
	@npm run --silent build

bench: setup-bench ## compare analysis with tshark, nDPI and the papers' method, capture with tcpdump: one run, ratios with spread
	@npm run --silent build
	@node dist/test/bench/main.js
	@node dist/test/bench/capture/main.js

soak: setup-run ## a month of 20 devices in hours: DAYS=30 SPEED=300 PAGE=1 CAPTURES=DIR; CALIBRATE=1; SCENARIO=scan|floods; ARGS=…
	@npm run --silent build
	@node dist/test/soak/main.js $(if $(CALIBRATE),--scenario calibrate,$(if $(SCENARIO),--scenario $(SCENARIO))) \
	  $(if $(DAYS),--days $(DAYS)) $(if $(SPEED),--speed $(SPEED)) $(if $(PAGE),--page) $(if $(CAPTURES),--captures $(CAPTURES)) \
	  $(if $(SEED),--seed $(SEED)) $(if $(OUT),--out $(OUT)) $(ARGS)

deb: setup-deb ## the Debian packages (arm64, amd64) in dist/deb/; ARCH=arm64 makes one, KEY=release-private.pem signs
	@npm run --silent build
	@node dist/provisioning/deb/main.js $(if $(ARCH),--arch $(ARCH)) $(if $(KEY),--key $(KEY))

image: setup-image ## the card image for Pi 3 and Pi 4 in dist/image/ (needs root; minutes the first time)
	@$(MAKE) --no-print-directory deb ARCH=arm64
	@provisioning/image/build.sh

test-image: setup-image ## boot that image in QEMU, cut its power, compare two first boots (needs `make image` before)
	@npm run --silent build
	@WEIR_IMAGE_TEST=1 node --test --test-concurrency=1 --test-reporter=spec dist/test/image/*.test.js

test-deb: setup-deb ## install, run, upgrade, purge the package in a clean Debian 13 (needs root); ARCH=arm64 under emulation
	@npm run --silent build
	@node dist/provisioning/deb/main.js --arch $(or $(ARCH),amd64)
	@node --test --test-concurrency=1 --test-reporter=spec dist/test/package/*$(or $(ARCH),amd64).test.js

clean: ## remove what was built and the demo's data; captures elsewhere stay
	rm -rf dist .weir node_modules/.vite

setup-run:
	@provisioning/setup.sh run

setup-test:
	@provisioning/setup.sh test

setup-bench: setup-test
	@provisioning/setup.sh bench

setup-ap:
	@provisioning/setup.sh ap

setup-image:
	@provisioning/setup.sh image

setup-deb:
	@provisioning/setup.sh deb
