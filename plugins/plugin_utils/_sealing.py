# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""How an entry of a store is encrypted, under its name.

What is taken of cryptography here is what core has imported for ansible-vault: another import is half of a hit, in each process anew.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from typing import Any

with contextlib.suppress(ImportError):  # ansible-core always has it; its test of imports has not
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_FORMAT = 1
_NONCE, _TAG, _NAME, _KEY = 12, 16, 16, 32
DERIVED = _NAME + _KEY  # bytes that make a seal


class Seal:
    """The name and the key of one entry; no dataclass, which takes as long to make as a template takes to find its token."""

    def __init__(self, name: str, key: bytes) -> None:
        self.name = name
        self._key = key

    @classmethod
    def of(cls, derived: bytes) -> Seal:
        """Return the seal that these bytes make; more than DERIVED are not used."""
        return cls(derived[:_NAME].hex(), derived[_NAME:DERIVED])

    def close(self, content: Mapping[str, Any], **about: Any) -> bytes:
        """Return the content encrypted and authenticated, below a line in clear: the format, and what is no secret about it."""
        head = json.dumps({"format": _FORMAT, **about}, sort_keys=True).encode("utf-8")
        nonce = os.urandom(_NONCE)
        encryptor = self._cipher(nonce).encryptor()
        encryptor.authenticate_additional_data(self._bound_to(head))
        sealed = encryptor.update(json.dumps(content).encode("utf-8")) + encryptor.finalize()
        return head + b"\n" + nonce + sealed + encryptor.tag

    def open(self, entry: bytes) -> dict[str, Any] | None:
        """Return the content; None where it is corrupt, of another format, of another name, or under another key."""
        if read_about(entry) is None:
            return None
        head, _newline, sealed = entry.partition(b"\n")
        try:
            decryptor = self._cipher(sealed[:_NONCE], sealed[-_TAG:]).decryptor()
            decryptor.authenticate_additional_data(self._bound_to(head))
            content = json.loads(decryptor.update(sealed[_NONCE:-_TAG]) + decryptor.finalize())
        except (InvalidTag, ValueError):
            return None
        return content if isinstance(content, dict) else None

    def _cipher(self, nonce: bytes, tag: bytes | None = None) -> Cipher[modes.GCM]:
        return Cipher(algorithms.AES(self._key), modes.GCM(nonce, tag))  # AES-256

    def _bound_to(self, head: bytes) -> bytes:
        return head + b"\n" + self.name.encode("ascii")


def read_about(entry: bytes) -> dict[str, Any] | None:
    """Return what stands in clear above an entry; None where it is none of ours."""
    try:
        about = json.loads(entry.partition(b"\n")[0])
    except (ValueError, RecursionError):
        return None
    return about if isinstance(about, dict) and about.get("format") == _FORMAT else None
