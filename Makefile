# SPDX-License-Identifier: GPL-2.0-only
#
# faultline. `make run` and `make test` do everything on a machine with nothing but git and make;
# `make help` lists the other targets.

BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= gcc
# One short line a file, as the kernel does; V=1 shows the commands.
ifeq ($(V),1)
say :=
else
say = @echo "  $(1)	$(2)";
endif
# Which rooms of harness/ to build; fewer of them only for work on one room.
ROOMS   ?= base plan kernel image vm judge store report flow cli

LIBS_PKG   := glib-2.0 gio-2.0 gio-unix-2.0 libpcre2-8 jansson libarchive libdw libelf libguestfs libcrypto libgit2 sqlite3
PKG_CFLAGS  = $(shell pkg-config --cflags $(LIBS_PKG))
PKG_LIBS    = $(shell pkg-config --libs $(LIBS_PKG)) -liberty -lm

OPT ?= -O3 -g
ifeq ($(SAN),1)
BUILD := build-san
OPT   := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
# GLib's slices would hide what the sanitizers look for.
export G_SLICE = always-malloc
export G_DEBUG = gc-friendly
endif
WARN := -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla \
	-Wswitch-enum -Wpointer-arith -Wformat=2 -Wundef -Wwrite-strings \
	-Wno-missing-field-initializers
HOST_CFLAGS = -std=gnu17 $(OPT) $(WARN) -D_GNU_SOURCE -Iharness -Iguest-tests/include \
	-DGLIB_VERSION_MIN_REQUIRED=GLIB_VERSION_2_74 -DGLIB_VERSION_MAX_ALLOWED=GLIB_VERSION_2_74 \
	$(PKG_CFLAGS) $(CFLAGS)

SRCS := $(foreach room,$(ROOMS),$(wildcard harness/$(room)/*.c))
OBJS := $(SRCS:harness/%.c=$(BUILD)/obj/%.o)
MAIN := $(BUILD)/obj/cli/main.o
LIB  := $(BUILD)/libfaultline.a
TEST_SRCS := $(wildcard harness/tests/test-*.c)
TEST_BINS := $(TEST_SRCS:harness/tests/%.c=$(BUILD)/tests/%)
# Scripts without a guest, and those that boot real ones.
TEST_FAST := $(filter-out harness/tests/boot-%.t,$(wildcard harness/tests/*.t))
# Those that build many kernels have a target of their own.
TEST_LONG := harness/tests/boot-bisect.t harness/tests/boot-git-bisect.t
TEST_BOOT := $(filter-out $(TEST_LONG),$(wildcard harness/tests/boot-*.t))

PLUGINS := $(patsubst harness/plugin/%.c,$(BUILD)/%.so,$(wildcard harness/plugin/*.c))

all: $(BUILD)/faultline $(PLUGINS) guest

help:
	@sed -n 's/^## //p' Makefile

## run        everything: packages, harness, kernels of the default plan, guests, verdict
run: deps
	@$(MAKE) --no-print-directory -j"$$(nproc)" all
	$(BUILD)/faultline run

## test       everything again, for the project's own tests, real boots included
test: deps
	@$(MAKE) --no-print-directory -j"$$(nproc)" all tests
	FAULTLINE_BUILD=$(abspath $(BUILD)) prove $(PROVE_FLAGS) $(TEST_BINS) $(TEST_FAST) $(TEST_BOOT)

## test-long  real boots that build many kernels: bisects of a series and of a git history
test-long: deps
	@$(MAKE) --no-print-directory -j"$$(nproc)" all
	FAULTLINE_BUILD=$(abspath $(BUILD)) prove $(PROVE_FLAGS) $(TEST_LONG)

## check      the tests that need no kernel; SAN=1 builds everything with the sanitizers
check:
	@$(MAKE) --no-print-directory -j"$$(nproc)" all tests
	FAULTLINE_BUILD=$(abspath $(BUILD)) prove $(PROVE_FLAGS) $(TEST_BINS) $(TEST_FAST)

## deps       installs the packages that are missing and says which; without root prints how
deps:
	@harness/deps.sh

## deps-dev   the same for what only lint and fuzz need
deps-dev: deps
	@harness/deps.sh configs/packages-dev.list

REPLAYS := $(patsubst harness/fuzz/%.c,$(BUILD)/replay/%,$(wildcard harness/fuzz/fuzz-*.c))
tests: $(TEST_BINS) $(REPLAYS)

$(BUILD)/obj/%.o: harness/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(HOST_CFLAGS) -DG_LOG_DOMAIN='"fl-$(notdir $(patsubst %/,%,$(dir $<)))"' -MMD -MP -c -o $@ $<

$(LIB): $(filter-out $(MAIN),$(OBJS))
	@rm -f $@
	$(call say,AR,$@)ar rcsD $@ $^

$(BUILD)/faultline: $(MAIN) $(LIB)
	$(call say,LD,$@)$(CC) $(OPT) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

# They live in QEMU's process and find there what they call: no library of ours, no GLib.
$(BUILD)/%.so: harness/plugin/%.c $(wildcard harness/plugin/*.h)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) -std=gnu17 -O2 -g $(WARN) -D_GNU_SOURCE -Iharness -fPIC -fvisibility=hidden -shared -o $@ $<

$(BUILD)/tests/%: harness/tests/%.c $(LIB)
	@mkdir -p $(@D)
	$(call say,TEST,$<)$(CC) $(HOST_CFLAGS) -DG_LOG_DOMAIN='"fl-test"' -DFL_TEST_SRCDIR='"$(CURDIR)"' \
		-DFL_TEST_BUILDDIR='"$(abspath $(BUILD))"' -MMD -MP -o $@ $< $(LIB) $(PKG_LIBS)

FUZZERS := $(patsubst harness/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard harness/fuzz/fuzz-*.c))
fuzzers: $(FUZZERS)

$(BUILD)/fuzz/%: harness/fuzz/%.c harness/fuzz/file.c $(LIB)
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)$(CC) $(HOST_CFLAGS) -DFL_TEST_SRCDIR='"$(CURDIR)"' -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

$(BUILD)/replay/%: harness/fuzz/%.c harness/fuzz/file.c harness/fuzz/replay.c $(LIB)
	@mkdir -p $(@D)
	$(call say,TEST,$<)$(CC) $(HOST_CFLAGS) -DFL_TEST_SRCDIR='"$(CURDIR)"' -o $@ $^ $(PKG_LIBS)

include guest-tests/guest.mk

## fuzz       every fuzz target for FUZZ_SECONDS (60) with the sanitizers; needs clang
FUZZ_SECONDS ?= 60
FUZZ_OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
fuzz: deps-dev
	@$(MAKE) --no-print-directory -j"$$(nproc)" BUILD=build-fuzz CC=clang WARN= OPT="$(FUZZ_OPT)" fuzzers
	harness/fuzz.sh build-fuzz $(FUZZ_SECONDS)

## lint       clang-tidy, cppcheck, shellcheck, codespell and the formatting
LINT_C  := $(wildcard harness/*/*.c)
LINT_H  := $(wildcard harness/*/*.h)
LINT_G  := $(wildcard guest-tests/*/*.[ch])
LINT_SH := harness/deps.sh harness/bench.sh harness/selftest.sh harness/splats.sh harness/determinism.sh harness/races.sh harness/wanted.sh harness/fuzz.sh guest-tests/selftests-mm.sh .ci/run $(wildcard harness/tests/*.t harness/tests/*.sh)
lint: deps-dev format-check
	$(call say,LINT,clang-tidy)clang-tidy --quiet $(filter-out harness/tests/% harness/fuzz/%,$(LINT_C)) -- $(HOST_CFLAGS) -DG_LOG_DOMAIN='"lint"' 2>/dev/null
	$(call say,LINT,cppcheck)cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=assertWithSideEffect:harness/tests/* --library=gtk '-DG_DEFINE_QUARK(name,function)=' -Iharness -Iguest-tests/include $(LINT_C)
	$(call say,LINT,shellcheck)shellcheck -x --severity=warning $(LINT_SH)
	$(call say,LINT,codespell)codespell --quiet-level=2 README.md ARCHITECTURE.md CONTRIBUTING.md Makefile harness images configs guest-tests \
		--ignore-words-list statics,pathced,neight,crate --skip 'harness/tests/*-cases,*.rules'

format-check:
	$(call say,LINT,clang-format)clang-format --dry-run --Werror $(LINT_C) $(LINT_H) $(LINT_G)

format:
	clang-format -i $(LINT_C) $(LINT_H) $(LINT_G)

## selftest   wrong kernels must fail, harmless rewrites must pass; ONLY='lock-* race-*' for a part
selftest: deps
	@$(MAKE) --no-print-directory -j"$$(nproc)" all
	harness/selftest.sh $(BUILD) $(ONLY)

## splats     every report that a kernel can make is provoked and must be recognised; ONLY='lock-*' for a part
splats: deps
	@$(MAKE) --no-print-directory -j"$$(nproc)" all
	harness/splats.sh $(BUILD) $(ONLY)

## determinism  one seed again and again beside busy loops: one console and one trace; N=5 runs, RESTORED=5 from a saved boot, SEEDS=10 seeds
N        ?= 5
RESTORED ?= 5
SEEDS    ?= 10
determinism: deps
	@$(MAKE) --no-print-directory -j"$$(nproc)" all
	harness/determinism.sh $(BUILD) $(N) $(RESTORED) $(SEEDS)

## races      how many guests it takes until a planted race shows, by each way to run them; ONLY='race-fork-*' for a part
races: deps
	@$(MAKE) --no-print-directory -j"$$(nproc)" all
	harness/races.sh $(BUILD) $(ONLY)

## selftests-mm  the kernel's own tools/testing/selftests/mm, for the plan's programs of that group
SELFTESTS_SOURCE ?= /usr/src/linux-source-6.12.tar.xz
SELFTESTS_MM := $(shell sed -n 's,^command = ../../build/selftests-mm/,,p' configs/plans/thorough.plan | cut -d' ' -f1)
selftests-mm: deps
	$(call say,GEN,$(BUILD)/selftests-mm)guest-tests/selftests-mm.sh $(SELFTESTS_SOURCE) $(BUILD)/selftests-mm $(SELFTESTS_MM)

## bench      the figures, each beside a plain command of the same run
bench: deps
	@$(MAKE) --no-print-directory all
	harness/bench.sh $(BUILD)

## install    program, plans, patches and guest programs below DESTDIR and PREFIX
SHARE := $(DESTDIR)$(PREFIX)/share/faultline
install: all
	install -D -m 755 $(BUILD)/faultline $(DESTDIR)$(PREFIX)/bin/faultline
	mkdir -p $(SHARE)/guest-tests $(DESTDIR)$(PREFIX)/lib/faultline/guest
	cp -R configs images $(SHARE)/
	cp -R guest-tests/modules guest-tests/include $(SHARE)/guest-tests/
	install -m 755 $(BUILD)/guest/init $(BUILD)/guest/ft-tests $(DESTDIR)$(PREFIX)/lib/faultline/guest/
	install -m 644 $(BUILD)/guest/manifest $(DESTDIR)$(PREFIX)/lib/faultline/guest/
	install -m 755 $(PLUGINS) $(DESTDIR)$(PREFIX)/lib/faultline/

## clean      removes what was built; kernels stay in the cache, evidence in out/
clean:
	rm -rf $(BUILD) build-san build-fuzz

-include $(OBJS:.o=.d) $(TEST_BINS:=.d)

.PHONY: all help run test test-long check tests deps deps-dev fuzz fuzzers guest lint format format-check selftest splats determinism races selftests-mm bench install clean
.DELETE_ON_ERROR:
.SECONDARY:
