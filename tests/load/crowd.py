# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One crowd: runs and their askers, all at once, each asker in a process of its own; and what they saw."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import os
import pathlib
import sys
import time
from collections.abc import Callable
from typing import Any

from ansible import constants as C
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache import encrypted, entry_cipher
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backends import backends
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import CacheRequest
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.token_cache import TokenCache

from tests.load.gate import Work, all_at_once

_LATENCY = 0.1  # seconds that the made-up service takes
_LOCK_TIMEOUT = 210  # seconds, as fac_oauth_token has it by default
_LIFE = 36000
_SERVER = "https://fac.example.com"


@dataclasses.dataclass(frozen=True)
class Crowd:
    """Who asks: run number i asks for identity i modulo their number, with all its askers."""

    runs: int
    askers: int
    identities: int
    cache: str  # the value of the option
    is_ready: bool = False  # whether a key costs next to nothing to derive, and the library redis is imported before


@dataclasses.dataclass(frozen=True)
class Ask:
    """What one asker saw: seconds, and numbers."""

    waited: float
    processor: float  # without what is below
    derivation: float  # processor time
    importing: float  # processor time of the import of the library redis
    derivations: int
    logins: int
    given_up: int
    again: float  # processor time of a second ask


def let_ask(crowd: Crowd, folder: pathlib.Path) -> list[Ask]:
    """Let them all ask at once; return what each saw."""

    def prepare(number: int) -> Work:
        run = number // crowd.askers
        C.DEFAULT_LOCAL_TMP = str(folder / f"run{run}")  # type: ignore[attr-defined]
        asker = _Asker(crowd, run)
        return lambda: dataclasses.asdict(asker.ask())

    return [Ask(**seen) for seen in all_at_once(prepare, number=crowd.runs * crowd.askers, folder=folder)]


class _Asker:
    def __init__(self, crowd: Crowd, run: int) -> None:
        self._crowd = crowd
        user = run % crowd.identities
        self._key = {"family": "fac", "server": _SERVER, "client_id": "c", "grant_type": "password", "username": f"u{user}", "password": f"p{user}"}
        self._counts = {"derivations": 0, "logins": 0, "given_up": 0}
        self._derivation = self._importing = 0.0
        if crowd.is_ready:
            entry_cipher._SCRYPT = {"n": 2, "r": 1, "p": 1}
            _import_redis(crowd)
        self._scrypt, encrypted.scrypt = encrypted.scrypt, self._derive

    def ask(self) -> Ask:
        """Ask twice; the second time the run has it."""
        since, processor = time.monotonic(), time.process_time()
        self._once()
        waited, processor = time.monotonic() - since, time.process_time() - processor
        seen = dict(self._counts)
        second = time.process_time()
        self._once()
        second = time.process_time() - second
        return Ask(waited, processor - self._derivation - self._importing, self._derivation, self._importing, again=second, **seen)

    def _once(self) -> None:
        request = CacheRequest(key=self._key, lock_timeout=_LOCK_TIMEOUT, min_validity=60, asked_at=time.time())
        run, *shared = backends(self._crowd.cache)
        open_backends = [run, *(functools.partial(self._opened, backend) for backend in shared)]
        TokenCache(open_backends, warn=self._warned).get_or_fetch(request, fetch=self._login, refresh=lambda _token: self._login(None))

    def _opened(self, open_backend: Callable[[], Any]) -> Any:
        since = time.process_time()
        _import_redis(self._crowd)
        self._importing += time.process_time() - since
        return open_backend()

    def _login(self, _challenge: Any) -> Token:
        self._counts["logins"] += 1
        now = time.time()
        time.sleep(_LATENCY)
        return Token(f"A{os.getpid()}", _SERVER, issued_at=now, expires_at=now + _LIFE)

    def _warned(self, message: str) -> None:
        self._counts["given_up"] += 1
        print(message, file=sys.stderr)

    def _derive(self, secret: bytes, salt: bytes) -> bytes:
        since = time.process_time()
        self._counts["derivations"] += 1
        derived = self._scrypt(secret, salt)
        self._derivation += time.process_time() - since
        return derived


def _import_redis(crowd: Crowd) -> None:
    """Import what the backend for Redis needs, if it is needed. The product does so when it opens that backend."""
    if crowd.cache.startswith("redis:"):
        importlib.import_module("ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_redis")
        for name in ("redis", "redis.backoff", "redis.retry"):
            importlib.import_module(name)
