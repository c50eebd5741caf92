# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything runs from two folders that are made on first use: .venv holds nox, .nox what the sessions need.

.SUFFIXES:

NOX = .venv/bin/nox
# More for the session: make unit ARGS="-k plan", make lint ARGS=ruff
ARGS =
# A name in your clouds.yaml, for: make demo CLOUD=name
CLOUD =

TEST = lint sanity-2.16 unit-2.16 unit-newest sanity-newest conformance keystone awx-2.16 awx-newest docs package \
	emulator modules-2.16 modules-newest faces faults playbooks-2.16 playbooks-newest target

help:
	@echo 'make demo [CLOUD=name]  show the collection at work, against a stand-in for the cloud or a cloud of yours'
	@echo 'make test               everything, on the oldest and the newest ansible-core'
	@echo 'make test-all           the same, the ansible-core releases between them, and the coverage'
	@echo 'make test-quick         style, unit and module tests on the newest ansible-core'
	@echo 'make lint | unit | emulator | modules | faces | faults | playbooks | target | conformance | keystone | awx'
	@echo 'make sanity | package   one part; ARGS="..." is handed on, as in make unit ARGS="-k plan"'
	@echo 'make coverage           lines and branches reached by the unit and module tests'
	@echo 'make mutation           break the code in small ways and see whether the unit tests notice; takes long'
	@echo 'make format             bring the code into the common style'
	@echo 'make docs               build the documentation as a site; ARGS=draw draws its pictures anew'
	@echo 'make bench              measure speed'
	@echo 'make build              build the tarball'
	@echo 'make release ARGS=1.0.0 set the version, write the changelog, build the tarball'
	@echo 'make clean              remove everything that was made'

demo: $(NOX)
	@OTC_DIS_QUIET=1 $(NOX) -s demo -- $(if $(CLOUD),--cloud '$(CLOUD)') $(ARGS)

test: $(NOX)
	@.venv/bin/python tests/tools/run_all.py $(TEST)

test-all: $(NOX)
	@.venv/bin/python tests/tools/run_all.py $(TEST) modules-2.18 modules-2.20 playbooks-2.18 playbooks-2.20 coverage

test-quick: $(NOX)
	@.venv/bin/python tests/tools/run_all.py lint unit-newest modules-newest

coverage: $(NOX)
	@.venv/bin/python tests/tools/run_all.py unit-newest modules-newest coverage

unit modules playbooks awx sanity: $(NOX)
	@$(NOX) -t $@ -- $(ARGS)

lint emulator faces faults mutation target conformance keystone package docs bench build release: $(NOX)
	@$(NOX) -s $@ -- $(ARGS)

format: $(NOX)
	@$(NOX) -s $@ -- $(ARGS)

clean:
	rm -rf .build .nox .venv .ansible .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/output

$(NOX): tests/requirements/nox.txt
	@sh tests/tools/bootstrap.sh

.PHONY: help demo test test-all test-quick lint unit emulator modules faces faults mutation playbooks target conformance \
	keystone awx sanity docs package bench build release format coverage clean
