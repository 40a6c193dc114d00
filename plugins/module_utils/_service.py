# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What the token services share: validated options, the cache key, an HTTP client, explained errors."""

from __future__ import annotations

import abc
import dataclasses
import functools
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, TypeVar

from ansible_collections.forti.oauth.plugins.module_utils._argspec import Spec, called
from ansible_collections.forti.oauth.plugins.module_utils._errors import LOCKED, FortiError, OptionError, error_in, is_locked, refusal, says_no
from ansible_collections.forti.oauth.plugins.module_utils._http import Http
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response
from ansible_collections.forti.oauth.plugins.module_utils._http_tls import client_digest, client_paths
from ansible_collections.forti.oauth.plugins.module_utils._options import check_needed, secret_values, validated
from ansible_collections.forti.oauth.plugins.module_utils._redaction import RedactedDict
from ansible_collections.forti.oauth.plugins.module_utils._token import Token

_HINTS: dict[Any, str] = {
    "unauthorized_client": "Check that this client may use this grant_type.",
    "unsupported_grant_type": "Check that this client may use this grant_type.",
    "invalid_scope": "Check scope.",
    404: "Check server: there is no token service at this address.",
    429: "Too many requests. Wait, and run it again.",
}
_ONE_TIME = ("challenge", "challenge_response", "method", "session")
_OWN_SECRETS = frozenset({"password", "credential", "code", "refresh_token"})  # of a user; all users of a client share its secret
_LOCK_MARGIN = 30  # seconds beyond its own timeouts for which another task may hold the lock of a token
_SERVERS_FAULT = "The fault is on the server's side. Run it again later."

Notify = Callable[[str], None]
Service = TypeVar("Service", bound="TokenService")


@dataclasses.dataclass(frozen=True)
class Grant:
    """A grant: the options it needs, the options that are part of its cache key, and the options of other grants that it refuses."""

    needs: tuple[str, ...]
    cache_key: tuple[str, ...]
    foreign: tuple[str, ...] = ()


class TokenService(abc.ABC):
    """A token service, with the options of one task or template."""

    family: ClassVar[str]
    module: ClassVar[str]  # the full name of the module that runs this service on a delegated host
    spec: ClassVar[Spec]
    grants: ClassVar[Mapping[str, Grant]]
    revokes: ClassVar[bool] = True  # whether the server can revoke a token

    def __init__(self, options: Mapping[str, Any], *, warn: Notify, notify: Notify, delegated_to: str | None = None) -> None:
        """
        :arg options: validated options; C(from_options) validates them.
        :arg warn: shows a warning, such as a retry.
        :arg notify: tells a person what to do now, such as to approve a push.
        :arg delegated_to: the host that asks; None is the controller.
        """
        self.options = options
        self.warn = warn
        self.notify = notify
        self.delegated_to = delegated_to

    @classmethod
    def from_options(
        cls: type[Service], given: Mapping[str, Any], *, explicit: Collection[str], warn: Notify, notify: Notify, delegated_to: str | None = None
    ) -> Service:
        """Return the service for these options. Nothing is sent.

        :arg explicit: the names of the options that the task or template itself gives; the others come from variables or the environment.
        :raises OptionError: an option is invalid, is missing, or belongs to another grant.
        """
        options = validated(cls.spec, given)
        cls.validate(options, _given(cls.spec, explicit, options))
        return cls(options, warn=warn, notify=notify, delegated_to=delegated_to)

    def with_options(self: Service, **changes: Any) -> Service:
        """Return the same service with some options changed."""
        return self.of(type(self), **changes)

    def of(self, service: type[Service], **changes: Any) -> Service:
        """Return another service of the same family, with the same options but for the changed ones."""
        return service(RedactedDict(self.options, **changes), warn=self.warn, notify=self.notify, delegated_to=self.delegated_to)

    @classmethod
    def validate(cls, options: dict[str, Any], explicit: Collection[str]) -> None:
        """Check what depends on the grant.

        :raises OptionError: an option is missing, or belongs to another grant.
        """
        grant_type = options["grant_type"]
        grant = cls.grants[grant_type]
        for name in grant.foreign:
            if name in explicit:
                raise OptionError(
                    f"{called(cls.spec, name)} does not go with grant_type {grant_type}. Set grant_type to {cls._grant_of(name)}, or leave it out."
                )
        needed, note = cls.needs(options)
        check_needed(cls.spec, options, needed=needed, needed_by=f"grant_type {grant_type}", note=note)

    @classmethod
    def needs(cls, options: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
        """Return the options that the grant needs, and what else a person should know if one of them is missing."""
        return cls.grants[options["grant_type"]].needs, ""

    @classmethod
    def _grant_of(cls, name: str) -> str:
        """Return the grant that an option belongs to."""
        needing = [grant_type for grant_type, grant in cls.grants.items() if name in grant.needs]
        return (needing or [grant_type for grant_type, grant in cls.grants.items() if name not in grant.foreign])[0]

    @functools.cached_property
    def http(self) -> Http:
        """The client for the server of the options.

        :raises OptionError: a file with certificates cannot be used.
        """
        return Http(self.options, secrets=secret_values(self.spec, self.options), warn=self.warn)

    @functools.cached_property
    def cache_key(self) -> dict[str, str]:
        """All that identifies the token of these options, lasting secrets included. Nothing else gets the token, and nothing less finds it.

        :raises OptionError: a file of the client certificate cannot be read.
        """
        grant = self.grants[self.options["grant_type"]]
        return self._cache_key("grant_type", *grant.cache_key)

    def _cache_key(self, *names: str) -> dict[str, str]:
        """Return who is asked, from where and as whom, and the values of these options.

        The path of a client certificate says nothing: AWX writes it to a new one for each job. On a delegated host only the path is known here.
        """
        asked = {
            "family": self.family,
            "server": self.options["server"],
            "server_certificate": "checked" if self.options["validate_certs"] else "not checked",
            "delegated_to": self.delegated_to,
            "client_certificate": (client_paths if self.delegated_to else client_digest)(self.options),
            **{name: self.options[name] for name in names},
        }
        return RedactedDict({name: value for name, value in asked.items() if value is not None})

    @property
    def has_secret_key(self) -> bool:
        """Whether the cache key holds a secret of the user's own. Anybody could guess a key without one, so its token is not shared with other runs."""
        return not _OWN_SECRETS.isdisjoint(self.cache_key)

    @property
    def why_not_kept(self) -> str | None:
        """Why the token may not be kept beyond this run, however it was asked for; None if it may."""
        if self.delegated_to:
            return f"it was got on {self.delegated_to}, and serves only that host in this run"
        return None if self.options["validate_certs"] else "validate_certs is false, so any server could have sent it"

    @property
    def one_time(self) -> dict[str, str]:
        """The options that work once. They are not part of the cache key, but a refusal applies only to the same ones."""
        return RedactedDict({name: self.options[name] for name in _ONE_TIME if self.options.get(name) is not None})

    @property
    def source(self) -> str:
        """Where a fetched token comes from: C(login), or C(refresh) if the options hold a refresh token."""
        return "refresh" if self.options["grant_type"] == "refresh_token" else "login"

    @property
    def token_path(self) -> str:
        """The path at which the server is asked for a token."""
        raise NotImplementedError

    @property
    def lock_timeout(self) -> float:
        """The seconds to wait for another task that gets the same token: its own timeouts, and a margin."""
        return float(self.options.get("push_timeout") or 0) + (self.options["retries"] + 1) * self.options["timeout"] + _LOCK_MARGIN

    def verifier(self, access_token: str) -> TokenService | None:
        """Return the service that tells whether a token is live; None if the server does not tell."""
        return None

    def resumes(self, challenge: Mapping[str, str]) -> bool:
        """Return whether the task goes on with a challenge that an earlier task did not wait for."""
        return False

    @property
    def hints(self) -> Mapping[Any, str]:
        """What to check, for an OAuth error or a status."""
        return {}

    def fetch(self) -> Token:
        """Return a new token for the options.

        :raises FortiError: there is none.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def run(self, *, check_mode: bool) -> dict[str, Any]:
        """Do what the options ask for, and return the task's result.

        :raises FortiError: it failed.
        """

    def rebuilt(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of a delegated host, checked as the server's own answer is. Nothing else of it is believed.

        :raises BadResponse: it is not what the server could have answered.
        """
        return {"changed": result.get("changed") is True, "server": self.options["server"]}

    def _as_result(self, token: Token) -> dict[str, Any]:
        return {"changed": False, **token.as_result(self.source)}

    def answer(self, response: Response, hints: Mapping[Any, str] | None = None) -> dict[str, Any]:
        """Return the JSON object of a response that should hold a token.

        :raises FortiError: its status is not a success, or it is a success that says no. That is a refusal like a 401.
        """
        if not response.is_success:
            raise self.refuse(response, hints)
        body = response.json()
        if says_no(body):
            raise self.refuse(response, hints)
        return body

    def refuse(self, response: Response, hints: Mapping[Any, str] | None = None) -> FortiError:
        """Return the error for a response whose status is not a success, or whose body says no."""
        body = response.json_or_empty()
        return refusal(
            server=self.http.server,
            status=response.status,
            body=body,
            hint=self._hint(401 if response.is_success else response.status, body, {**self.hints, **(hints or {})}),
            secrets=self.http.secrets,
        )

    def advice(self, status: int) -> str:
        """Return what to check if the server answers with this status."""
        return self._hint(status, {}, self.hints)

    def _hint(self, status: int, body: Mapping[str, Any], hints: Mapping[Any, str]) -> str:
        known = {**_HINTS, **hints}
        advice = known.get(LOCKED) if is_locked(body) else None
        return advice or known.get(error_in(body)) or known.get(status) or (_SERVERS_FAULT if status >= 500 else "Check server.")


def _given(spec: Spec, explicit: Collection[str], options: Mapping[str, Any]) -> list[str]:
    """Return the names of the options in C(explicit), aliases resolved, that are set."""
    named = set(explicit)
    return [name for name, option in spec.items() if options[name] is not None and not named.isdisjoint((name, *option.get("aliases", ())))]


def check_bearer(options: Mapping[str, Any]) -> None:
    """Check that the option access_token is fit for a header.

    :raises OptionError: it is not.
    """
    token = options["access_token"]
    if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
        raise OptionError("access_token holds a space, a line end or a letter outside ASCII. Give the token alone.")
