# The front door: verbs. Meson builds behind it.
#   make            build/inkstone, a release build            make test     everything that should hold at every commit
#   make hello      install, build, fetch a model, answer      make asan     the tests under address and undefined sanitizers
#   make setup      install what the build needs               make fuzz     fuzz targets on their corpora  (T=gguf SECONDS=60)
#   make install    PREFIX=/usr/local, DESTDIR=                make bench    BENCH=text: one claim, measured (ARGS=…)
#   make tidy       the rules of the house                     make cover    which lines the tests reach
SHELL := /bin/bash
.DEFAULT_GOAL := build/inkstone
.PHONY: build/inkstone setup hello test asan fuzz bench tidy cover install clean
PREFIX ?= /usr/local
SECONDS ?= 60
BENCH ?= text
CLANG ?= $(shell command -v clang || command -v clang-14)
RELEASE := --buildtype=release -Db_ndebug=true

build/inkstone: | build/build.ninja
	@ninja -C build --quiet apps/cli/inkstone >/dev/null || ninja -C build apps/cli/inkstone
	@cmp -s build/apps/cli/inkstone build/inkstone || { cp build/apps/cli/inkstone build/inkstone.new && mv -f build/inkstone.new build/inkstone; } # a server may be running from the old one

build/build.ninja:
	@command -v meson ninja pkg-config >/dev/null || $(MAKE) --no-print-directory setup
	@meson setup build $(RELEASE) >/dev/null || { $(MAKE) --no-print-directory setup && meson setup build $(RELEASE); }

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
	@bash tests/setup.sh --tests
	@[ -f build-asan/build.ninja ] || meson setup build-asan -Dtests=true -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
	@ninja -C build-asan --quiet
	@INK_BIN=$(CURDIR)/build-asan/apps/cli/inkstone INK_PATIENCE=5 ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 python3 tests/run.py build-asan

fuzz:
	@[ -n "$(CLANG)" ] || { echo "Fuzzing wants clang: apt-get install clang-14 libclang-rt-14-dev" >&2; exit 1; }
	@[ -f build-fuzz/build.ninja ] || CC="$(CLANG)" meson setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
	@ninja -C build-fuzz --quiet fuzz
	@for program in build-fuzz/tests/fuzz/fuzz_$(or $(T),*); do [ -x "$$program" -a -f "$$program" ] || continue; \
	    name=$${program##*/fuzz_}; mkdir -p build-fuzz/corpus/$$name tests/fuzz/corpus/$$name; echo "$$name, $(SECONDS) s"; \
	    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 "$$program" -max_total_time=$(SECONDS) -rss_limit_mb=4096 -timeout=20 -artifact_prefix=build-fuzz/ -verbosity=0 \
	        build-fuzz/corpus/$$name tests/fuzz/corpus/$$name || exit 1; done

bench: build/inkstone
	@if [ -f bench/$(BENCH).py ]; then python3 bench/$(BENCH).py $(ARGS); elif [ -f bench/$(BENCH).sh ]; then bash bench/$(BENCH).sh $(ARGS); \
	elif [ -f bench/$(BENCH).c ]; then [ -f build-bench/build.ninja ] || meson setup build-bench $(RELEASE) -Dbench=true >/dev/null; \
	    ninja -C build-bench --quiet && build-bench/bench/$(BENCH) $(ARGS); \
	else echo "There is no bench/$(BENCH); there are:" $$(ls bench 2>/dev/null | sed -n 's/\.\(py\|sh\|c\)$$//p') >&2; exit 1; fi

tidy: build/inkstone
	@python3 tests/tidy/tidy.py . build

cover:
	@python3 -m gcovr --version >/dev/null 2>&1 || { echo "Coverage wants gcovr: apt-get install gcovr" >&2; exit 1; }
	@bash tests/setup.sh --tests
	@[ -f build-cover/build.ninja ] || meson setup build-cover -Dtests=true -Db_coverage=true -Db_ndebug=true >/dev/null
	@ninja -C build-cover --quiet
	@INK_BIN=$(CURDIR)/build-cover/apps/cli/inkstone python3 tests/run.py build-cover
	@python3 -m gcovr --root . --filter src/ --filter apps/ build-cover

install: build/inkstone
	@meson configure build -Dprefix=$(abspath $(PREFIX)) >/dev/null
	@ninja -C build --quiet >/dev/null
	@meson install -C build --no-rebuild --quiet >/dev/null
	@echo "inkstone is installed below $(DESTDIR)$(abspath $(PREFIX))"

clean:
	@rm -rf build build-*
