# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""Values that stand encrypted in a playbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def decrypted(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as plain text where they were written with C(!vault).

    Up to ansible-core 2.18 such a value is an object of its own until somebody reads it; core's argument specs do not know it.
    """
    return {name: str(value) if getattr(value, "__ENCRYPTED__", False) else value for name, value in values.items()}
