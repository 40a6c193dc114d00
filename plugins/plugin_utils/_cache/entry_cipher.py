# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The format of an entry: a header in clear, and content that is encrypted and bound to it. And scrypt, which derives keys slowly."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._foreign import parse_json
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import BackendError

with contextlib.suppress(ImportError):  # ansible-core depends on it, but the import test of ansible-test runs without it
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Content = dict[str, Any]

FORMAT = 3
KEY_LENGTH = 32  # bytes
_NONCE = 12  # bytes
_SCRYPT = {"n": 2**15, "r": 8, "p": 3}  # OWASP's advice for 32 MiB; some 300 ms of processor time for each guess


def read_header(entry: bytes) -> dict[str, Any] | None:
    """Return the header of an entry, which is not encrypted; None if this is not an entry of this format."""
    try:
        header = parse_json(entry.partition(b"\n")[0])
    except ValueError:
        return None
    return header if isinstance(header, dict) and header.get("format") == FORMAT else None


def encrypt(content: Content, header: Mapping[str, Any], name: str, key: bytes) -> bytes:
    """Return an entry: the header in one line, the nonce, and the content encrypted by AES-256-GCM, bound to header and name."""
    head = json.dumps({"format": FORMAT, **header}, sort_keys=True).encode("utf-8") + b"\n"
    nonce = os.urandom(_NONCE)
    return head + nonce + AESGCM(key).encrypt(nonce, json.dumps(content).encode("utf-8"), head + name.encode("ascii"))


def decrypt(entry: bytes, name: str, key: bytes) -> Content | None:
    """Return the content of an entry; None if it is corrupt, of another format (which is a part of the key), of another name, or under another key."""
    head, newline, rest = entry.partition(b"\n")
    try:
        content = json.loads(AESGCM(key).decrypt(rest[:_NONCE], rest[_NONCE:], head + newline + name.encode("ascii")))
    except (InvalidTag, ValueError):
        return None
    return content if isinstance(content, dict) else None


def scrypt(secret: bytes, salt: bytes) -> bytes:
    """Derive a key slowly: whoever gets at the store would have to guess passwords."""
    try:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        return Scrypt(salt=salt, length=KEY_LENGTH, **_SCRYPT).derive(secret)
    except Exception as exc:  # pylint: disable=broad-except  # a cryptography without scrypt, a machine without 32 MiB to spare
        problem = type(exc).__name__
    raise BackendError(f"tokens cannot be shared: this Python cannot derive a key with scrypt ({problem})")
