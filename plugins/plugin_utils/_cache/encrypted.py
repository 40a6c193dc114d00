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
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.module_utils._foreign import parse_json
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend, BackendError, IsHeld, LockTimeout, NullBackend, always_held

with contextlib.suppress(ImportError):  # ansible-core depends on it, but the import test of ansible-test runs without it
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Content = dict[str, Any]
CacheKey = Mapping[str, str]  # holds secrets

_FORMAT = 3
_NONCE, _NAME, _KEY, _SALT = 12, 16, 32, 32  # bytes
_SCRYPT = {"n": 2**15, "r": 8, "p": 3}  # OWASP's advice for 32 MiB; some 300 ms of processor time for each guess
_UNGUESSABLE = frozenset({"refresh_token", "access_token"})  # a key with a token in it needs no slow derivation


class EncryptedCache:
    """Entries of one backend, which is opened at its first use. If it fails, a warning is shown, and the cache is empty from then on."""

    def __init__(self, open_backend: Callable[[], Backend], *, warn: Callable[[str], None]) -> None:
        self._open = open_backend
        self._warn = warn
        self._backend: Backend | None = None
        self._salt = b""
        self._is_held: IsHeld = always_held
        self._masters: dict[bytes, bytes] = {}  # digest of a cache key -> what all names and encryption keys of that cache key derive from

    def open(self) -> Backend:
        """Open the backend, and agree on the salt with its other users."""
        try:
            backend = self._open()
            self._salt = _agreed_salt(backend)
        except BackendError as exc:
            return self._give_up(exc)
        self._backend = backend
        return backend

    @property
    def generation(self) -> bytes:
        """The backend's generation after the last change that this process made; empty if it made none."""
        return self._backend.generation if self._backend else b""

    def get(self, key: CacheKey, kind: str, **of: str) -> Content | None:
        """Return the content of an entry; None if there is none. An entry that cannot be decrypted is removed.

        :arg kind: what the entry is; one cache key has one entry of each kind.
        :arg of: what tells several entries of one kind apart.
        """
        try:
            backend, name, entry_key = self._slot(key, kind, of)
            entry = backend.read(name)
            content = None if entry is None else _decrypt(entry, name, entry_key)
            if entry is not None and content is None:
                backend.remove(name)
        except BackendError as exc:
            self._give_up(exc)
            return None
        return content

    def put(self, content: Content, key: CacheKey, kind: str, *, keep_until: float | None, **of: str) -> None:
        """Store an entry until C(keep_until), in epoch seconds; None is for ever."""
        header = {"server": key["server"], "kind": kind, "keep_until": keep_until, "expires_at": content.get("expires_at")}
        if not self.holds_lock():
            return
        try:
            backend, name, entry_key = self._slot(key, kind, of)
            backend.write(name, _encrypt(content, header, name, entry_key), keep_until=keep_until)
        except BackendError as exc:
            self._give_up(exc)

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

        :arg timeout: the seconds to wait for it.
        :arg is_needed: whether the backend must not be used without the lock. If it may be, the play goes on with the backend.
        :raises FortiError: another process of this run holds it for longer.
        """
        with contextlib.ExitStack() as stack:
            try:
                backend, name, _entry_key = self._slot(key, "lock", {})
                self._is_held = stack.enter_context(backend.lock(name, timeout=timeout))
            except BackendError as exc:
                self._give_up(exc)
            except LockTimeout:
                if backend.private:
                    raise FortiError(f"Another task of this run has been getting the same token for {timeout:.0f} seconds. Look for one that hangs.") from None
                problem = BackendError(f"{backend.where}: another run has been getting the same token for {timeout:.0f} seconds; look for one that hangs")
                if is_needed:
                    self._give_up(problem)
                else:
                    self._warn(f"{_capitalized(problem)}. It is used without its lock.")
            try:
                yield
            finally:
                self._is_held = always_held

    def holds_lock(self) -> bool:
        """Return whether the lock that was taken is still held. Whoever has lost it, such as by being stopped, writes no more: another one may have since."""
        try:
            is_held = self._is_held()
        except BackendError as exc:
            self._give_up(exc)
            return False
        if not is_held:
            self._give_up(BackendError(f"{self._backend.where if self._backend else ''}: the lock was lost meanwhile"))
        return is_held

    def _slot(self, key: CacheKey, kind: str, of: Mapping[str, str]) -> tuple[Backend, str, bytes]:
        """Return the backend, and the name and the encryption key of an entry in it."""
        backend = self._backend or self.open()
        secret = json.dumps(key, sort_keys=True).encode("utf-8")
        digest = hashlib.sha256(secret).digest()
        if digest not in self._masters:
            slow = not backend.private and _UNGUESSABLE.isdisjoint(key)
            self._masters[digest] = _scrypt(secret, self._salt) if slow else HKDF(SHA256(), _KEY, self._salt, b"forti.oauth").derive(secret)
        # With the format in it, versions of the collection that share a backend do not remove each other's entries.
        info = json.dumps([_FORMAT, kind, of], sort_keys=True).encode("utf-8")
        derived = HKDF(SHA256(), _NAME + _KEY, None, info).derive(self._masters[digest])
        return backend, derived[:_NAME].hex(), derived[_NAME:]

    def _give_up(self, problem: BackendError) -> Backend:
        """Use the backend no more, and return what takes its place. The play goes on without it."""
        self._backend, self._is_held = NullBackend(), always_held
        self._warn(f"{_capitalized(problem)}. The play goes on without it; tokens are not shared by it.")
        return self._backend


def _capitalized(problem: BackendError) -> str:
    """Return the message as the beginning of a sentence."""
    text = str(problem).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}"


def read_header(entry: bytes) -> dict[str, Any] | None:
    """Return the header of an entry, which is not encrypted; None if this is not an entry of this format."""
    try:
        header = parse_json(entry.partition(b"\n")[0])
    except ValueError:
        return None
    return header if isinstance(header, dict) and header.get("format") == _FORMAT else None


def _encrypt(content: Content, header: Mapping[str, Any], name: str, key: bytes) -> bytes:
    """Return an entry: the header in one line, the nonce, and the content encrypted by AES-256-GCM, bound to header and name."""
    head = json.dumps({"format": _FORMAT, **header}, sort_keys=True).encode("utf-8") + b"\n"
    nonce = os.urandom(_NONCE)
    return head + nonce + AESGCM(key).encrypt(nonce, json.dumps(content).encode("utf-8"), head + name.encode("ascii"))


def _decrypt(entry: bytes, name: str, key: bytes) -> Content | None:
    """Return the content of an entry; None if it is corrupt, of another format (which is a part of the key), of another name, or under another key."""
    head, newline, rest = entry.partition(b"\n")
    try:
        content = json.loads(AESGCM(key).decrypt(rest[:_NONCE], rest[_NONCE:], head + newline + name.encode("ascii")))
    except (InvalidTag, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _agreed_salt(backend: Backend) -> bytes:
    """Return the salt that all users of the backend share. A damaged one is replaced."""
    for _attempt in range(2):
        salt = backend.agree("salt", os.urandom(_SALT))
        if len(salt) == _SALT:
            return salt
        backend.disagree("salt")
    raise BackendError(f"{backend.where} cannot be used: it does not keep what it is told")


def _scrypt(secret: bytes, salt: bytes) -> bytes:
    """Derive a key slowly: whoever gets at the store would have to guess passwords."""
    try:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        return Scrypt(salt=salt, length=_KEY, **_SCRYPT).derive(secret)
    except Exception as exc:  # pylint: disable=broad-except  # a cryptography without scrypt, a machine without 32 MiB to spare
        problem = type(exc).__name__
    raise BackendError(f"tokens cannot be shared: this Python does not derive a key by scrypt ({problem})")
