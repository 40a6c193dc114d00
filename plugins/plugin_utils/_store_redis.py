# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""A Redis or Valkey server that keeps tokens for many machines, such as the execution nodes of AWX."""

from __future__ import annotations

import contextlib
import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.plugin_utils._keyring import Keyring
from ansible_collections.forti.oauth.plugins.plugin_utils._sealing import read_about
from ansible_collections.forti.oauth.plugins.plugin_utils._store import StoreFailed, guarded_keyring, waited_too_long

_PREFIX = "forti_oauth:"
_SALT = f"{_PREFIX}salt"
_TOKENS = f"{_PREFIX}token:"
_LOCKS = f"{_PREFIX}lock:"
_LONGEST = 30 * 86400  # seconds: no key stays for ever
_ANSWER_WITHIN = 3  # seconds
_LOCK_LIVES = 15  # seconds after its holder was killed

T = TypeVar("T")


class RedisStore:
    """Keeps entries as keys with a time to live; locks are the redis library's own."""

    def __init__(self, url: str) -> None:
        """:arg url: redis://[user:password@]host[:port][/database], or rediss:// for TLS, with the redis library's query options.

        :raises OptionError: it is no such URL.
        """
        self._redis, self._client, self.where = _connected(url)
        self._salt: bytes = self._ask(self._agreed_salt)

    def keyring(self, identity: Mapping[str, str]) -> Keyring:
        """Return the seals of a token."""
        return guarded_keyring(identity, self._salt)

    def read(self, name: str) -> bytes | None:
        """Return an entry, None where there is none."""
        return self._ask(lambda: self._client.get(_TOKENS + name))

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        """Keep an entry with a time to live."""
        seconds = _LONGEST if keep_until is None else min(_LONGEST, max(1, int(keep_until - time.time())))
        self._ask(lambda: self._client.set(_TOKENS + name, entry, ex=seconds))

    def remove(self, name: str) -> None:
        """Forget an entry."""
        self._ask(lambda: self._client.delete(_TOKENS + name))

    @contextlib.contextmanager
    def lock(self, name: str, *, patience: float) -> Iterator[None]:
        """Hold the only right to renew this entry. It is renewed while its holder lives, and ends soon after it was killed."""
        lock = self._client.lock(_LOCKS + name, timeout=_LOCK_LIVES, blocking_timeout=patience, sleep=0.1, thread_local=False)
        if not self._ask(lock.acquire):
            raise waited_too_long(patience)
        done = threading.Event()
        threading.Thread(target=self._renew, args=(lock, done), daemon=True).start()
        try:
            yield
        finally:
            done.set()
            with contextlib.suppress(StoreFailed):  # it ends by itself
                self._ask(lock.release)

    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        """Return name and clear text of every entry."""
        keys = self._ask(lambda: sorted(self._client.scan_iter(match=f"{_TOKENS}*", count=500)))
        texts = self._ask(lambda: self._client.mget(keys)) if keys else []
        return [(key.decode("ascii", "replace").removeprefix(_TOKENS), read_about(text) or {}) for key, text in zip(keys, texts) if text is not None]

    def _renew(self, lock: Any, done: threading.Event) -> None:
        while not done.wait(_LOCK_LIVES / 3):
            with contextlib.suppress(StoreFailed):
                self._ask(lock.reacquire)

    def _agreed_salt(self) -> bytes:
        """Return the salt of this server; the first to set one decides it for all. Each use prolongs its life."""
        self._client.set(_SALT, os.urandom(32), nx=True, ex=_LONGEST)
        self._client.expire(_SALT, _LONGEST)
        salt = self._client.get(_SALT)
        if not salt:
            raise StoreFailed(f"{self.where} cannot be used: it does not keep what it is told")
        return bytes(salt)

    def _ask(self, question: Callable[[], T]) -> T:
        """Ask the server; its errors, which may quote the URL, do not go on."""
        problem = None
        try:
            return question()
        except (self._redis.RedisError, OSError, TypeError, ValueError, AttributeError) as exc:
            problem = _reason(self._redis, exc)
        raise StoreFailed(f"{self.where} cannot be used: {problem}")


def _connected(url: str) -> tuple[Any, Any, str]:
    """Return the redis library, a client, and the server's name for messages. Nothing is sent yet."""
    try:
        import redis
        import redis.backoff
        import redis.retry
    except ImportError:
        raise StoreFailed("Redis cannot be used: the Python library redis is missing on the controller (pip install redis)") from None
    client = None
    with contextlib.suppress(ValueError, TypeError, AttributeError):  # the last two for odd options behind the question mark
        at_once = redis.retry.Retry(redis.backoff.NoBackoff(), 0)  # a play does not wait for a cache
        client = redis.Redis.from_url(url, socket_timeout=_ANSWER_WITHIN, socket_connect_timeout=_ANSWER_WITHIN, retry=at_once)
    if client is None:
        raise OptionError("cache is no URL of Redis. Write redis://host:6379/0, or rediss:// for TLS, with user and password before the host where due.")
    known = client.connection_pool.connection_kwargs
    known["decode_responses"] = False  # entries are no text, whatever the URL says
    if url.startswith("rediss:"):
        known.setdefault("ssl_check_hostname", True)  # versions before 6 did not
    return redis, client, f"Redis at {known.get('host', 'localhost')}:{known.get('port', 6379)}"


def _reason(redis: Any, exc: Exception) -> str:
    """Return why Redis failed, in words of our own: its own text may hold what was sent."""
    if isinstance(exc.__cause__ or exc.__context__, (ssl.SSLError, FileNotFoundError)):
        return "TLS failed: check ssl_ca_certs in the URL, and the server's certificate"
    kinds = [
        ((TypeError, AttributeError), "its URL has an option that is unknown"),
        (UnicodeError, "its host name is none"),
        (redis.AuthenticationError, "it refuses the user or the password"),
        (redis.exceptions.NoPermissionError, "this user may not do that there"),
        (redis.TimeoutError, f"no answer within {_ANSWER_WITHIN} seconds"),
        (redis.exceptions.OutOfMemoryError, "it is full"),
        (redis.exceptions.ReadOnlyError, "it is a read-only replica"),
        (redis.exceptions.LockError, "the lock was lost"),
        (redis.ConnectionError, "no connection"),
        (redis.ResponseError, "it refuses the command"),
    ]
    return next((text for kind, text in kinds if isinstance(exc, kind)), type(exc).__name__)
