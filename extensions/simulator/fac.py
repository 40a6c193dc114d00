# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""FortiAuthenticator's OAuth addresses, which are FortiCloud's token service too.

Sources: FortiAuthenticator REST API Solution Guide 6.5 and 6.6, pages "OAuth server token",
"verify token", "revoke token" and "fabric device status".
"""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from . import grants
from .answers import (
    Fields,
    Refused,
    answer,
    bearer,
    invalid_request,
    json_fields,
    json_or_form_fields,
    needed,
    no_authorization,
    state,
)
from .model import Client
from .settings import AS_SEEN

TOKEN_FIELDS = [
    "grant_type",
    "client_id",
    "client_secret",
    "username",
    "password",
    "realm",
    "refresh_token",
    "challenge",
    "challenge_response",
    "method",
    "session",
    "redirect_uri",
    "scope",
    "iam_account",
    "iam_user",
    "code",
    "code_verifier",
]
REVOKE_FIELDS = ("client_id", "client_secret", "token")
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

fac = Blueprint("fac", __name__)


def client_of(fields: Fields) -> Client:
    """The relying party. A secret belongs to confidential ones, and to those only."""
    client, secret = state().clients.get(needed(fields, "client_id")), fields.get("client_secret")
    if secret == "" and state().settings.empty_client_secret == AS_SEEN:
        secret = None
    if client is None or secret != client.secret:
        raise Refused(401, "invalid_client")
    return client


@fac.post("/api/v1/oauth/token/")
def token() -> Response:
    state().count("fac.token")
    try:
        return _granted(json_or_form_fields(TOKEN_FIELDS))
    except Refused as problem:
        if problem.status == 401 and state().settings.refused_with_200:
            problem.look_like_200()
        raise


def _granted(fields: Fields) -> Response:
    grant = needed(fields, "grant_type")
    if grant not in grants.GRANTS:
        raise Refused(400, "unsupported_grant_type")
    client = client_of(fields)
    if grant not in (client.grant, "refresh_token"):
        raise Refused(400, "unauthorized_client", f"This client may not use {grant}")
    return grants.GRANTS[grant](client, fields)


@fac.get("/api/v1/pushpoll/")
def pushpoll() -> Response:
    state().count("fac.pushpoll")
    no_authorization()
    session = request.args.get("s")
    if not session:
        raise invalid_request("Missing parameter: s")
    push = state().factors.poll(session)
    if push is None:
        raise Refused(404, "invalid_request", "There is no such session")
    body = {
        "challenge": "otp",
        "method": "ftm-push",
        "session": push.session,
        # The vendor documents "pending" and "success"; "denied" is an invention of this simulator.
        "status": push.status,
    }
    if push.status == "success":
        body["challenge_response"] = push.answer
    return answer(body)


@fac.get("/api/v1/oauth/verify_token/")
def verify_token() -> Response:
    state().count("fac.verify")
    client_id = request.args.get("client_id")
    if not client_id:
        raise invalid_request("Missing parameter: client_id")
    found = bearer("fac")
    if found.owner.client_id != client_id:
        raise Refused(401, "invalid_token", "The token is another client's.", counted=False)
    # 0 for a token that never expires, as in the token answer: here the vendor says nothing.
    left = 0 if found.until is None else max(1, int(found.until - state().now()))
    return answer({"username": found.owner.username, "expires_in": left})


@fac.post("/api/v1/oauth/revoke_token/")
def revoke_token() -> Response:
    state().count("fac.revoke")
    fields = json_fields(REVOKE_FIELDS)
    client = client_of(fields)
    state().tokens.revoke(needed(fields, "token"), client.client_id)
    return Response("", 200)


@fac.get("/api/fabric/device/status")
def device_status() -> Response:
    bearer("fac")
    state().count("resource")
    body = {"build": 1157, "model": "FACVM", "serial_number": "FAC-VM0000000000"}
    return answer({**body, "version": "6.6.2"})


def without_slash() -> AnyResponse:
    """Django sends every method to the address with the slash, which loses the body of a POST."""
    state().count("fac.redirect")
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return redirect(f"{request.path}/{query}", 301)


for path in ("oauth/token", "oauth/verify_token", "oauth/revoke_token", "pushpoll"):
    fac.add_url_rule(f"/api/v1/{path}", "without_slash", without_slash, methods=METHODS)
