# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Encrypt and authenticate a module's result on its way back to the controller: ANSIBLE_DEBUG and some connection plugins print a module's output.

The controller makes a key for one run of the module. No output holds it. The keystream comes from SHAKE-256 and is used once; the tag is a keyed
BLAKE2b of the ciphertext. Every Python has both, while the library cryptography is missing on most hosts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._foreign import parse_json

KEY = "z_result_key"  # a parameter of the module, not for users; its name sorts behind all options in the documentation
_CIPHERTEXT = "result"
_TAG = 32  # bytes


def encrypt(result: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return what the module writes: C(changed) in clear, and the encrypted result."""
    ciphertext = _xor(json.dumps(result).encode("utf-8"), key)
    return {"changed": result["changed"], _CIPHERTEXT: base64.b64encode(_tag(ciphertext, key) + ciphertext).decode("ascii")}


def decrypt(written: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the module's result. The host made it, so it is not trusted either.

    :raises KeyError, TypeError, ValueError: this is not what C(encrypt) returned for this key.
    """
    sealed = base64.b64decode(written[_CIPHERTEXT], validate=True)
    tag, ciphertext = sealed[:_TAG], sealed[_TAG:]
    if not hmac.compare_digest(tag, _tag(ciphertext, key)):
        raise ValueError("wrong tag")
    result = parse_json(_xor(ciphertext, key))
    if not isinstance(result, dict):
        raise TypeError("no JSON object")
    return result


def _tag(ciphertext: bytes, key: str) -> bytes:
    return hashlib.blake2b(ciphertext, key=key.encode("ascii"), digest_size=_TAG).digest()


def _xor(data: bytes, key: str) -> bytes:
    keystream = hashlib.shake_256(key.encode("ascii")).digest(len(data))
    return bytes(left ^ right for left, right in zip(data, keystream))
