# SPDX-License-Identifier: GPL-2.0-or-later
# One door to everything; meson builds, the lab tries it out.
BUILD ?= build/release
PAYLOAD = build/lab/payload
PYTEST = /usr/bin/python3 -m pytest -q
PACKAGES = $(shell sed 's/\#.*//' lab/packages.host)

.PHONY: all install payload deps demo check check-unit check-netns check-lab clean

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD)

install: all
	DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild --quiet

# What the lab's guests get at their next boot (lab/lab reload: at once).
payload: all
	rm -rf $(PAYLOAD)
	DESTDIR=$(CURDIR)/$(PAYLOAD) meson install -C $(BUILD) --no-rebuild --quiet

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

check: check-unit check-netns check-lab

check-unit: all
	meson test -C $(BUILD) --print-errorlogs

check-netns: all
	$(PYTEST) tests/netns

check-lab: payload
	$(PYTEST) tests/lab

clean:
	lab/lab down
	rm -rf build
