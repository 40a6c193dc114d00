# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several runs that share a directory of tokens, and a simulator that they verify tokens with."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING, Any

import pytest
from ansible import constants as C
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import read_header
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import TokenProvider

from tests.unit.plugins.plugin_utils.core import USER

if TYPE_CHECKING:
    from extensions.simulator import Simulator

VERIFY = "/api/v1/oauth/verify_token/"
SHORT = 30  # seconds between two verifies with verify always
SHARING = ["shared", "always"]
Outcome = tuple[str, str]  # access token, source


class Runs:
    """Runs, each with a private folder of its own, and one directory for all. The options are those of luser1."""

    def __init__(self, sim: Simulator, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sim = sim
        self.shared = folder / "shared"
        self._folder = folder
        self._monkeypatch = monkeypatch

    def start(self, name: str) -> None:
        """Go on as this run."""
        folder = self._folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        self._monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(folder))

    def service(self, *, delegated_to: str | None = None, **options: Any) -> FortiAuthenticator:
        """Return the service. A warning is a failure."""
        given = {**USER, "server": self.sim.host, "ca_path": str(self.sim.ca), "cache": str(self.shared), "retries": 0, **options}
        return FortiAuthenticator.from_options(given, explicit=given, warn=pytest.fail, notify=pytest.fail, delegated_to=delegated_to)

    def ask(self, **options: Any) -> Outcome:
        """Ask for a token as a task of the run does."""
        entry = TokenProvider(self.service(**options), request_id="task").get()
        return entry.token.access_token, entry.source

    def another(self, **options: Any) -> str:
        """Let a run get a token and end, and go on as the next one. Return the token."""
        self.start("first")
        token, source = self.ask(**options)
        assert source == "login"
        self.start("second")
        return token

    @property
    def verified(self) -> list[str]:
        """The access tokens that the simulator was asked to verify."""
        return [request["headers"]["Authorization"].removeprefix("Bearer ") for request in self.sim.requests if request["path"] == VERIFY]

    @property
    def logins(self) -> int:
        """How many logins there were."""
        return self.sim.counts["fac.login"]


def kinds(folder: pathlib.Path) -> list[str]:
    """Return the kinds of the entries in a directory."""
    headers = [read_header(entry) for _name, entry in DirectoryBackend(str(folder)).entries()]
    return sorted(header["kind"] for header in headers if header)
