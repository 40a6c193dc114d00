# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for tests that ansible-test runs, each in a fork of a worker: nothing that a fork makes outlives it, nor does it end a session."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Callable
from typing import Any, Literal

import pytest

from tests.tools.alone import alone


def for_all(fixture_name: str, config: pytest.Config) -> Literal["function", "session"]:
    """Return the scope of a fixture that starts a server. A fork that started one for a session would leave it running."""
    return "function" if config.pluginmanager.hasplugin("ansible_forked") else "session"


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[], Any]) -> Any:
    """Return what this function makes, as JSON has it. It is called once in a run of the tests, for all workers and their forks."""
    made = _shared(factory) / f"{name}.json"
    with alone(made.with_suffix(".lock")):
        if not made.exists():
            draft = made.with_suffix(".draft")
            draft.write_text(json.dumps(make()))
            draft.replace(made)
    return json.loads(made.read_text())


def _shared(factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return a folder of this run of the tests. That of a worker of xdist is in it."""
    folder = factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
