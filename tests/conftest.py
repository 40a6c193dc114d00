# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator, for the tests that ask for it; and which tests are left out each day."""

from __future__ import annotations

import contextlib
import fnmatch
import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.tools.forks import for_all

if TYPE_CHECKING:
    from extensions.simulator import Simulator


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks known, that of pytest-xdist too, which may be missing. ansible-test reads no pytest.ini."""
    config.addinivalue_line("markers", "long: takes long; make test leaves it out, make test-all does not")
    config.addinivalue_line("markers", "daily(*ids): of a test with many cases, those that make test runs; the others are long")
    config.addinivalue_line("markers", "xdist_group(name): what one worker is to run")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as long what C(daily) leaves out: all cases of a test but those whose IDs it names; * stands for anything."""
    found: dict[str, bool] = {}
    for item in items:
        mark = item.get_closest_marker("daily")
        if mark is None:
            continue
        assert isinstance(item, pytest.Function)
        fits = {f"{item.path.name}: {item.originalname}[{name}]": fnmatch.fnmatchcase(item.callspec.id, name) for name in mark.args}
        found.update({name: found.get(name, False) or fit for name, fit in fits.items()})
        if not any(fits.values()):
            item.add_marker("long")
    unknown = [name for name, fit in found.items() if not fit]
    collects_all = not any("::" in argument for argument in config.args) and not config.getoption("lf", False)
    if unknown and collects_all:
        raise pytest.UsageError(f"daily names no such case: {', '.join(unknown)}")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Load the simulator where it is needed, before ansible-test forks for each test: else each fork would spend a third of a second on it."""
    if any("simulator_can_run" in getattr(item, "fixturenames", ()) for item in session.items):
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module("extensions.simulator")


@pytest.fixture(scope="session")
def simulator_can_run() -> None:
    """Skip the tests that need the simulator where its libraries are missing."""
    for library in ("flask", "trustme"):
        pytest.importorskip(library, reason=f"the simulator needs {library}, which is not installed")


@pytest.fixture(scope=for_all)
def simulator(simulator_can_run: None) -> Iterator[Simulator]:
    """The running server, in whatever state the test before left it."""
    from extensions.simulator import Simulator

    with Simulator() as running:
        yield running


@pytest.fixture
def sim(simulator: Simulator) -> Simulator:
    """The same server with the default state, no faults, and all counters at zero."""
    simulator.reset()
    return simulator
