# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""What both token services share: their options checked, a client for their server, their errors explained."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar

from ansible_collections.forti.oauth.plugins.module_utils._answer import Answer
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError, refusal
from ansible_collections.forti.oauth.plugins.module_utils._http import LONGEST_PAUSE, Http
from ansible_collections.forti.oauth.plugins.module_utils._options import Spec, secret_values, validated, where_to_set
from ansible_collections.forti.oauth.plugins.module_utils._secrets import Unprinted
from ansible_collections.forti.oauth.plugins.module_utils._token import Token

_HINTS: dict[Any, str] = {
    "unauthorized_client": "Check that this client may use this grant_type.",
    "unsupported_grant_type": "Check that this client may use this grant_type.",
    "invalid_scope": "Check scope.",
    404: "Check server: there is no token service at this address.",
    429: "Too many requests. Wait, and run it again.",
}
_ONCE = ("code", "code_verifier", "challenge", "challenge_response", "method", "session")
_SERVERS_FAULT = "The fault is on the server's side. Run it again later."


@dataclasses.dataclass(frozen=True)
class Grant:
    """What belongs to a grant: the options it needs, the options that identify its token, and those that another grant needs."""

    needs: tuple[str, ...]
    identity: tuple[str, ...]
    foreign: tuple[str, ...] = ()


class TokenService(abc.ABC):
    """A token service: made for one set of options, talks to one server."""

    family: ClassVar[str]
    module: ClassVar[str]  # the full name of the module that runs it on another host
    spec: ClassVar[Spec]
    grants: ClassVar[Mapping[str, Grant]]
    hints: ClassVar[Mapping[Any, str]]
    revokes: ClassVar[bool] = True  # whether the server can end a token

    def __init__(self, options: Mapping[str, Any], *, warn: Callable[[str], None], tell: Callable[[str], None]) -> None:
        """
        :arg options: what C(prepare) returned.
        :arg warn: shows a warning, such as a retry.
        :arg tell: shows what a person must do now, such as approving a push.
        """
        self.options = options
        self.tell = tell
        self.http = Http(options, secrets=secret_values(self.spec, options), warn=warn)

    @classmethod
    def prepare(cls, given: Mapping[str, Any], *, explicit: Collection[str]) -> dict[str, Any]:
        """Return the options checked and whole; nothing is sent.

        :arg explicit: the names that this call gave itself, not the environment or variables.
        :raises OptionError: one is wrong, is missing, or belongs to another grant.
        """
        options = validated(cls.spec, given)
        cls.check(options, _given(cls.spec, explicit, options))
        return options

    @classmethod
    def check(cls, options: dict[str, Any], explicit: Collection[str]) -> None:
        """Check what depends on the grant."""
        grant_type = options["grant_type"]
        grant = cls.grants[grant_type]
        for name in grant.foreign:
            if name in explicit:
                raise OptionError(f"{name} does not go with grant_type {grant_type}. Leave it out, or set grant_type to the grant it belongs to.")
        for name in grant.needs:
            if options[name] is None and not (name not in grant.identity and options.get("state") == "absent"):
                raise OptionError(f"{name} is missing: grant_type {grant_type} needs it. {where_to_set(cls.spec, name)}")

    @classmethod
    def identity(cls, options: Mapping[str, Any]) -> dict[str, str]:
        """Return all that identifies the token of these options, the lasting secrets among it."""
        grant = cls.grants[options["grant_type"]]
        known = {"family": cls.family, "server": options["server"], "grant_type": options["grant_type"]}
        return Unprinted(known, **{name: options[name] for name in grant.identity if options[name] is not None})

    @classmethod
    def has_secret(cls, identity: Mapping[str, str]) -> bool:
        """Tell whether an identity holds a secret. Without one its key could be made by anybody: it is for this run only."""
        return any(cls.spec[name].get("no_log") for name in identity if name in cls.spec)

    @classmethod
    def once(cls, options: Mapping[str, Any]) -> dict[str, str]:
        """Return the answers of these options that work one time: no part of the identity, but what was refused was refused with them."""
        return Unprinted({name: options[name] for name in _ONCE if options.get(name) is not None})

    @classmethod
    def patience(cls, options: Mapping[str, Any]) -> float:
        """Return the seconds after which a request for these options must have ended, in the worst case."""
        one_request = (options["retries"] + 1) * (options["timeout"] + LONGEST_PAUSE)
        return 3.0 * one_request + float(options.get("push_timeout") or 0)

    @abc.abstractmethod
    def perform(self, *, check_mode: bool) -> dict[str, Any]:
        """Do what the options ask for; return the task's result.

        :raises FortiError: it failed.
        """

    def _shown(self, token: Token) -> dict[str, Any]:
        source = "refresh" if self.options["grant_type"] == "refresh_token" else "login"
        return {"changed": False, **token.as_result(source)}

    def refuse(self, answer: Answer, hints: Mapping[Any, str] | None = None) -> Exception:
        """Return the error for an answer that is no success."""
        body = answer.json_or_empty()
        return refusal(
            server=self.http.server,
            status=answer.status,
            body=body,
            hint=self._hint(answer.status, body.get("error"), {**self.hints, **(hints or {})}),
            secrets=self.http.secrets,
        )

    def _hint(self, status: int, error: Any, hints: Mapping[Any, str]) -> str:
        known = {**_HINTS, **hints}
        by_error = known.get(error) if isinstance(error, str) else None
        return by_error or known.get(status) or (_SERVERS_FAULT if status >= 500 else "Check server.")


def _given(spec: Spec, explicit: Collection[str], options: Mapping[str, Any]) -> list[str]:
    """Return the options that were named, whichever alias was used, and are not empty."""
    named = set(explicit)
    return [name for name, option in spec.items() if options[name] is not None and not named.isdisjoint((name, *option.get("aliases", ())))]


def check_bearer(options: Mapping[str, Any]) -> None:
    """Check that a token which is given can stand in a header.

    :raises OptionError: it cannot.
    """
    token = options["access_token"]
    if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
        raise OptionError("access_token holds a space, a line end or a letter outside ASCII. Give the token alone.")
