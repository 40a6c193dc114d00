# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""The errors that a user can meet. Each says what happened and what to do; none holds a secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._secrets import redact

# Where a server may explain itself. None of the vendor's pages says; these are what its clients read.
_REASONS = ("error_description", "message", "status_message", "detail")
_LONGEST_QUOTE = 200
_REFUSING = (400, 401, 403)
DENIED = "access_denied"  # a person said no; the word is RFC 8628's


class FortiError(Exception):
    """Base of all: a message of one line, and details that a play may test."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details: dict[str, Any] = {name: value for name, value in details.items() if value is not None}

    def as_result(self) -> dict[str, Any]:
        """Return what a failed task shows: C(msg) and the details."""
        return {"msg": str(self), **self.details}


class OptionError(FortiError):
    """An option is missing, wrong, or does not go with another. Nothing was sent."""


class LibraryMissing(FortiError):
    """A Python library is missing where the work runs."""


class Unreachable(FortiError):
    """No whole answer came back."""


class BadAnswer(FortiError):
    """An answer came back, but not one that the vendor's page describes."""


class Refused(FortiError):
    """The server said no: a credential, a client, a code or a push was not accepted."""


class ServerFailed(FortiError):
    """The server could not do it: too many requests, a fault of its own, a redirect."""


class ChallengeRequired(FortiError):
    """The server wants a second factor that is not at hand."""

    def __init__(self, message: str, challenge: Mapping[str, str]) -> None:
        super().__init__(message, challenge=dict(challenge))


class RemoteFailure(FortiError):
    """The module failed on the host where it ran; the details are its own."""


def is_refusal(exc: FortiError) -> bool:
    """Tell whether the server, or a person at a phone, said no: to ask again would change nothing, and may lock the account."""
    if isinstance(exc, RemoteFailure):
        return exc.details.get("status") in _REFUSING or exc.details.get("error") == DENIED
    return isinstance(exc, (Refused, ChallengeRequired))


def refusal(*, server: str, status: int, body: Mapping[str, Any], hint: str, secrets: Iterable[str]) -> FortiError:
    """Build the error for an answer with a status that is not a success.

    :arg body: the JSON object of the answer, empty where there was none.
    :arg hint: what to check, from the service that knows what was asked.
    """
    known = list(secrets)
    error = quotable(body.get("error"), known)
    reason = next((text for text in (quotable(body.get(name), known) for name in _REASONS) if text), None)
    said = " ".join(part for part in (str(status), error, f"({reason})" if reason else None) if part)
    kind = Refused if status in _REFUSING else ServerFailed
    return kind(
        f"{server} answered {said}. {hint}",
        status=status,
        error=error,
        error_description=quotable(body.get("error_description"), known),
    )


def quotable(value: Any, secrets: Iterable[str]) -> str | None:
    """Return a server's text fit to be shown: one line, not long, without secrets; None where it is no text."""
    if not isinstance(value, str):
        return None
    known = list(secrets)
    printable = "".join(letter if letter.isprintable() else " " for letter in redact(value, known))
    # Once more: white space inside a secret may have been another one in the answer.
    one_line = redact(" ".join(printable.split()), [" ".join(secret.split()) for secret in known])
    return one_line if len(one_line) <= _LONGEST_QUOTE else one_line[:_LONGEST_QUOTE] + "…"
