# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""Where the name and the key of an entry come from: from the credentials, so that nobody without them can find it or read it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Mapping

from ansible_collections.forti.oauth.plugins.plugin_utils._sealing import DERIVED, Seal

with contextlib.suppress(ImportError):  # ansible-core always has it; its test of imports has not
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY = 32
# 32 MiB, and 30 ms or more for a guess on the fastest machines of today.
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}


@dataclasses.dataclass(frozen=True)
class Keyring:
    """All seals of one token: of itself, of its refusals, of its lock."""

    _master: bytes = dataclasses.field(repr=False)

    def seal(self, kind: str, **of: str) -> Seal:
        """Return the seal of an entry of this kind."""
        return Seal.of(_hkdf(self._master, salt=None, info=json.dumps([kind, of], sort_keys=True), length=DERIVED))


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
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info.encode("utf-8")).derive(secret)
