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
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

try:
    # ansible-core 2.22 and newer masks what it was told in every later output of the run.
    from ansible.module_utils.secrets import register_secrets as _register_secrets
except ImportError:
    _register_secrets = None

MASKED_BY_CORE: bool = _register_secrets is not None
MASK = "********"
_LAYERS = 3
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
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


class Unprinted(dict[str, Any]):
    """Values among which are secrets: a traceback, a log or ANSIBLE_DEBUG shows their names alone."""

    def __repr__(self) -> str:
        return f"{{{', '.join(sorted(map(str, self)))}}}"


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return text without any of the secrets, in the forms in which a server or a library may repeat them.

    Where a secret is written in several of them, one in another, nothing is left of the text.
    """
    known = {secret.strip() or secret for secret in secrets if secret}
    forms = {form for secret in secrets if secret for form in _forms(secret) if len(form) >= _SHORTEST}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    hidden = [secret for secret in known if len(secret) >= _SHORTEST and secret not in MASK]
    return MASK if any(secret in view for view in _decoded(text) for secret in hidden) else text


def _decoded(text: str) -> set[str]:
    """Return the text as HTML, URLs, forms and JSON read it, up to three of them one in another."""
    import html

    views = {text}
    for _layer in range(_LAYERS):
        views |= {decode(view) for view in views for decode in (html.unescape, unquote, unquote_plus, _without_backslashes)}
    return views


def _without_backslashes(text: str) -> str:
    """Read what JSON writes with backslashes; the text as a whole may be no JSON."""
    plain = re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", lambda found: chr(int(found[1], 16)) if found[1] else _ESCAPES.get(found[2], found[2]), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


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
