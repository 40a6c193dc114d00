# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A harness for the tests of the token cache: real backends in a folder, and a made-up token service that logs its requests."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import CacheRequest
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import read_header
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.token_cache import TokenCache

SERVER = "https://fac.example.com"
CLIENT = {"family": "fac", "server": SERVER, "client_id": "c"}
LOGIN = {**CLIENT, "grant_type": "password", "username": "u", "password": "p"}
Result = dict[str, Any]


def by_task(refresh_token: str, **more: str) -> dict[str, str]:
    """Return the cache key of a task that refreshes by itself (grant_type refresh_token)."""
    return {**CLIENT, **more, "grant_type": "refresh_token", "refresh_token": refresh_token}


def without_memory(message: str, *, refused: bool = True, ago: int = 0) -> str:
    """Return the message of a failure from the negative cache without the words that say so. They must be there, and tell the seconds.

    :arg ago: the seconds since it was refused; a slow machine may need a few more.
    """
    words = (
        r"refused (\d+) s ago; not asked again for (\d+) s; force: true asks anew"
        if refused
        else r"failed (\d+) s ago for another task or host that asked at the same time"
    )
    found = re.fullmatch(rf"(.*) \({words}\)", message)
    assert found, message
    assert ago <= int(found[2]) <= ago + 9, message
    assert not refused or int(found[2]) + int(found[3]) == 60, message
    return found[1]


def without_any_memory(message: str, *, refused: bool = True) -> str:
    """Return a message without such words, if there are some."""
    return without_memory(message, refused=refused) if message.endswith(")") and " s ago" in message else message


@dataclasses.dataclass
class CacheHarness:
    """A token cache, and its token service. The tokens are A1, A2 and so on, with the refresh tokens R1, R2 and so on."""

    folder: pathlib.Path
    life: float | None = 3600  # of the tokens, in seconds
    refresh_token: str | None = "R{}"  # of the tokens; None if the service sends none
    login_fails: FortiError | None = None
    refresh_fails: FortiError | None = None
    session_fails: FortiError | None = None  # a login that goes on with a challenge
    meanwhile: Callable[[], Any] = lambda: None  # what happens while the service answers
    answered: Callable[[], Any] = lambda: None  # what happens when it has done what was asked, before its answer is used
    for_run_only: bool = False  # whether tokens are kept for the run only
    takes: float = 0  # seconds
    warn: Callable[[str], Any] = pytest.fail
    open_backend: Callable[[str], Backend] = RunBackend  # for a folder
    revoked: list[str] = dataclasses.field(default_factory=list)

    @property
    def requests(self) -> list[str]:
        """The requests to the service, of all processes."""
        log = self.folder / "requests"
        return log.read_text().splitlines() if log.exists() else []

    def encrypted(self, name: str) -> EncryptedCache:
        """Return the encrypted cache in a subfolder."""
        return EncryptedCache(lambda: self.open_backend(str(self.folder / name)), warn=self.warn)

    def headers(self, name: str) -> list[dict[str, Any] | None]:
        """Return the headers of the entries in a subfolder."""
        return [read_header(entry) for _name, entry in self.open_backend(str(self.folder / name)).entries()]

    def cache(self, run: str | None = "run", shared: str | None = None) -> TokenCache:
        """Return a token cache with tiers in these subfolders."""
        folders = [str(self.folder / name) for name in (run, shared) if name is not None]
        open_backends = [functools.partial(self._open, folder) for folder in folders]
        return TokenCache(open_backends, for_run_only=self.for_run_only, warn=self.warn)

    def ask(self, key: Mapping[str, str] | None = None, *, run: str | None = "run", shared: str | None = None, **more: Any) -> Result:
        """Ask for a token, and return the task's result."""
        request = CacheRequest(key=key or LOGIN, **{"min_validity": 60, "lock_timeout": 20, "asked_at": time.time(), **more})
        return self.cache(run, shared).get_or_fetch(request, fetch=self._login, refresh=self._refresh).as_result()

    def token(self, key: Mapping[str, str] | None = None, **more: Any) -> str:
        """Ask for a token, and return its text."""
        token: str = self.ask(key, **more)["access_token"]
        return token

    def revoke(
        self,
        access_token: str | None,
        key: Mapping[str, str] | None = None,
        *,
        run: str = "run",
        shared: str | None = None,
        live: bool = True,
        check_mode: bool = False,
    ) -> bool:
        """Revoke a token.

        :arg live: what the service says of it.
        """

        def at_service(token: str) -> bool:
            time.sleep(self.takes)
            self.revoked.append(token)
            return live

        return self.cache(run, shared).revoke(key or LOGIN, access_token, lock_timeout=20, revoke=at_service, check_mode=check_mode)

    def _open(self, folder: str) -> Backend:
        return self.open_backend(folder)

    def _login(self, challenge: Mapping[str, str] | None) -> Token:
        return self._answer(f"session {challenge['session']}", self.session_fails) if challenge else self._answer("login", self.login_fails)

    def _refresh(self, refresh_token: str) -> Token:
        return self._answer(f"refresh {refresh_token}", self.refresh_fails)

    def _answer(self, request: str, problem: FortiError | None) -> Token:
        time.sleep(self.takes)
        self.meanwhile()
        with (self.folder / "requests").open("a") as log:
            log.write(f"{request}\n")
        number, now = len(self.requests), time.time()
        self.answered()
        if problem is not None:
            raise problem
        return Token(
            access_token=f"A{number}",
            server=SERVER,
            refresh_token=self.refresh_token.format(number) if self.refresh_token else None,
            issued_at=now,
            expires_at=None if self.life is None else now + self.life,
        )
