# SPDX-License-Identifier: GPL-2.0-or-later
# One door to everything; meson builds, the lab tries it out.
BUILD ?= build/release
PAYLOAD = build/lab/payload
PYTHON = /usr/bin/python3
PYTEST = $(PYTHON) -m pytest
MOVES = 100
PACKAGES = $(shell sed 's/\#.*//' lab/packages.compile lab/packages.host)

# A second Debian, on which `make check` runs a few tests; lab/matrix runs most of them on each.
OWN_SUITE = $(shell . /etc/os-release && echo $$VERSION_CODENAME)
OTHER_SUITE = $(if $(filter trixie,$(OWN_SUITE)),bookworm,trixie)

# A check that cannot run has failed.
export MUST_RUN ?= 1
export PYTHONDONTWRITEBYTECODE = 1
# No finding of a sanitizer may pass for a message.
export ASAN_OPTIONS = abort_on_error=1
export UBSAN_OPTIONS = halt_on_error=1:print_stacktrace=1

.PHONY: all install payload image image-other deps demo soak bench-pause matrix faults clean FORCE
# Notes how long a part of the checks takes; `make check` ends with the table.
CLOCK = $(PYTHON) tests/minutes.py run

.PHONY: check check-all check-untimed check-style check-lint check-unit check-model check-model-long fuzz check-netns check-lab check-suite check-long bench-tcp

all: $(BUILD)

# build/release is what is installed; the others are for the checks.
build/gcc/build.ninja: export CC = gcc
build/gcc/build.ninja: SETUP = --werror
build/clang/build.ninja: export CC = clang
build/clang/build.ninja: SETUP = --werror
build/asan/build.ninja: SETUP = --werror -Db_sanitize=address,undefined
# The fuzzers alone: libFuzzer is clang's.
build/fuzz/build.ninja: export CC = clang
build/fuzz/build.ninja: SETUP = --werror -Db_sanitize=address,undefined -Db_lundef=false \
	-Dtests=false -Dfuzz=true
build/fuzz: TARGET = fuzz

# What an interrupted setup left has no build.ninja, and meson would take it for done.
%/build.ninja:
	@rm -rf $*/meson-private
	meson setup $(SETUP) $*

# ninja knows whether there is anything to do.
$(sort $(BUILD) build/release build/gcc build/clang build/asan build/fuzz): %: %/build.ninja FORCE
	$(CLOCK) builds ninja --quiet -C $@ $(TARGET)

install: all
	DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild --quiet

# What the lab's guests get at their next boot (lab/lab reload: at once).
payload: all
	rm -rf $(PAYLOAD)
	DESTDIR=$(CURDIR)/$(PAYLOAD) meson install -C $(BUILD) --no-rebuild --quiet
	[ -z "$$LAB_SUITE" ] || lab/lab build

# What the lab's guests boot; lab/lab up makes it if it is missing.
image:
	$(CLOCK) image lab/lab image
image-other: image
	$(CLOCK) image env LAB_SUITE=$(OTHER_SUITE) lab/lab image
	$(CLOCK) 'compiler of the other suite' env LAB_SUITE=$(OTHER_SUITE) lab/lab build

# apt is asked only when something is missing.
deps:
	@missing=; for package in $(PACKAGES); do \
		dpkg-query -W -f '$${db:Status-Status}' $$package 2>/dev/null | \
			grep -qx installed || missing="$$missing $$package"; \
	done; \
	[ -z "$$missing" ] || { apt-get update -q && \
		DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$missing; }

# deps first: the build itself needs what it installs.
demo: deps
	$(MAKE) payload
	lab/demo

# make soak MOVES=100
soak: deps
	$(MAKE) payload
	lab/soak --moves $(MOVES)

# Does the pause grow with what the server holds (doc/pause.md)? A quarter of an hour.
bench-pause: deps
	$(MAKE) payload
	lab/bench-pause

# What was tried on which Debian (doc/tried.md); hours, and it goes on where it was.
matrix: deps
	lab/matrix

# What happens if … (doc/faults.md); an hour, and it goes on where it was.
faults: deps
	$(MAKE) payload
	lab/faults

check: deps
	@$(PYTHON) tests/minutes.py begin
	@status=0; $(MAKE) --no-print-directory check-all || status=$$?; \
		$(PYTHON) tests/minutes.py show; exit $$status

check-all:
	$(MAKE) check-untimed check-netns check-lab check-suite

# What measures no time goes on beside the making of the image.
check-untimed:
	$(MAKE) --no-print-directory -j3 -O image-other check-style check-unit

check-style: check-lint build/gcc build/clang

check-lint:
	find src tests -name '*.[ch]' -exec clang-format --dry-run -Werror {} +
	$(CLOCK) cppcheck cppcheck --quiet --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
		--std=c11 -D_GNU_SOURCE -Isrc src tests
	$(PYTHON) tests/includes.py
	$(PYTHON) -m pyflakes $$(find lab tests -name '*.py') lab/lab lab/demo lab/soak lab/bench-pause lab/matrix lab/faults \
		lab/powerd
	shellcheck --severity=warning completions/baton.bash \
		$$(grep -rlE '^#!/bin/(ba)?sh' .ci lab tests)

check-unit: unit-gcc unit-asan fuzz
unit-%: build/%
	$(CLOCK) unit meson test -C $< --no-rebuild --print-errorlogs --suite unit

# All states of two heads (doc/model.md); `make check` has only the small worlds, among the unit tests.
check-model: build/gcc
	$(CLOCK) model meson test -C $< --no-rebuild --verbose --suite model

# Three heads, and two faults, as far as this many states go: 5 GiB.
STATES = 25000000
check-model-long: build/gcc
	$(CLOCK) 'model, long' $</tests/model/model --heads 3 --faults 1 --orders 1 --states $(STATES)
	$(CLOCK) 'model, long' $</tests/model/model --faults 2 --orders 1 --states $(STATES)
	$(CLOCK) 'model, long' $</tests/model/model --faults 1 --orders 2 --states $(STATES)
	$(CLOCK) 'model, long' $</tests/model/model --guard --liar --faults 1 --orders 1 --safety --states 60000000

# 20 s each; what one fails on is in build/fuzz/fail-NAME-…, and stays there.
fuzz: build/fuzz
	$(CLOCK) fuzz meson test -C $< --no-rebuild --print-errorlogs --num-processes 2

# The plain build has its turn in the lab.
check-netns: export BATON_BUILD = $(CURDIR)/build/asan
check-netns: export BATON = $(BATON_BUILD)/src/cmd/baton
check-netns: build/asan
	$(CLOCK) namespaces $(PYTEST) tests/netns -m 'not alone' -n 2
	$(CLOCK) 'namespaces, alone' $(PYTEST) tests/netns -m alone

# check-long: what takes minutes more, and is not part of `make check`.
check-long: check-model-long
check-lab: ARGS = -m 'not long'
check-long: ARGS = -m long
check-lab check-long: export BATON_BUILD = $(CURDIR)/build/gcc
check-lab check-long:
	$(MAKE) BUILD=build/gcc payload
	$(CLOCK) 'lab, all of it' $(PYTHON) tests/lab/run.py $(ARGS)

# The tests marked `suites`, with baton compiled in that Debian, on guests of it.
check-suite: export BATON_BUILD = $(CURDIR)/build/gcc
check-suite: export LAB_SUITE = $(OTHER_SUITE)
check-suite:
	$(MAKE) BUILD=build/gcc payload
	$(CLOCK) 'lab, other suite' $(PYTHON) tests/lab/run.py -m suites

# 10,000 connections severed and tickled; build/bench-tcp.json has the figures.
bench-tcp: build/release
	BATON_BUILD=$(CURDIR)/$< $(PYTHON) tests/netns/bench_tcp.py

clean:
	lab/lab down --all
	rm -rf build
