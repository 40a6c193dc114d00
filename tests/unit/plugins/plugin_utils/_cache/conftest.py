# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for the tests of the encrypted cache."""

from __future__ import annotations

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache

from tests.unit.plugins.plugin_utils._cache.memory import MemoryBackend


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend()


@pytest.fixture
def cache(backend: MemoryBackend) -> EncryptedCache:
    return EncryptedCache(backend.open, warn=pytest.fail)
