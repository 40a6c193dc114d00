# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""How an entry of a store is named and encrypted: both come from the credentials, so that nobody without them can read it.

cryptography comes with ansible-core, and is imported only where an entry is really read or written.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from typing import Any

_FORMAT = 1
_NONCE, _NAME, _KEY = 12, 16, 32
# 32 MiB, and 30 ms or more for a guess on the fastest machines of today.
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}


@dataclasses.dataclass(frozen=True)
class Seal:
    """The name and the key of one entry."""

    name: str
    _key: bytes = dataclasses.field(repr=False)

    def close(self, content: Mapping[str, Any], **about: Any) -> bytes:
        """Return the content encrypted and authenticated, below a line in clear: the format, and what is no secret about it."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        head = json.dumps({"format": _FORMAT, **about}, sort_keys=True).encode("utf-8")
        nonce = os.urandom(_NONCE)
        return head + b"\n" + nonce + AESGCM(self._key).encrypt(nonce, json.dumps(content).encode("utf-8"), self._bound_to(head))

    def open(self, entry: bytes) -> dict[str, Any] | None:
        """Return the content; None where it is corrupt, of another format, of another name, or under another key."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if read_about(entry) is None:
            return None
        head, _newline, sealed = entry.partition(b"\n")
        try:
            content = json.loads(AESGCM(self._key).decrypt(sealed[:_NONCE], sealed[_NONCE:], self._bound_to(head)))
        except (InvalidTag, ValueError):
            return None
        return content if isinstance(content, dict) else None

    def _bound_to(self, head: bytes) -> bytes:
        return head + b"\n" + self.name.encode("ascii")


@dataclasses.dataclass(frozen=True)
class Keyring:
    """All seals of one token: of itself, of its refusals, of its lock."""

    _master: bytes = dataclasses.field(repr=False)

    def seal(self, kind: str, **of: str) -> Seal:
        """Return the seal of an entry of this kind."""
        derived = _hkdf(self._master, salt=None, info=json.dumps([kind, of], sort_keys=True), length=_NAME + _KEY)
        return Seal(derived[:_NAME].hex(), derived[_NAME:])


def read_about(entry: bytes) -> dict[str, Any] | None:
    """Return what stands in clear above an entry; None where it is none of ours."""
    try:
        about = json.loads(entry.partition(b"\n")[0])
    except (ValueError, RecursionError):
        return None
    return about if isinstance(about, dict) and about.get("format") == _FORMAT else None


def quick_keyring(identity: Mapping[str, str], salt: bytes) -> Keyring:
    """Derive by HKDF: where only this user can read the store, or where the secret cannot be guessed, being a token."""
    return Keyring(_hkdf(_secret(identity), salt=salt, info="forti.oauth", length=_KEY))


def slow_keyring(identity: Mapping[str, str], salt: bytes) -> Keyring:
    """Derive by scrypt: where others may get at the store, and would have to guess a password."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Keyring(Scrypt(salt=salt, length=_KEY, **_SCRYPT).derive(_secret(identity)))


def _secret(identity: Mapping[str, str]) -> bytes:
    return json.dumps(identity, sort_keys=True).encode("utf-8")


def _hkdf(secret: bytes, *, salt: bytes | None, info: str, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info.encode("utf-8")).derive(secret)
