# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""A Redis or Valkey server that many machines share, such as the execution nodes of AWX."""

from __future__ import annotations

import contextlib
import functools
import math
import queue
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, TypeVar

from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import (
    ATTEMPTS,
    LARGEST_ENTRY,
    LONGEST_HEADER,
    BackendError,
    IsHeld,
    LockTimeout,
    lock_lost,
)

_PREFIX = "forti_oauth:"
_ENTRIES = f"{_PREFIX}token:"
_LOCKS = f"{_PREFIX}lock:"
_LONGEST = 30 * 86400  # seconds after which every key ends
_TIMEOUT = 3  # seconds to wait for an answer
_SILENT = f"no answer within {_TIMEOUT} seconds"
_LOCK_LIFE = 15  # seconds until the lock of a killed holder ends
# Writes or removes an entry, and prolongs what it was derived from. In one step with the look at the lock: a machine may be stopped between two steps.
_CHANGE = """
if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[2]) else redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3]) end
for number = 3, #KEYS do redis.call('EXPIRE', KEYS[number], ARGV[4]) end
return 1
"""

T = TypeVar("T")


class RedisBackend:
    """Entries are keys with a time to live. Locks are those of the library redis."""

    private: ClassVar[bool] = False
    generation = b""

    def __init__(self, url: str, *, budget: float = math.inf) -> None:
        """
        :arg url: redis://[user:password@]host[:port][/database], or rediss:// for TLS, with the redis library's query options.
        :arg budget: the seconds for all answers together. A server that is slow each time then costs no more than one that is silent.
        :raises OptionError: it is not such a URL.
        """
        self._redis, self._client, self.where = _connected(url)
        self._agreed: set[str] = set()  # keys
        self._lock: Any = None  # the one that this process holds
        self._left = budget

    def read(self, name: str) -> bytes | None:
        """Return an entry; None if there is none."""
        return _bytes(self._ask(lambda: self._client.getrange(_ENTRIES + name, 0, LARGEST_ENTRY - 1)), self.where) or None

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        """Write an entry with a time to live, and prolong that of what it was derived from."""
        seconds = _LONGEST if keep_until is None else min(_LONGEST, max(1, int(keep_until - time.time())))
        self._change(name, entry, seconds)

    def remove(self, name: str) -> None:
        """Remove an entry, if there is one."""
        self._change(name, b"", 0)

    def agree(self, name: str, proposal: bytes) -> bytes:
        """Return the shared value of this name. The first process to set it decides it; each entry that is written prolongs its life."""
        value = self._ask(lambda: self._agree(_PREFIX + name, proposal))
        if value is None:
            raise BackendError(f"{self.where} cannot be used: it does not keep what is written to it")
        self._agreed.add(_PREFIX + name)
        return _bytes(value, self.where)

    def disagree(self, name: str, value: bytes) -> None:
        """Drop the shared value of this name if it is still this one."""
        if self._ask(lambda: self._client.get(_PREFIX + name)) == value:
            self._ask(lambda: self._client.delete(_PREFIX + name))

    @contextlib.contextmanager
    def lock(self, name: str, *, timeout: float) -> Iterator[IsHeld]:
        """Hold a lock that a thread renews as long as its holder lives. Whoever is stopped for longer than _LOCK_LIFE loses it, and writes no more."""
        lock = self._client.lock(_LOCKS + name, timeout=_LOCK_LIFE, blocking_timeout=timeout, sleep=0.1, thread_local=False)
        if not self._ask(lambda: lock.acquire(blocking=False)) and not self._ask(lock.acquire, waits=timeout):
            raise LockTimeout
        done = threading.Event()
        threading.Thread(target=self._renew, args=(lock, done), daemon=True).start()
        outer, self._lock = self._lock, lock
        try:
            yield lambda: bool(self._ask(lock.owned))
        finally:
            self._lock = outer
            done.set()
            with contextlib.suppress(BackendError):  # the lock ends by itself
                self._ask(lock.release)

    def entries(self) -> Iterable[tuple[str, bytes]]:
        """Return name and beginning of every entry. They are asked for page by page, because there may be thousands."""
        found: dict[str, bytes] = {}
        cursor: int | None = None
        while cursor != 0:
            cursor, keys = self._ask(functools.partial(self._client.scan, cursor or 0, match=f"{_ENTRIES}*", count=500))
            for key, text in zip(keys, self._ask(functools.partial(self._beginnings, keys))):
                if text:
                    found[_bytes(key, self.where).decode("ascii", "replace").removeprefix(_ENTRIES)] = _bytes(text, self.where)
        return sorted(found.items())

    def _beginnings(self, keys: list[bytes]) -> list[bytes]:
        pipeline = self._client.pipeline(transaction=False)
        for key in keys:
            pipeline.getrange(key, 0, LONGEST_HEADER - 1)
        texts: list[bytes] = pipeline.execute()
        return texts

    def _renew(self, lock: Any, done: threading.Event) -> None:
        while not done.wait(_LOCK_LIFE / 3):
            with contextlib.suppress(BackendError):
                self._ask(lock.reacquire, waits=0)  # beside the work, so it takes nothing of the budget

    def _change(self, name: str, entry: bytes, seconds: int) -> None:
        """Write an entry, or remove it if it is empty.

        :raises BackendError: the lock that this process took is not held any more.
        """
        lock, token = (self._lock.name, self._lock.local.token) if self._lock else (_LOCKS, b"")
        keys, arguments = [lock, _ENTRIES + name, *self._agreed], [token, entry, seconds, _LONGEST]
        if not self._ask(lambda: self._client.register_script(_CHANGE)(keys, arguments)):
            raise lock_lost(self.where)

    def _agree(self, key: str, proposal: bytes) -> bytes | None:
        for _attempt in range(ATTEMPTS):  # another process may drop the value between the two commands
            value: bytes | None = self._client.get(key)
            if value is not None:
                return value
            self._client.set(key, proposal, nx=True, ex=_LONGEST)
        return None

    def _ask(self, question: Callable[[], T], *, waits: float | None = None) -> T:
        """Ask the server, and turn its errors into a BackendError without their text, which may quote the URL.

        The library's own timeouts do not cover an answer that drips, nor a handshake of several slow answers.

        :arg waits: the seconds that the question may wait for another process, which is no fault of the server. None if it waits for none.
        """
        began = time.monotonic()
        longest = min(self._left, _TIMEOUT) if waits is None else waits + _TIMEOUT
        outcome: queue.SimpleQueue[tuple[T | None, str | None]] = queue.SimpleQueue()
        threading.Thread(target=lambda: outcome.put(self._outcome(question)), daemon=True).start()
        try:
            answer, problem = outcome.get(timeout=max(0, longest))
        except queue.Empty:
            answer, problem = None, _SILENT
        if waits is None:
            self._left -= time.monotonic() - began
        if problem:
            raise BackendError(f"{self.where} cannot be used: {problem}")
        return answer  # type: ignore[return-value]

    def _outcome(self, question: Callable[[], T]) -> tuple[T | None, str | None]:
        """Return the answer, or why there is none. Whatever listens at that port, no error of the library reaches a play."""
        try:
            return question(), None
        except Exception as exc:  # pylint: disable=broad-except  # RedisError, OSError, and what the library makes of invalid answers
            return None, _reason(self._redis, exc)


def _bytes(answer: Any, where: str) -> bytes:
    """Return an answer that must be bytes.

    :raises BackendError: it is not.
    """
    if isinstance(answer, bytes):
        return answer
    raise BackendError(f"{where} cannot be used: it is not a Redis server")


def _connected(url: str) -> tuple[Any, Any, str]:
    """Return the library redis, a client, and the server's name for messages. Nothing is sent yet."""
    try:
        import redis
        import redis.backoff
        import redis.retry
    except ImportError:
        raise BackendError("Redis cannot be used: the Python library redis is missing on the controller (pip install redis)") from None
    client = None
    with contextlib.suppress(ValueError, TypeError, AttributeError):  # the last two for unknown options after the question mark
        at_once = redis.retry.Retry(redis.backoff.NoBackoff(), 0)  # no retries: a play does not wait for a cache
        client = redis.Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT, retry=at_once)
    if client is None:
        raise OptionError("cache is not a URL of Redis. Write redis://host:6379/0, or rediss:// for TLS, with user and password before the host if needed.")
    known = client.connection_pool.connection_kwargs
    known["decode_responses"] = False  # entries are bytes, whatever the URL says
    if url.startswith("rediss:"):
        known.setdefault("ssl_check_hostname", True)  # versions of redis before 6 did not
    return redis, client, f"Redis at {known.get('host', 'localhost')}:{known.get('port', 6379)}"


def _reason(redis: Any, exc: Exception) -> str:
    """Return why Redis failed, in words of our own, because its text may hold what was sent."""
    if isinstance(exc.__cause__ or exc.__context__, (ssl.SSLError, FileNotFoundError)):
        return "TLS failed: check ssl_ca_certs in the URL, and the server's certificate"
    kinds = [
        ((TypeError, AttributeError), "its URL has an option that is unknown"),
        (UnicodeError, "its host name is invalid"),
        (redis.AuthenticationError, "it refuses the user or the password"),
        (redis.exceptions.NoPermissionError, "this user does not have the permission"),
        (redis.TimeoutError, _SILENT),
        (redis.exceptions.OutOfMemoryError, "it is full"),
        (redis.exceptions.ReadOnlyError, "it is a read-only replica"),
        (redis.exceptions.LockError, "the lock was lost"),
        (redis.ConnectionError, "no connection"),
        (redis.ResponseError, "it refuses the command"),
    ]
    return next((text for kind, text in kinds if isinstance(exc, kind)), "its answer is invalid")
