# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of module_utils share: an environment without proxies and certificates, and pauses that take no time."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace

import pytest

_OF_REQUESTS = {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle", "ssl_cert_file", "ssl_cert_dir"}


@pytest.fixture(autouse=True)
def _no_proxies_and_certificates_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.lower() in _OF_REQUESTS:
            monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", os.devnull)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before a request is sent again, in seconds. They take no time."""
    from ansible_collections.forti.oauth.plugins.module_utils import _http  # when this file is read, the collection is not there yet

    made: list[float] = []
    monkeypatch.setattr(_http, "time", SimpleNamespace(time=time.time, strftime=time.strftime, localtime=time.localtime, sleep=made.append))
    return made


@pytest.fixture
def push_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of a wait for a push, in seconds. They take no time: only they move the clock of the wait."""
    from ansible_collections.forti.oauth.plugins.module_utils import _fac_challenge

    made: list[float] = []
    monkeypatch.setattr(_fac_challenge, "time", SimpleNamespace(monotonic=lambda: sum(made), sleep=made.append))
    return made
