# The front door: verbs. Meson builds behind it.
#   make          build/inkstone, a release build          make test    everything that should hold at every commit
#   make hello    install, build, fetch a model, answer    make asan    the tests under address and undefined sanitizers
SHELL := /bin/bash
.DEFAULT_GOAL := build/inkstone
.PHONY: build/inkstone setup hello test asan fuzz bench tidy cover install clean

build/inkstone: | build/build.ninja
	@ninja -C build --quiet apps/cli/inkstone >/dev/null || ninja -C build apps/cli/inkstone
	@cmp -s build/apps/cli/inkstone build/inkstone || cp build/apps/cli/inkstone build/inkstone

build/build.ninja:
	@command -v meson ninja pkg-config >/dev/null || $(MAKE) setup
	@meson setup build --buildtype=release -Db_ndebug=true >/dev/null || { $(MAKE) setup && meson setup build --buildtype=release -Db_ndebug=true; }

setup:
	@bash tests/setup.sh

hello: setup
	@$(MAKE) --no-print-directory build/inkstone
	@build/inkstone pull smollm2
	@build/inkstone chat smollm2 "Say hello to someone who has just built you, and name one thing you can help with."

test: build/inkstone
	@bash tests/setup.sh --tests
	@[ -f build-test/build.ninja ] || meson setup build-test -Dtests=true --werror >/dev/null
	@ninja -C build-test --quiet
	@python3 tests/run.py build-test

asan:
	@[ -f build-asan/build.ninja ] || meson setup build-asan -Dtests=true -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
	@ninja -C build-asan --quiet
	@ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 python3 tests/run.py build-asan

clean:
	@rm -rf build build-*
