# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The errors that a user can meet. Each says what happened and what to do. None holds a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._foreign import one_line
from ansible_collections.forti.oauth.plugins.module_utils._redaction import redact

# Fields in which a server may give its reason. No vendor page names them; the vendor's own clients read these.
_REASONS = ("error_description", "error_message", "message", "status_message", "detail")
_LONGEST_QUOTE = 200
LONGEST_SEARCHED = 64 * 1024  # letters of a foreign text that are searched for secrets; far fewer are shown
_REFUSING = (400, 401, 403)
SUCCESS = (200, 201)
# The words are RFC 8628's.
DENIED = "access_denied"  # a person said no
_LOCKED = re.compile(r"\b(is|been|account|user) (temporarily |currently )?locked\b|\blocked out\b|^locked\W*$", re.IGNORECASE)
LOCKED = "locked"  # of the advice if a reason says so; no error has this name
EXPIRED = "expired_token"  # the server knows the session of a push no more


class FortiError(Exception):
    """Base class: a message of one line, and details that a play may test."""

    remembered: Mapping[str, Any] | None = None  # what the negative cache holds of it, if it comes from there
    unsent = False  # whether the server cannot have received anything of the request
    repeated = False  # whether an earlier try of the same request may have done what was asked

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details: dict[str, Any] = {name: value for name, value in details.items() if value is not None}

    def as_result(self) -> dict[str, Any]:
        """Return what a failed task shows: C(msg) and the details."""
        return {"msg": str(self), **self.details}


class OptionError(FortiError):
    """An option is missing, wrong, or does not go with another."""

    unsent = True


class LibraryMissing(FortiError):
    """A Python library is missing where the work runs."""

    unsent = True


class Unreachable(FortiError):
    """No complete response came back."""


class NotConnected(Unreachable):
    """There was no connection."""

    unsent = True


class BadResponse(FortiError):
    """The response is not one that the vendor's page describes."""


class Refused(FortiError):
    """The server refused a credential, a client, a code or a push."""


class ServerFailed(FortiError):
    """The server failed: too many requests, an internal error, a redirect."""


class ChallengeRequired(FortiError):
    """The server wants a second factor that the options do not give."""

    def __init__(self, message: str, challenge: Mapping[str, str]) -> None:
        super().__init__(message, challenge=dict(challenge))


class RemoteFailure(FortiError):
    """The module failed on the delegated host. The details come from its result."""


def is_refusal(exc: FortiError) -> bool:
    """Return whether the server, or a person at a phone, refused. Asking again would not help, and could lock the account."""
    if isinstance(exc, RemoteFailure):
        status, error = exc.details.get("status"), exc.details.get("error")
        return status in _REFUSING or error == DENIED or (status in SUCCESS and error is not None)
    return isinstance(exc, (Refused, ChallengeRequired))


def refusal(*, server: str, status: int, body: Mapping[str, Any], hint: str, secrets: Iterable[str]) -> FortiError:
    """Return the error for a response whose status is not a success, or whose body says no.

    :arg body: the JSON object of the response; empty if there was none.
    :arg hint: what the user should check.
    """
    known = list(secrets)
    error = quotable(error_in(body), known)
    reason = next((text for text in (quotable(text, known) for text in _reasons_in(body)) if text), None)
    says_no = status in SUCCESS
    word = error or (quotable(body.get("status"), known) if says_no else None)
    said = " ".join(part for part in (str(status), word, f"({reason})" if reason else None) if part)
    kind = Refused if status in _REFUSING or says_no else ServerFailed
    return kind(
        f"{server} answered {said}. {hint}",
        status=status,
        error=error or (DENIED if says_no else None),
        error_description=quotable(body.get("error_description"), known),
    )


def error_in(body: Mapping[str, Any]) -> str | None:
    """Return the error that a body names: that of OAuth, or the code in a nested object."""
    error = body.get("error")
    if isinstance(error, Mapping):
        error = error.get("errorCode", error.get("error"))
    return str(error) if isinstance(error, (str, int)) and not isinstance(error, bool) else None


def is_locked(body: Mapping[str, Any]) -> bool:
    """Return whether the reason of a refusal is that the account is locked. No vendor page lists the words; FortiAuthenticators say "locked"."""
    return any(_LOCKED.search(str(reason)) for reason in _reasons_in(body))


def _reasons_in(body: Mapping[str, Any]) -> list[Any]:
    nested = body.get("error")
    return [holder.get(name) for holder in (nested, body) if isinstance(holder, Mapping) for name in _REASONS]


def says_no(body: Mapping[str, Any]) -> bool:
    """Return whether the body of a success is a refusal: it has no token, and a status that is not success, an error or a reason.

    Three of the vendor's clients take an answer only if its status is success.
    """
    if body.get("access_token") or str(body.get("status")).lower() == "success":
        return False
    return fails(body) or any(_reasons_in(body))


def fails(body: Mapping[str, Any]) -> bool:
    """Return whether a body names a failure: an error, or a status that is not success."""
    return error_in(body) not in (None, "0") or str(body.get("status") or "success").lower() != "success"


def quotable(value: Any, secrets: Iterable[str], *, longest: int = _LONGEST_QUOTE) -> str | None:
    """Return a foreign text as one short line without secrets; None if the value is not a text."""
    if not isinstance(value, str):
        return None
    known = list(secrets)
    # Redact again: the server may have changed the white space inside a secret.
    line = redact(" ".join(one_line(redact(value[:LONGEST_SEARCHED], known)).split()), [" ".join(secret.split()) for secret in known])
    return line if len(line) <= longest else line[:longest] + "…"
