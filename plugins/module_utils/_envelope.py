# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""A module's result on its way to the controller: ANSIBLE_DEBUG and some connection plugins print what a module writes.

It is hidden under a key that the controller makes for this one run of the module and that no output holds. A stream
out of SHAKE-256, used once, is all it takes, and every Python has it; a host where modules run seldom has cryptography.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

KEY = "_result_key"  # the module's parameter; not for users
_ENVELOPE = "result"


def close(result: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return what the module writes."""
    return {"changed": result["changed"], _ENVELOPE: base64.b64encode(_mixed(json.dumps(result).encode("utf-8"), key)).decode("ascii")}


def open_(written: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the result that the module has written, with what core has added to it."""
    hidden = json.loads(_mixed(base64.b64decode(written[_ENVELOPE]), key))
    return {**{name: value for name, value in written.items() if name != _ENVELOPE}, **hidden}


def _mixed(data: bytes, key: str) -> bytes:
    stream = hashlib.shake_256(key.encode("ascii")).digest(len(data))
    return bytes(left ^ right for left, right in zip(data, stream))
