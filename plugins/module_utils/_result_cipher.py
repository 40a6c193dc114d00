# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Encrypt a module's result on its way back to the controller, because ANSIBLE_DEBUG and some connection plugins print a module's output.

The controller makes a key for one run of the module. No output holds it. The keystream comes from SHAKE-256 and is used once. Every Python
has SHAKE-256, while the library cryptography is missing on most hosts.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

KEY = "z_result_key"  # a parameter of the module, not for users; its name sorts behind all options in the documentation
_CIPHERTEXT = "result"


def encrypt(result: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return what the module writes: C(changed) in clear, and the encrypted result."""
    ciphertext = base64.b64encode(_xor(json.dumps(result).encode("utf-8"), key)).decode("ascii")
    return {"changed": result["changed"], _CIPHERTEXT: ciphertext}


def decrypt(written: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the module's result, together with what core has added to it.

    :raises KeyError, TypeError, ValueError: this is not what C(encrypt) returned for this key.
    """
    result = json.loads(_xor(base64.b64decode(written[_CIPHERTEXT]), key))
    return {**{name: value for name, value in written.items() if name != _CIPHERTEXT}, **result}


def _xor(data: bytes, key: str) -> bytes:
    keystream = hashlib.shake_256(key.encode("ascii")).digest(len(data))
    return bytes(left ^ right for left, right in zip(data, keystream))
