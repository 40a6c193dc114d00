# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The FortiAuthenticator's requests: token, verify, revoke. FortiCloud's token service is a FortiAuthenticator, too."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from ansible_collections.forti.oauth.plugins.module_utils._argspec import FAC_TOKEN, FAC_TOKEN_INFO, FAC_VERIFIES_WITH
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError, fails, quotable
from ansible_collections.forti.oauth.plugins.module_utils._fac_challenge import PUSH, Challenge, wait_for_push
from ansible_collections.forti.oauth.plugins.module_utils._fac_hints import hints, refused_hints
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response
from ansible_collections.forti.oauth.plugins.module_utils._options import check_needed
from ansible_collections.forti.oauth.plugins.module_utils._redaction import RedactedDict
from ansible_collections.forti.oauth.plugins.module_utils._service import Grant, TokenService, check_bearer
from ansible_collections.forti.oauth.plugins.module_utils._token import Token, parse_fac

_JSON = {"Content-Type": "application/json"}
_TOKEN = "/api/v1/oauth/token/"
_VERIFY = "/api/v1/oauth/verify_token/"
_REVOKE = "/api/v1/oauth/revoke_token/"

_CLIENT = ("client_id", "client_secret")
_USER = ("username", "password", "realm", "iam_account", "iam_user", "scope")
_CODE = ("code", "redirect_uri", "code_verifier")
_VERIFY_TIMEOUT = 5  # seconds; all hosts wait while a kept token is verified
_IAM = ("iam_account", "iam_user")
_ANSWER = ("challenge", "challenge_response", "session")
# The fields of each grant's request (OAuth server token page). Its sample of an authorization code holds the user, too.
_FIELDS = {
    "password": (*_USER, *_CLIENT),
    "authorization_code": ("username", "password", *_CLIENT, *_CODE),
    "refresh_token": (*_CLIENT, "refresh_token"),
}


class _FacService(TokenService):
    token_path = _TOKEN
    doubts_pages: ClassVar[bool] = False  # whether a 401 that is a web page is no answer

    @property
    def hints(self) -> Mapping[Any, str]:
        """What to check, for an OAuth error or a status."""
        return hints(self.options)

    def verify(self, access_token: str) -> dict[str, Any]:
        """Return whether a token is live (C(valid)), its C(username) and C(expires_in) in seconds; None if the server does not tell (verify token page)."""
        headers = {**_JSON, "Authorization": f"Bearer {access_token}"}
        response = self.http.get(_VERIFY, headers=headers, params={"client_id": self.options["client_id"]})
        if response.status == 401 and not (self.doubts_pages and response.is_page):
            return _verified({}, valid=False)
        if not response.is_success:
            raise self.refuse(response)
        body = response.json() if response.body.strip() else {}
        return _verified(body, valid=not fails(body))


class FortiAuthenticator(_FacService):
    """Gets tokens as the OAuth server token page describes, and revokes them as the revoke token page does."""

    family = "fac"
    module = "forti.oauth.fac_oauth_token"
    spec = FAC_TOKEN
    grants = {
        "password": Grant(needs=("password",), cache_key=(*_USER, *_CLIENT), foreign=("code", "code_verifier", "refresh_token")),
        "authorization_code": Grant(needs=("code",), cache_key=("username", "password", *_CLIENT, *_CODE), foreign=("refresh_token", *_ANSWER)),
        "refresh_token": Grant(needs=("refresh_token",), cache_key=("refresh_token", *_CLIENT), foreign=("code", "code_verifier", *_ANSWER)),
    }

    @classmethod
    def validate(cls, options: dict[str, Any], explicit: Collection[str]) -> None:
        """Check the grant, the two ways to name a user, and the options for revoking."""
        check_bearer(options)
        if options["access_token"] is not None:
            if options["state"] != "absent":
                raise OptionError("access_token goes with state absent only: it is the token to revoke.")
            check_needed(cls.spec, options)
            return
        if options["grant_type"] == "password":
            _choose_user(options, explicit)
        super().validate(options, explicit)

    @classmethod
    def needs(cls, options: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
        """Return the options that the grant needs. A user may be named in two ways."""
        if options["grant_type"] != "password" or options["username"] is not None:
            return super().needs(options)
        named = [name for name in _IAM if options[name] is not None]
        if named:
            return (*_IAM, "password"), f". iam_account and iam_user are needed together; only {named[0]} is set" if len(named) == 1 else ""
        return ("username", "password"), ", or iam_account with iam_user in place of username"

    def fetch(self) -> Token:
        """Return a token for the grant of the options. A challenge is answered if the options allow it.

        :raises FortiError: there is none.
        """
        grant_type = self.options["grant_type"]
        if grant_type != "password":
            return self._token(self._request(one_time=True))
        known = Challenge.from_options(self.options)
        if known and known.waits_for_push(self.options):
            return self._answer_push(known)
        if known and self.options["challenge_response"]:
            return self._answer(known.typed(self.options))
        response = self._request()
        return self._meet(Challenge.from_response(response, self.http)) if response.status == 406 else self._token(response)

    def verifier(self, access_token: str) -> TokenService:
        """Return the service that tells whether this token is live. It asks once: if that tells nothing, the token stays in use."""
        own = {name: self.options[name] for name in FAC_VERIFIES_WITH}
        limits = {"timeout": min(self.options["timeout"], _VERIFY_TIMEOUT), "retries": 0}
        asked = RedactedDict(dict.fromkeys(FAC_TOKEN_INFO), **{**own, **limits, "access_token": access_token})
        return KeptTokenCheck(asked, warn=self.warn, notify=self.notify, delegated_to=self.delegated_to)

    def resumes(self, challenge: Mapping[str, str]) -> bool:
        """Return whether the task waits for the push of this challenge, which an earlier task did not."""
        return Challenge.from_details(challenge).waits_for_push(self.options)

    def run(self, *, check_mode: bool) -> dict[str, Any]:
        """Get a token, or revoke the one in the options if state is absent."""
        if self.options["state"] == "absent":
            return {"changed": self.revoke(self.options["access_token"], check_mode=check_mode), "server": self.http.server}
        return self._as_result(self.fetch())

    def revoke(self, access_token: str, *, check_mode: bool) -> bool:
        """Revoke a token, and return whether it was live. It is verified first, because a 200 to a revoke does not tell (revoke token page)."""
        live: bool = self.verify(access_token)["valid"]
        if live and not check_mode:
            response = self.http.post(_REVOKE, headers=_JSON, json={**self._fields(_CLIENT), "token": access_token})
            if not response.is_success or fails(response.json_or_empty()):
                problem = self.refuse(response)
                problem.repeated = response.repeated
                raise problem
            if response.is_page and self.verify(access_token)["valid"]:
                raise response.without("no JSON object")
        return live

    def _meet(self, challenge: Challenge) -> Token:
        if self.options["challenge_response"]:
            return self._answer(challenge.typed(self.options))
        if challenge.waits_for_push(self.options):
            return self._answer_push(challenge)
        raise challenge.required("Give otp, or let on_challenge return it and answer in a second task.", self.http.server)

    def _answer_push(self, challenge: Challenge) -> Token:
        return self._answer(challenge.fields(wait_for_push(challenge, self.options, self.http, self.notify)))

    def _answer(self, fields: Mapping[str, str]) -> Token:
        response = self._request(**fields, one_time=True)
        if response.status == 406:
            raise Challenge.from_response(response, self.http).required(
                "The answer that was given is used up. Answer this challenge in another task.", self.http.server
            )
        return self._token(response, typed=fields.get("method") != PUSH)

    def _request(self, *, one_time: bool = False, **more: str) -> Response:
        grant_type = self.options["grant_type"]
        return self.http.post(_TOKEN, headers=_JSON, one_time=one_time, json={"grant_type": grant_type, **self._fields(_FIELDS[grant_type]), **more})

    def _fields(self, names: Collection[str]) -> dict[str, str]:
        return {name: self.options[name] for name in names if self.options[name] is not None}

    def _token(self, response: Response, *, typed: bool = False) -> Token:
        body = self.answer(response, refused_hints(self.options, typed=typed))
        return parse_fac(body, server=self.http.server, sent_at=response.sent_at)


class FortiAuthenticatorInfo(_FacService):
    """Verifies a token."""

    family = "fac"
    module = "forti.oauth.fac_oauth_token_info"
    spec = FAC_TOKEN_INFO
    grants = {}

    @classmethod
    def validate(cls, options: dict[str, Any], explicit: Collection[str]) -> None:
        """Check that the token is fit for a header. The options of other modules are accepted for module_defaults; they go nowhere."""
        check_bearer(options)
        check_needed(cls.spec, options)
        options.update({name: None for name in options if name not in FAC_VERIFIES_WITH})

    def run(self, *, check_mode: bool) -> dict[str, Any]:
        """Verify the token."""
        return {"changed": False, "server": self.http.server, **self.verify(self.options["access_token"])}

    def rebuilt(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of a delegated host, checked."""
        return {**super().rebuilt({}), **_verified(result, valid=result.get("valid") is True)}


class KeptTokenCheck(FortiAuthenticatorInfo):
    """Verifies a kept token. A proxy in between may answer 401 with a page of its own: that ends no token."""

    doubts_pages = True


def _verified(body: Mapping[str, Any], *, valid: bool) -> dict[str, Any]:
    """Return what the server tells of a token."""
    expires_in = body.get("expires_in")
    return {
        "valid": valid,
        "username": quotable(body.get("username"), ()) if valid else None,
        "expires_in": expires_in if valid and isinstance(expires_in, int) and not isinstance(expires_in, bool) else None,
    }


def _choose_user(options: dict[str, Any], explicit: Collection[str]) -> None:
    """Take the IAM user of the task in place of a username from a variable or the environment: beside it, the FortiAuthenticator ignores the IAM user.

    :raises OptionError: the task names both.
    """
    if "username" not in explicit and set(_IAM).issubset(explicit):
        options["username"] = None
    both = [name for name in _IAM if name in explicit and options["username"] is not None]
    if both:
        raise OptionError(f"username and {both[0]} do not go together: the FortiAuthenticator would ignore {both[0]}. Leave one out.")
