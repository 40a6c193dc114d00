# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Keep secrets out of texts, reprs and core's output."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

try:
    # ansible-core 2.22 and newer masks registered secrets in every later output of the run.
    from ansible.module_utils.secrets import register_secrets as _register_secrets
except ImportError:
    _register_secrets = None

MASKED_BY_CORE: bool = _register_secrets is not None
MASK = "********"
_LAYERS = 3
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SHORTEST_FOREIGN = 16
_SHORTEST = 4  # masking every occurrence of a shorter secret would reveal it


def register(*values: str | None) -> None:
    """Register values as secrets with ansible-core, if it has such a register."""
    if _register_secrets is not None:
        _register_secrets([value for value in values if value])


def register_foreign(*values: str | None) -> None:
    """Register secrets that a server or a delegated host made. Short ones are left out: a word such as C(failed) would be masked in all later output."""
    register(*(value for value in values if value and len(value) >= _SHORTEST_FOREIGN))


def leave_to_controller() -> None:
    """Stop registering secrets in this process. A module would write them into its output; the controller registers them when it reads the result."""
    global _register_secrets  # noqa: PLW0603
    _register_secrets = None


class RedactedDict(dict[str, Any]):
    """A dictionary that holds secrets. Its repr shows the names only, for tracebacks, logs and ANSIBLE_DEBUG."""

    def __repr__(self) -> str:
        return f"{{{', '.join(sorted(map(str, self)))}}}"


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every secret masked, also if it is escaped, URL-encoded or in base64.

    If a secret is encoded several times over, the whole text is masked.
    """
    known = {secret.strip() or secret for secret in secrets if secret}
    forms = {form for secret in secrets if secret for form in forms_of(secret) if len(form) >= _SHORTEST}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    hidden = [secret for secret in known if len(secret) >= _SHORTEST and secret not in MASK]
    return MASK if any(secret in view for view in _decoded(text) for secret in hidden) else text


def _decoded(text: str) -> set[str]:
    """Return the text decoded as HTML, URL, form and JSON, up to three layers deep."""
    import html

    views = {text}
    for _layer in range(_LAYERS):
        views |= {decode(view) for view in views for decode in (html.unescape, unquote, unquote_plus, _without_backslashes)}
    return views


def _without_backslashes(text: str) -> str:
    """Return the text with JSON's escapes decoded. The text as a whole need not be JSON."""
    plain = re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", lambda found: chr(int(found[1], 16)) if found[1] else _ESCAPES.get(found[2], found[2]), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def forms_of(secret: str) -> set[str]:
    """Return how a secret may be written: as it is, escaped, URL-encoded, in base64."""
    import html  # its tables take longer to load than everything else that a cached token needs

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
