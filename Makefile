# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything runs from two folders that are made on first use: .venv holds nox and uv, .nox what the sessions need.

.SUFFIXES:

PYTHON = python3
NOX = .venv/bin/nox
# More for the session: make test-unit ARGS="-k plan", make lint ARGS=ruff
ARGS =
# A name in your clouds.yaml, for: make demo CLOUD=name
CLOUD =
# Sessions at a time, each of which runs its tests one after the other: tests wait a lot.
JOBS = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

# The longest first.
QUICK = e2e-newest unit-newest functional-newest examples-newest lint
REST = e2e-newest faults functional-2.16 e2e-2.16 functional-newest in-process examples-newest unit-2.16 emulator \
	sanity-2.16 sanity-newest keystone eda examples-2.16 unit-newest awx-2.16 awx-newest conformance docs package lint py38
# Releases between the oldest and the newest: the quick tests alone.
BETWEEN = functional-2.18 functional-2.20 e2e-2.18 e2e-2.20

help:
	@echo 'make demo [CLOUD=name]  run the collection against the emulator, or against a cloud of your clouds.yaml'
	@echo 'make test               what a contributor needs, on the newest ansible-core, in a minute or two'
	@echo 'make test-ci            everything, on the oldest and the newest ansible-core; this is what CI runs'
	@echo 'make test-all           the same, and the quick tests on the releases between them'
	@echo 'make test-KIND          one kind: unit, functional, in-process, faults, e2e, examples, emulator, py38,'
	@echo '                        conformance, keystone, awx, eda; ARGS="..." is handed on, as in ARGS="-k plan"'
	@echo 'make lint | sanity | docs | package'
	@echo 'make coverage           lines and branches reached by the unit and functional tests'
	@echo 'make mutation           break the code in small ways and see whether the unit tests notice; takes long'
	@echo 'make format             bring the code into the common style'
	@echo 'make bench              measure speed'
	@echo 'make build              build the tarball'
	@echo 'make release ARGS=1.0.0 set the version, write the changelog, build the tarball'
	@echo 'make clean              remove everything that was made'

demo: $(NOX)
	@QUIET=1 $(NOX) -s demo -- $(if $(CLOUD),--cloud '$(CLOUD)') $(ARGS)

# $(call gate,PART,SESSIONS): run them side by side, the next one also after a failure; "summary" has the verdict
gate = @rm -rf .build/results/$(1)-*; mkdir -p .build/results; PART=$(1) PYTEST_XDIST_AUTO_NUM_WORKERS=1 \
	$(MAKE) --no-print-directory -s -j$(JOBS) -O -k $(2:%=gate-%) || true
summary = @.venv/bin/python tests/tools/summary.py

test: $(NOX)
	$(call gate,quick,$(QUICK))
	$(summary) $(QUICK:%=quick-%)

test-ci: $(NOX)
	$(call gate,quick,$(QUICK))
	$(call gate,rest,$(REST))
	$(summary) $(QUICK:%=quick-%) $(REST:%=rest-%)

test-all: $(NOX)
	$(call gate,quick,$(QUICK))
	$(call gate,rest,$(REST) $(BETWEEN))
	$(summary) $(QUICK:%=quick-%) $(REST:%=rest-%) $(BETWEEN:%=rest-%)

gate-%: $(NOX)
	@$(NOX) --non-interactive --report .build/results/$(PART)-$*.json -s $*

test-%: $(NOX)
	@$(NOX) -t $* -- $(ARGS)

sanity: $(NOX)
	@$(NOX) -t $@ -- $(ARGS)

lint docs package bench build format mutation: $(NOX)
	@$(NOX) -s $@ -- $(ARGS)

release: $(NOX)
	@$(NOX) -s build -- $(or $(ARGS),none)

coverage: $(NOX)
	@rm -rf .build/coverage
	@OTC_DIS_COVERAGE=yes $(NOX) -s unit-newest functional-newest
	@for word in combine report 'html -q -d .build/coverage/html'; do .nox/unit-newest/bin/coverage $$word || exit; done

clean:
	rm -rf .build .nox .venv .ansible .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/output

$(NOX): tests/requirements/nox.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or later is needed: PYTHON=/path/to/it")'
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements/nox.txt
	@touch $@

.PHONY: help demo test test-ci test-all sanity lint docs package bench build format mutation release coverage clean
