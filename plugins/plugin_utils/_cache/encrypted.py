# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""An encrypted, best-effort cache over one backend.

The name and the encryption key of an entry are derived from the cache key. So whoever does not know the secrets in the cache key can neither
find nor read the entry, and a changed password finds nothing of the old one. No key is stored.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping

from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import (
    ATTEMPTS,
    Backend,
    BackendError,
    BackendTimeout,
    IsHeld,
    NullBackend,
    always_held,
    lock_lost,
)
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import FORMAT, KEY_LENGTH, Content, decrypt, encrypt, read_header, scrypt
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.run_memory import Hangs, put_silence, refuse_silent, waited_for

with contextlib.suppress(ImportError):  # ansible-core depends on it, but the import test of ansible-test runs without it
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CacheKey = Mapping[str, str]  # holds secrets

_NAME, _SALT = 16, 32  # bytes
_UNGUESSABLE = frozenset({"refresh_token", "access_token"})  # a key with a token in it needs no slow derivation


class EncryptedCache:
    """Entries of one backend, which is opened at its first use. If it fails, a warning is shown, and the cache is empty from then on."""

    def __init__(self, open_backend: Callable[[], Backend], *, run: EncryptedCache | None = None, warn: Callable[[str], None]) -> None:
        """:arg run: keeps for the other processes of the run what scrypt has derived. None if this is the run's own cache."""
        self._open = open_backend
        self._run = run
        self._warn = warn
        self._backend: Backend | None = None
        self._salt = b""
        self._is_held: IsHeld = always_held
        self._masters: dict[bytes, bytes] = {}  # digest of a cache key -> what all names and encryption keys of that cache key derive from

    def open(self) -> Backend:
        """Open the backend, and agree on the salt with its other users."""
        try:
            backend = self._open()
            if self._run:
                refuse_silent(self._run, backend.address)
            self._salt = agreed_salt(backend)
        except BackendError as exc:
            return self._give_up(exc)
        self._backend = backend
        return backend

    @property
    def generation(self) -> bytes:
        """The backend's generation after the last change that this process made; empty if it made none."""
        return self._backend.generation if self._backend else b""

    @property
    def where(self) -> str:
        """The backend, in words."""
        return (self._backend or self.open()).where

    def count_others(self, key: CacheKey) -> int:
        """Return how many tokens are kept for the same server under other cache keys. It reads all entries: only a person's question is worth that."""
        try:
            backend, name, _entry_key = self._slot(key, "token", {})
            headers = [read_header(entry) or {} for other, entry in backend.entries() if other != name]
        except BackendError:
            return 0
        return sum(header.get("kind") == "token" and header.get("server") == key["server"] for header in headers)

    def get(self, key: CacheKey, kind: str, **of: str) -> Content | None:
        """Return the content of an entry; None if there is none. An entry that cannot be decrypted is removed.

        :arg kind: what the entry is; one cache key has one entry of each kind.
        :arg of: what tells several entries of one kind apart.
        """
        try:
            backend, name, entry_key = self._slot(key, kind, of)
            entry = backend.read(name)
            content = None if entry is None else decrypt(entry, name, entry_key)
            if entry is not None and content is None and backend.read(name) == entry:  # not if another run has replaced it
                backend.remove(name)
        except BackendError as exc:
            self._give_up(exc)
            return None
        return content

    def put(self, content: Content, key: CacheKey, kind: str, *, keep_until: float | None, **of: str) -> bool:
        """Store an entry until C(keep_until), in epoch seconds; None is for ever. Return whether it was stored."""
        whose = {"service": key.get("family"), "server": key["server"], "client_id": key.get("client_id")}
        header = {**whose, "kind": kind, "keep_until": keep_until, "expires_at": content.get("expires_at")}
        if not self.holds_lock():
            return False
        try:
            backend, name, entry_key = self._slot(key, kind, of)
            backend.write(name, encrypt(content, header, name, entry_key), keep_until=keep_until)
        except BackendError as exc:
            self._give_up(exc)
            return False
        return not isinstance(backend, NullBackend)

    def is_replicated(self) -> bool:
        """Return whether a failover keeps what this process has written."""
        try:
            return bool(self._backend and self._backend.is_replicated())
        except BackendError as exc:
            self._give_up(exc)
            return False

    def delete(self, key: CacheKey, kind: str, **of: str) -> None:
        """Remove an entry, if there is one."""
        if not self.holds_lock():
            return
        try:
            backend, name, _entry_key = self._slot(key, kind, of)
            backend.remove(name)
        except BackendError as exc:
            self._give_up(exc)

    @contextlib.contextmanager
    def lock(self, key: CacheKey, *, timeout: float, is_needed: bool = True) -> Iterator[None]:
        """Hold the lock of a cache key. If another process holds that of a shared backend for longer, the play goes on without the backend.

        :arg timeout: the seconds to wait for it. The run waits once; then its next tasks take the lock only if it is free.
        :arg is_needed: whether the backend must not be used without the lock. If it may be, the play goes on with the backend.
        :raises FortiError: another process of this run holds it for longer.
        """
        outer = self._is_held
        with contextlib.ExitStack() as stack:
            try:
                backend, name, _entry_key = self._slot(key, "lock", {})
                try:
                    inner = stack.enter_context(waited_for(self._run or self, backend, name, key, timeout=timeout))
                    self._is_held = lambda: inner() and outer()
                except Hangs as exc:
                    self._go_on_without_lock(backend, exc.waited, is_needed=is_needed)
            except BackendError as exc:
                self._give_up(exc)
            try:
                yield
            finally:
                self._is_held = always_held if isinstance(self._backend, NullBackend) else outer

    def holds_lock(self) -> bool:
        """Return whether the lock that was taken is still held. Whoever has lost it, such as by being stopped, writes no more: another one may have since."""
        try:
            is_held = self._is_held()
        except BackendError as exc:
            self._give_up(exc)
            return False
        if not is_held:
            self._give_up(lock_lost(self._backend.where if self._backend else ""))
        return is_held

    def _go_on_without_lock(self, backend: Backend, waited: float, *, is_needed: bool) -> None:
        """Say that another process hangs.

        :raises FortiError: it is one of this run.
        :raises BackendError: it is one of another run, and the backend must not be used without the lock.
        """
        if backend.private:
            raise FortiError(f"Another task of this run has been getting the same token for {waited:.0f} seconds. Look for one that hangs.") from None
        problem = BackendError(f"{backend.where}: another run has been getting the same token for {waited:.0f} seconds; look for one that hangs")
        if is_needed:
            raise problem from None
        self._warn(f"{_capitalized(problem)}. It is used without its lock.")

    def _slot(self, key: CacheKey, kind: str, of: Mapping[str, str]) -> tuple[Backend, str, bytes]:
        """Return the backend, and the name and the encryption key of an entry in it."""
        backend = self._backend or self.open()
        secret = json.dumps(key, sort_keys=True).encode("utf-8")
        digest = hashlib.sha256(secret).digest()
        if digest not in self._masters:
            slow = not backend.private and _UNGUESSABLE.isdisjoint(key)
            self._masters[digest] = self._slow(key, secret) if slow else HKDF(SHA256(), KEY_LENGTH, self._salt, b"forti.oauth").derive(secret)
        # With the format in it, versions of the collection that share a backend do not remove each other's entries.
        info = json.dumps([FORMAT, kind, of], sort_keys=True).encode("utf-8")
        derived = HKDF(SHA256(), _NAME + KEY_LENGTH, None, info).derive(self._masters[digest])
        return backend, derived[:_NAME].hex(), derived[_NAME:]

    def _slow(self, key: CacheKey, secret: bytes) -> bytes:
        """Return what scrypt derives from a cache key. One process of the run works it out; the run's own cache keeps it for the others."""
        salt = self._salt.hex()
        kept = self._run.get(key, "derived", salt=salt) if self._run else None
        if kept is not None:
            return bytes.fromhex(kept["key"])
        derived = scrypt(secret, self._salt)
        if self._run:
            self._run.put({"key": derived.hex()}, key, "derived", keep_until=None, salt=salt)
        return derived

    def _give_up(self, problem: BackendError) -> Backend:
        """Use the backend no more, and return what takes its place. The play goes on without it."""
        self._backend, self._is_held = NullBackend(), always_held
        if self._run and isinstance(problem, BackendTimeout):
            put_silence(self._run, problem)
        self._warn(f"{_capitalized(problem)}. The play goes on without it; tokens are not shared by it.")
        return self._backend


def _capitalized(problem: BackendError) -> str:
    """Return the message as the beginning of a sentence."""
    text = str(problem).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}"


def agreed_salt(backend: Backend) -> bytes:
    """Return the salt that all users of the backend share. A damaged one is replaced."""
    for _attempt in range(ATTEMPTS):  # others who find the damage replace it at the same time
        salt = backend.agree("salt", os.urandom(_SALT))
        if len(salt) == _SALT:
            return salt
        backend.disagree("salt", salt)
    raise BackendError(f"{backend.where} cannot be used: it does not keep what is written to it")
