# What there is to type. `make help` prints it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# Where `make install` puts things. /etc is where remedyd looks, whatever the prefix.
PREFIX ?= /usr/local
DESTDIR ?=
SYSCONFDIR ?= /etc
BINDIR ?= $(PREFIX)/bin
# Where remedy looks for its helper, seen from where it lies itself.
LIBEXECDIR = $(BINDIR)/../libexec/remedy
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/remedy
UNITDIR ?= $(PREFIX)/lib/systemd

INSTALL ?= install
STRIP ?= strip
SWIFT ?= swift

# The service: Swift's runtime inside; no library is looked for beside the executable, every symbol
# is bound before main, relocations are packed, what nobody calls is left out. Nothing is exported to
# libraries loaded later, of which there are none: that alone is 2.5 MB of resident memory.
SERVICE_FLAGS := --static-swift-stdlib --disable-local-rpath -Xswiftc -use-ld=lld \
  -Xlinker -z -Xlinker now -Xlinker -z -Xlinker pack-relative-relocs -Xlinker --gc-sections \
  -Xlinker --no-export-dynamic
# The command: all of it in one file, so that `remedy token` starts in the time of a C program. That
# needs a build of its own, and libsodium's static library.
COMMAND_FLAGS := --scratch-path .build-cli -Xswiftc -static-executable

# Where they are then.
SERVICE ?= .build/release/remedyd
COMMAND ?= .build-cli/release/remedy
# The helper for security keys, where libfido2 is and REMEDY_FIDO2 does not say no (see Package.swift).
ifneq ($(REMEDY_FIDO2),no)
ifneq ($(wildcard /usr/include/fido.h /usr/local/include/fido.h),)
HELPER ?= .build/release/remedy-fido2
endif
endif

# The tests that run the built programs, one after the other: many at once would be in each other's
# way.
PROGRAMS := ^(CommandTests|ServiceTests|WalkTests)\.

# What `make lint` reads.
LINTED := Package.swift Sources Tests

help: ## Print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: ## Install what is missing to build and test, with the system's package manager
	@tools/setup

build: setup ## Build everything for development
	$(SWIFT) build

demo: setup ## See a person sign in (SCENARIO=choice for another way; remedy-simulator --list)
	@$(SWIFT) build --product remedyd
	@$(SWIFT) build --product remedy
	@$(SWIFT) build --product remedy-simulator
	@demo/run $(SCENARIO)

test: setup ## Run all tests, and the demo; what needs a booted systemd last
	tools/jose-venv
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --disable-xctest --skip '$(PROGRAMS)'
	$(SWIFT) test --skip-build --disable-xctest --no-parallel --filter '$(PROGRAMS)'
	demo/run </dev/null
	Tests/lab/run

lab: setup ## Run only the tests in a booted systemd
	$(SWIFT) build --product remedy-simulator
	Tests/lab/run

soak: setup ## Kill at every system call, 5,000 times at random, 200 starts at once, 20,000 walks; takes hours
	$(SWIFT) build --build-tests
	REMEDY_SOAK=1 REMEDY_KILL_ROUNDS=5000 $(SWIFT) test --skip-build --disable-xctest \
	  --no-parallel --filter 'ServiceTests.(Kill|KillPoint|Fault|SmallDisk|StartRace|Rekey)Tests'
	REMEDY_WALKS=20000 $(SWIFT) test --skip-build --disable-xctest --filter WalkTests

lint: ## Check the formatting
	$(SWIFT) format lint --strict --parallel --recursive --configuration .swift-format $(LINTED)

bench: setup ## Measure, beside peers, and print ratios
	@Tests/Benchmarks/run

release: setup ## Build what is installed
	$(SWIFT) build -c release --product remedyd $(SERVICE_FLAGS)
	$(SWIFT) build -c release --product remedy $(COMMAND_FLAGS)
ifdef HELPER
	$(SWIFT) build -c release --product remedy-fido2 $(SERVICE_FLAGS)
else
	@echo 'release: no libfido2 (libfido2-dev): remedy will not ask security keys'
endif

# Under sudo nothing is built: the compiler needs no rights, and its files should not be root's.
install: $(if $(SUDO_USER),,release) ## Install, into DESTDIR (none) and PREFIX (/usr/local)
	@for file in $(SERVICE) $(COMMAND) $(HELPER); do \
	  test -x $$file || { echo "$$file is not built; run: make release" >&2; exit 1; }; \
	done
	$(INSTALL) -d '$(DESTDIR)$(BINDIR)'
	$(INSTALL) -m 0755 $(SERVICE) $(COMMAND) '$(DESTDIR)$(BINDIR)'
	$(STRIP) '$(DESTDIR)$(BINDIR)/remedyd' '$(DESTDIR)$(BINDIR)/remedy'
ifdef HELPER
	$(INSTALL) -d '$(DESTDIR)$(LIBEXECDIR)'
	$(INSTALL) -m 0755 $(HELPER) '$(DESTDIR)$(LIBEXECDIR)'
	$(STRIP) '$(DESTDIR)$(LIBEXECDIR)/remedy-fido2'
endif
	$(INSTALL) -d '$(DESTDIR)$(UNITDIR)/system' '$(DESTDIR)$(UNITDIR)/user'
	for unit in system/remedyd.service system/remedyd.socket \
	    user/remedyd.service user/remedyd.socket; do \
	  sed 's|/usr/bin/remedyd|$(BINDIR)/remedyd|' systemd/$$unit \
	    >'$(DESTDIR)$(UNITDIR)'/$$unit; \
	  chmod 0644 '$(DESTDIR)$(UNITDIR)'/$$unit; \
	done
	$(INSTALL) -d '$(DESTDIR)$(PREFIX)/lib/sysusers.d'
	$(INSTALL) -m 0644 systemd/sysusers.d/remedy.conf '$(DESTDIR)$(PREFIX)/lib/sysusers.d'
	for page in man/*.[1-8]; do \
	  $(INSTALL) -d '$(DESTDIR)$(MANDIR)'/man$${page##*.}; \
	  $(INSTALL) -m 0644 $$page '$(DESTDIR)$(MANDIR)'/man$${page##*.}; \
	done
	$(INSTALL) -d '$(DESTDIR)$(DOCDIR)'
	$(INSTALL) -m 0644 README.md LICENSE etc/remedy.toml '$(DESTDIR)$(DOCDIR)'
	$(INSTALL) -d '$(DESTDIR)$(SYSCONFDIR)/remedy'
	@if [ -e '$(DESTDIR)$(SYSCONFDIR)/remedy/remedy.toml' ]; then \
	  echo 'kept $(DESTDIR)$(SYSCONFDIR)/remedy/remedy.toml as it is'; \
	else \
	  $(INSTALL) -m 0644 etc/remedy.toml '$(DESTDIR)$(SYSCONFDIR)/remedy/remedy.toml'; \
	fi

clean: ## Remove what was built
	rm -rf .build .build-cli .build-lab

.PHONY: help setup build demo test lab soak lint bench release install clean
