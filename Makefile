# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# make quickstart   see it work on 20 hosts, against a simulated FortiCWP and FortiAuthenticator; half a minute
# make test         the tests of every day, with the installed collection; some 7 minutes
# make test-all     these, and those that take long; some 19 minutes
# make matrix       the integration tests on each supported ansible-core; some 80 minutes; make matrix ARGUMENTS=2.18 tries one
# make gates        all that the collection has to pass before a release; some 10 minutes; make gates ARGUMENTS=types tries one
# make bench        what a token costs and what it saves; some 20 minutes; 3 with make bench ARGUMENTS=--quick
# make chaos        the token cache under faults; 2 minutes; SEED=123 repeats one, ARGUMENTS="--seconds 15" is a short one
# make load         what a store costs when 100 runs ask at once, and 100 nodes; some 25 minutes; 3 with make load ARGUMENTS=--quick
# make ee           the sample of an execution environment, built and used for a job as in AWX; 2 minutes; needs root on Debian
# make docs         the documentation as web pages, in .work/docs; prints the path of the first page
# make build        the archive of the collection, in dist/

VENV := .work/venv
PYTHON ?=
# The script looks for a Python from 3.10 to 3.13 itself, or takes PYTHON. It runs on any that is not very old.
MAKE_VENV = for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.10); do \
  if "$$python" -c "import sys; sys.exit(sys.version_info < (3, 8))" 2>/dev/null; then exec "$$python" tests/tools/venvs.py $(1) $(PYTHON); fi; done; \
  echo "There is no $(or $(PYTHON),python3) here. Install a Python from 3.10 to 3.13, or name yours: make PYTHON=/usr/local/bin/python3.12"; exit 1
INSTALL := DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export LC_ALL := C.UTF-8

.PHONY: help quickstart test test-all matrix gates bench chaos load ee docs build servers containers clean

help:
	@sed -n 's/^# make/make/p' $(firstword $(MAKEFILE_LIST))
	@echo; echo "make PYTHON=/usr/local/bin/python3.12 quickstart takes that Python for the environment that it makes."

quickstart:
	@echo "20 hosts get tokens from simulated servers: some 15 seconds, the first time 15 more for an environment in .work/quickstart."
	@$(call MAKE_VENV,quickstart)
	@.work/quickstart/bin/python tests/quickstart.py

# Four workers on two cores: a third of their time the tests wait. A failure is shown when it happens.
PYTEST := $(VENV)/bin/python -m pytest -q -rs --instafail -n 4 --dist loadgroup

test: $(VENV)/ready servers
	$(PYTEST) -m "not long" tests

test-all: $(VENV)/ready servers
	$(PYTEST) tests

matrix: $(VENV)/ready servers
	$(VENV)/bin/python tests/tools/matrix.py $(ARGUMENTS)

gates: $(VENV)/ready
	$(VENV)/bin/python -m tests.tools.gates $(ARGUMENTS)

bench: $(VENV)/ready servers
	$(VENV)/bin/python -m tests.bench $(ARGUMENTS)

chaos: $(VENV)/ready servers
	$(VENV)/bin/python -m tests.chaos $(ARGUMENTS)

load: $(VENV)/ready servers
	$(VENV)/bin/python -m tests.load $(ARGUMENTS)

ee: $(VENV)/ready containers
	$(VENV)/bin/python -m tests.ee

docs: $(VENV)/ready
	$(VENV)/bin/python tests/tools/docs.py

build: $(VENV)/ready
	$(VENV)/bin/python tests/tools/build.py dist

$(VENV)/ready: tests/requirements.txt
	@$(call MAKE_VENV,venv)
	touch $@

# The tests want a real Redis and a real ssh server. Where one cannot be installed its tests are skipped, and say so.
servers:
	@missing=; \
	command -v redis-server >/dev/null || command -v valkey-server >/dev/null || missing="redis-server"; \
	command -v sshd >/dev/null || [ -x /usr/sbin/sshd ] || missing="$$missing openssh-server"; \
	[ -z "$$missing" ] || $(INSTALL) $$missing || { apt-get update -q && $(INSTALL) $$missing; } \
	  || echo "Not there, and not to be installed: $$missing. What needs it will not be tested."

# An image wants podman, what runs a container, and what makes Debian's base. Where they cannot be installed no image is built.
containers:
	@missing=; \
	for program in podman runc debootstrap; do command -v $$program >/dev/null || [ -x /usr/sbin/$$program ] || missing="$$missing $$program"; done; \
	[ -z "$$missing" ] || $(INSTALL) $$missing || { apt-get update -q && $(INSTALL) $$missing; } \
	  || echo "Not there, and not to be installed:$$missing. No image will be built."

clean:
	rm -rf .work dist collections/ansible_collections
