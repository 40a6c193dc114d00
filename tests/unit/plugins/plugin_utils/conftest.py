# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for the tests of what stays on the controller."""

from __future__ import annotations

import hashlib
import pathlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from extensions.simulator import Simulator
    from tests.unit.plugins.plugin_utils._cache.harness import CacheHarness
    from tests.unit.plugins.plugin_utils.core import Core
    from tests.unit.plugins.plugin_utils.verifying import Runs


@pytest.fixture
def harness(tmp_path: pathlib.Path) -> CacheHarness:
    """A token cache with a made-up token service. A warning is a failure."""
    from tests.unit.plugins.plugin_utils._cache.harness import CacheHarness  # when pytest reads this file, the collection cannot be imported yet

    return CacheHarness(tmp_path)


@pytest.fixture
def run_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """The folder of the run's backend, which is not made yet. Core makes the one above it."""
    from ansible import constants as C

    (tmp_path / "local").mkdir(mode=0o700)
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path / "local"))
    return tmp_path / "local" / "forti_oauth"


@pytest.fixture
def core(sim: Simulator, run_folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Core:
    """Core with a run of its own. The environment names the simulator's server, and no user."""
    from tests.unit.plugins.plugin_utils.core import Core

    for service in ("FAC", "FORTICWP"):
        monkeypatch.setenv(f"{service}_SERVER", sim.host)
        monkeypatch.setenv(f"{service}_CA_PATH", str(sim.ca))
    return Core()


@pytest.fixture
def runs(sim: Simulator, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Runs that share a directory of tokens. They derive keys as no product should, but quickly."""
    from ansible_collections.forti.oauth.plugins.plugin_utils._cache import encrypted

    from tests.unit.plugins.plugin_utils.verifying import Runs

    monkeypatch.setattr(encrypted, "scrypt", lambda secret, salt: hashlib.sha256(secret + salt).digest())
    return Runs(sim, tmp_path, monkeypatch)
