# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""A Redis or Valkey that many machines share, such as the execution nodes of AWX: one server, Sentinel or Cluster."""

from __future__ import annotations

import contextlib
import functools
import math
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, TypeVar

from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import (
    ATTEMPTS,
    LARGEST_ENTRY,
    LONGEST_HEADER,
    BackendError,
    BackendTimeout,
    IsHeld,
    LockTimeout,
    lock_lost,
)
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.redis_client import TIMEOUT, opened, reason, silent
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.redis_url import CLUSTER, parse

_LONGEST = 30 * 86400  # seconds after which every key ends
_LONG = 1  # seconds after which a failure counts as silence
_REPLICATION = 1000  # milliseconds
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
        :arg url: redis://[user:password@]host[:port][/database], redis+sentinel://[user:password@]host[:port][,...]/service[/database] or
            redis+cluster://[user:password@]host[:port][,...]; rediss for TLS; with the redis library's query options.
        :arg budget: the seconds for all answers together. A server that is slow each time then costs no more than one that is silent.
        :raises OptionError: it is not such a URL.
        """
        self.address = url
        self._url = parse(url)
        self.where = self._url.where
        self._redis, self._client_of, self._replicas_of = opened(self._url)
        self._prefix = self._url.prefix
        self._entries, self._locks = f"{self._prefix}token:", f"{self._prefix}lock:"
        self._agreed: set[str] = set()  # keys
        self._lock: Any = None  # the one that this process holds
        self._left = budget

    @functools.cached_property
    def _client(self) -> Any:
        return self._client_of()  # in the thread of a question, because it may ask a cluster

    def read(self, name: str) -> bytes | None:
        """Return an entry; None if there is none."""
        return _bytes(self._ask(lambda: self._client.getrange(self._entries + name, 0, LARGEST_ENTRY - 1)), self.where) or None

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        """Write an entry with a time to live, and prolong that of what it was derived from."""
        seconds = _LONGEST if keep_until is None else min(_LONGEST, max(1, int(keep_until - time.time())))
        self._change(name, entry, seconds)

    def remove(self, name: str) -> None:
        """Remove an entry, if there is one."""
        self._change(name, b"", 0)

    def is_replicated(self) -> bool:
        """Return whether a replica has what this process has written, if one may take over. It wants the answer of a replica within a second.

        A master that stood still or was cut off goes on to take what is written to it, until it hears of the new one; then it drops that.
        """
        return self._ask(self._is_replicated)

    def agree(self, name: str, proposal: bytes) -> bytes:
        """Return the shared value of this name. The first process to set it decides it; each entry that is written prolongs its life."""
        value = self._ask(lambda: self._agree(self._prefix + name, proposal))
        if value is None:
            raise BackendError(f"{self.where} cannot be used: it does not keep what is written to it")
        self._agreed.add(self._prefix + name)
        return _bytes(value, self.where)

    def disagree(self, name: str, value: bytes) -> None:
        """Drop the shared value of this name if it is still this one."""
        if self._ask(lambda: self._client.get(self._prefix + name)) == value:
            self._ask(lambda: self._client.delete(self._prefix + name))

    @contextlib.contextmanager
    def lock(self, name: str, *, timeout: float) -> Iterator[IsHeld]:
        """Hold a lock that a thread renews as long as its holder lives. Whoever is stopped for longer than _LOCK_LIFE loses it, and writes no more."""
        lock = self._client.lock(self._locks + name, timeout=_LOCK_LIFE, blocking_timeout=timeout, sleep=0.1, thread_local=False)
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
        server, cursor = self._ask(self._server), None
        while cursor != 0:
            cursor, keys = self._ask(functools.partial(server.scan, cursor or 0, match=f"{self._entries}*", count=500))
            for key, text in zip(keys, self._ask(functools.partial(self._beginnings, server, keys))):
                if text:
                    found[_bytes(key, self.where).decode("ascii", "replace").removeprefix(self._entries)] = _bytes(text, self.where)
        return sorted(found.items())

    def _server(self) -> Any:
        """Return the client of the server that has the keys; of a cluster, the master of their slot."""
        client = self._client
        return client.get_redis_connection(client.get_node_from_key(self._prefix)) if self._url.kind == CLUSTER else client

    def _is_replicated(self) -> bool:
        if not self._replicas_of(self._client):
            return True
        pipeline = self._server().pipeline(transaction=False)
        pipeline.expire(f"{self._prefix}salt", _LONGEST)  # WAIT counts from the last write of its own connection, which may be another than that of the entry
        pipeline.execute_command("WAIT", 1, _REPLICATION)
        return bool(pipeline.execute()[-1] > 0)

    @staticmethod
    def _beginnings(server: Any, keys: list[bytes]) -> list[bytes]:
        pipeline = server.pipeline(transaction=False)
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
        lock, token = (self._lock.name, self._lock.local.token) if self._lock else (self._locks, b"")
        keys, arguments = [lock, self._entries + name, *self._agreed], [token, entry, seconds, _LONGEST]
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
        longest = min(self._left, TIMEOUT) if waits is None else waits + TIMEOUT
        outcome: queue.SimpleQueue[tuple[T | None, str | None]] = queue.SimpleQueue()
        threading.Thread(target=lambda: outcome.put(self._outcome(question)), daemon=True).start()
        try:
            answer, problem = outcome.get(timeout=max(0, longest))
        except queue.Empty:
            answer, problem = None, silent(self._url, TIMEOUT)
        spent = time.monotonic() - began
        if waits is None:
            self._left -= spent
        if problem:
            said, took_long = f"{self.where} cannot be used: {problem}", spent - (waits or 0) >= _LONG or self._left <= 0
            raise BackendTimeout(said, address=self.address) if took_long else BackendError(said)
        return answer  # type: ignore[return-value]

    def _outcome(self, question: Callable[[], T]) -> tuple[T | None, str | None]:
        """Return the answer, or why there is none. Whatever listens at that port, no error of the library reaches a play."""
        try:
            return question(), None
        except Exception as exc:  # pylint: disable=broad-except  # RedisError, OSError, and what the library makes of invalid answers
            return None, reason(self._redis, exc, self._url)


def _bytes(answer: Any, where: str) -> bytes:
    """Return an answer that must be bytes.

    :raises BackendError: it is not.
    """
    if isinstance(answer, bytes):
        return answer
    raise BackendError(f"{where} cannot be used: it is not a Redis server")
