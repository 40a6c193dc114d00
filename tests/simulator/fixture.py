# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pytest plugin: one simulator for the whole run, fresh for every test that asks for `sim`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .server import Simulator


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """The running server, in whatever state the test before left it."""
    with Simulator() as running:
        yield running


@pytest.fixture
def sim(simulator: Simulator) -> Simulator:
    """The same server with the default state, no faults, and all counters at zero."""
    simulator.reset()
    return simulator
