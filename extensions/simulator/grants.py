# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three grants of FortiAuthenticator, and its second factor (answer 406).

Source: FortiAuthenticator REST API Solution Guide, page "OAuth server token", 6.5 and 6.6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from .answers import Fields, Refused, answer, invalid_request, needed, state, token_answer
from .factors import s256
from .model import IAM_ALIASES, LOCAL_REALM, Client, User
from .settings import FORTICLOUD
from .tokens import Owner, jwt, opaque

SECOND_FACTOR = {"challenge", "challenge_response", "method", "session"}
WRONG_CODE = "The one-time code was used or is wrong"


def invalid_grant(description: str) -> Refused:
    return Refused(401, "invalid_grant", description)


def issue(client: Client, username: str, scope: str) -> dict[str, Any]:
    """A new pair of tokens, in the fields that every grant answers with."""
    owner = Owner("fac", client.client_id, username, scope)
    current = state()
    access, refresh = current.note(opaque()), current.note(opaque())
    until = current.now() + client.expires_in if client.expires_in else None
    current.tokens.add(owner, access, until)
    # How long a refresh token lives is not documented; here it ends only with its successor.
    current.tokens.add_refresh(owner, refresh, access, None)
    return {
        "access_token": access,
        "expires_in": client.expires_in,
        "refresh_token": refresh,
        "scope": scope,
        "token_type": "Bearer",
    }


def login(client: Client, username: str, scope: str) -> dict[str, Any]:
    if client.forticloud and state().settings.single_login:
        state().tokens.end_all_of(username, client.client_id)
    state().count("fac.login")
    return issue(client, username, scope)


def _named_user(fields: Fields) -> User | None:
    """`username` wins over an IAM account, and a user exists in one realm only."""
    if "username" in fields:
        realm = fields.get("realm") or LOCAL_REALM
        return state().users.get((realm, needed(fields, "username")))
    if "iam_account" not in fields and "iam_user" not in fields:
        raise invalid_request("Missing field: username")
    account = needed(fields, "iam_account")
    key = (IAM_ALIASES.get(account, account), needed(fields, "iam_user"))
    return state().users.get(key)


def _locked() -> Refused:
    """FortiCloud gives no reason; the texts are this simulator's."""
    settings = state().settings
    if settings.lockout == FORTICLOUD:
        return Refused(400, "invalid_grant")
    return invalid_grant("Account is locked out" if settings.refused_with_200 else "Account is locked.")


def first_factor(fields: Fields) -> User:
    user, password = _named_user(fields), needed(fields, "password")
    if user is None:
        raise invalid_grant("Invalid credentials given.")
    if state().is_locked(user.name):
        raise _locked()
    if user.password != password:
        state().wrong_password(user.name)
        raise invalid_grant("Invalid credentials given.")
    state().wrong_passwords.pop(user.name, None)
    return user


def challenge(client: Client, user: User) -> Response:
    """Only a push carries a session in the vendor's sample; a RADIUS one carries its State."""
    current = state()
    current.count("fac.challenge")
    body = {"challenge": "otp", "method": user.method, "status": "pending"}
    if user.method == "ftm-push":
        body["session"] = current.factors.start_push(user.name, client.client_id)
    if user.method == "radius":
        session = current.factors.start_radius(user.name, client.client_id)
        message = "Enter the code from your token"
        body = {"challenge": "radius", "session": session, "message": message, "status": "pending"}
    return answer(body, 406)


def second_factor(client: Client, user: User, fields: Fields) -> None:
    kind, value = needed(fields, "challenge"), needed(fields, "challenge_response")
    if kind != ("radius" if user.method == "radius" else "otp"):
        raise invalid_grant("This user has no such challenge")
    if kind == "radius":
        _radius_answer(client, user, fields, value)
        return
    method = needed(fields, "method")
    if method not in user.methods:
        raise invalid_grant("This user has no such method")
    if method == "ftm-push":
        _push_answer(client, user, fields, value)
        return
    if "session" in fields:
        raise invalid_request("A typed code takes no session")
    if not state().factors.use_otp(user.name, value):
        raise invalid_grant(WRONG_CODE)


def _push_answer(client: Client, user: User, fields: Fields, value: str) -> None:
    session = needed(fields, "session")
    if not state().factors.use_push(session, user.name, client.client_id, value):
        raise invalid_grant("The push was not approved, or was used already")


def _radius_answer(client: Client, user: User, fields: Fields, value: str) -> None:
    """RFC 2865, section 5.24: the State of a challenge goes back unchanged."""
    session = needed(fields, "session")
    if "method" in fields:
        raise invalid_request("A radius challenge has no method")
    if not state().factors.use_radius(session, user.name, client.client_id, value):
        raise invalid_grant(WRONG_CODE)


def password(client: Client, fields: Fields) -> Response:
    user = first_factor(fields)
    answered = bool(SECOND_FACTOR & fields.keys())
    if user.method and not answered:
        return challenge(client, user)
    if answered:
        second_factor(client, user, fields)
    body = {**login(client, user.name, fields.get("scope") or "read"), "status": "success"}
    if not answered:  # the vendor's sample after a second factor has no message
        body["message"] = "successfully authenticated"
    return token_answer(body)


def authorization_code(client: Client, fields: Fields) -> Response:
    """`username` and `password` may be there, as in the vendor's sample; the code decides."""
    current = state()
    value = needed(fields, "code")
    code = current.factors.codes.get(value)
    if code is None or code.client_id != client.client_id or current.now() >= code.until:
        raise invalid_grant("The code is wrong, used or too old")
    if code.redirect_uri is not None and fields.get("redirect_uri") != code.redirect_uri:
        raise invalid_grant("The redirect_uri is not the one of the code")
    if code.challenge is not None and s256(needed(fields, "code_verifier")) != code.challenge:
        raise invalid_grant("The code_verifier is wrong")
    del current.factors.codes[value]
    body = login(client, code.username, code.scope)
    if "openid" in code.scope.split():
        body["id_token"] = current.note(_id_token(client, code.username))
    return token_answer(body)


def _id_token(client: Client, username: str) -> str:
    now = int(state().now())
    claims = {"aud": client.client_id, "iat": now, "sub": username, "iss": "/api/v1/oauth"}
    return jwt("RS256", {**claims, "exp": now + 36000, "jti": opaque(36)}, 512)


def refresh_token(client: Client, fields: Fields) -> Response:
    """A refresh brings a new pair, and the old pair is dead at once."""
    current = state()
    old = current.tokens.refresh(needed(fields, "refresh_token"), "fac")
    if old is None or old.owner.client_id != client.client_id or old.state == "ended":
        raise invalid_grant("The refresh token is not valid.")
    if old.state == "rotated":
        raise invalid_grant("Refresh token was rotated away.")
    current.tokens.end_pair(old, "rotated")
    current.count("fac.refresh")
    body = issue(client, old.owner.username, old.owner.scope)
    return token_answer({**body, "status": "success", "message": "Token has been refreshed successfully"})


GRANTS: dict[str, Callable[[Client, Fields], Response]] = {
    "password": password,
    "authorization_code": authorization_code,
    "refresh_token": refresh_token,
}
