# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""Which values must never be shown, and how they are taken out of a text."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

try:
    # ansible-core 2.22 and newer masks what it was told in every later output of the run.
    from ansible.module_utils.secrets import register_secrets as _register_secrets
except ImportError:
    _register_secrets = None

MASKED_BY_CORE: bool = _register_secrets is not None
MASK = "********"
_SHORTEST = 4  # to blank one letter wherever it stands would tell it


def register(*values: str | None) -> None:
    """Tell ansible-core, where it can be told, that these values are secrets."""
    if _register_secrets is not None:
        _register_secrets([value for value in values if value])


def leave_to_controller() -> None:
    """Register nothing more in this process: a module would write what it registered into its output, for the controller to read.

    The controller registers the same when it opens the result.
    """
    global _register_secrets  # noqa: PLW0603
    _register_secrets = None


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return text without any of the secrets, in the forms in which a server or a library may repeat them."""
    forms = {form for secret in secrets if secret for form in _forms(secret) if len(form) >= _SHORTEST}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def _forms(secret: str) -> set[str]:
    import html  # its tables take longer than all else that a kept token needs

    as_bytes = secret.encode("utf-8", "surrogatepass")
    encoded = [base64.b64encode(as_bytes).decode("ascii"), base64.urlsafe_b64encode(as_bytes).decode("ascii")]
    quoted = [quote(secret, safe="", errors="replace"), quote(secret, errors="replace"), quote_plus(secret, errors="replace")]
    return {
        secret,
        secret.strip() or secret,
        html.escape(secret),
        json.dumps(secret)[1:-1],
        *quoted,
        *(re.sub("%..", lambda code: code.group().lower(), text) for text in quoted),
        *encoded,
        *(text.rstrip("=") for text in encoded),
    }
