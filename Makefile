# Everything here runs as root on Debian 12 with the .NET 10 SDK; what else is
# needed is installed from Debian by scripts/need. See HACKING.md.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

OUT := out
ARCH ?= amd64
SECONDS ?= 7200
KERNEL ?= $(if $(filter arm64,$(ARCH)),,6.12 6.1)

# The binary is rebuilt when a source, a project or the set of files has changed.
SOURCES := $(shell find src -name bin -prune -o -name obj -prune -o -type f -print | LC_ALL=C sort) \
    aot.props Directory.Build.props Directory.Packages.props global.json
$(shell mkdir -p $(OUT); echo '$(SOURCES)' | cmp -s - $(OUT)/sources || echo '$(SOURCES)' > $(OUT)/sources)

help: ## list these targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 24

publish: $(OUT)/skiff ## build the AOT binary out/skiff
$(OUT)/skiff: $(SOURCES) $(OUT)/sources
	@scripts/publish

test: ## build, run every test and the short VM form; ends with one line of totals
	@scripts/test

fuzz: ## feed random input to the layers' parsers (TARGET=tar SEED=n TIME=seconds or RUNS=n)
	@dotnet build tests/Layers.Tests -c Release --nologo -v quiet
	@DOTNET_GCHeapHardLimit=0x20000000 nice tests/Layers.Tests/bin/Release/net10.0/Skiff.Layers.Tests fuzz \
	    OUT=$(OUT)/fuzz TARGET=$(TARGET) SEED=$(SEED) TIME=$(TIME) RUNS=$(RUNS) CASE=$(CASE)

fuzz-api: publish ## send random requests to the Engine API (RUNS=n, default 3000, ten minutes; SEED=n)
	@dotnet build tests/System.Tests --nologo -v quiet
	@SKIFF_API_FUZZ=$(or $(RUNS),3000) SKIFF_SEED=$(SEED) nice scripts/isolated \
	    tests/System.Tests/bin/Debug/net10.0/Skiff.System.Tests -showLiveOutput -class Skiff.System.Tests.Api.ApiFuzzTests

soak: ## random verbs and kills on 50 containers for two hours (SECONDS=n SEED=n)
	@SKIFF_SOAK_SECONDS=$(SECONDS) SKIFF_SOAK_WORKERS=4 SKIFF_SOAK_PAUSE_MS=0 SKIFF_SEED=$(SEED) scripts/test Soak

demo: publish ## pull real images and serve a page from a container, step by step
	@scripts/demo

peers: ## set up crun, podman and docker for comparisons
	@scripts/peers setup

bench: ## run the BenchmarkDotNet suites; writes docs/benchmarks-suites.md (FILTER='*Tar* *Zstd*' picks some)
	@set -f; bench/suites $(FILTER)

compare: publish ## measure whole programs beside the peers; writes docs/benchmarks.md
	@bench/peers/compare

compare-pull: publish ## measure pulls beside the peers; writes docs/benchmarks-pull.md
	@bench/peers/compare-pull

compare-net: publish ## measure the network beside the peers; writes docs/benchmarks-net.md
	@bench/peers/compare-net

compare-api: publish ## measure the Engine API beside dockerd; writes docs/benchmarks-api.md
	@bench/peers/compare-api

publish-arm64: ## cross-build the arm64 binary out/arm64/skiff
	@scripts/publish-arm64

vm-test: $(if $(filter arm64,$(ARCH)),publish-arm64,publish) ## test in a VM (ARCH=arm64, KERNEL=6.1|6.12)
	@tests/vm/run $(filter arm64,$(ARCH)) $(KERNEL)

powercut: publish ## cut a VM's power again and again (CUTS=200 STORE=erofs|overlay|both SEED=n)
	@tests/vm/power-cut

clean: ## remove build results; keeps downloaded packages and images
	rm -rf $(OUT)/skiff $(OUT)/skiff.dbg $(OUT)/publish $(OUT)/arm64 $(OUT)/demo $(OUT)/results
	find src tests bench -depth -type d \( -name bin -o -name obj \) -exec rm -rf {} +

.PHONY: help publish test fuzz fuzz-api soak demo peers bench compare compare-pull compare-net compare-api \
    publish-arm64 vm-test powercut clean
