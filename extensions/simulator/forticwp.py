# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""FortiCWP's token addresses, which FortiCNP and FortiCASB share.

Sources: FortiCWP 22.1 help, "Get Credentials Token" and "Get Resource Map"; FortiCWP 21.2 help,
"Get Token" (password); FortiCNP 22.3 help, "Get Refresh Token"; FortiCASB 24.1.b help (resource map).
Note who has a slash at the end.
"""

from __future__ import annotations

import json

from flask import Blueprint, Response, abort, request

from . import model
from .answers import (
    Refused,
    answer,
    bearer,
    expect_grant,
    form_fields,
    invalid_request,
    no_authorization,
    state,
    token_answer,
)
from .settings import AS_DOCUMENTED
from .tokens import Access, Owner, jwt, opaque

MILLISECONDS = 10**12  # since 2001 all times are above it; times in seconds are below
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

cwp = Blueprint("forticwp", __name__)


def _is_casb(owner: Owner) -> bool:
    return model.CWP_ACCOUNTS[owner.username].product == model.FORTICASB


def _new_access(owner: Owner) -> tuple[str, float]:
    until = state().now() + model.CWP_ACCESS_SECONDS
    host = "FCASB" if _is_casb(owner) else "FCWP"
    payload = {"scope": "API", "iss": "fauth-server", "host": [host], "exp": int(until)}
    access = state().note(jwt("HS256", {**payload, "aid": owner.username}, 32))
    state().tokens.add(owner, access, until)
    return access, until


def _expires(until: float) -> str:
    """Milliseconds as the vendor's sample has them: 1.585245989931E12, a float with an exponent."""
    text = f"{until * 1000:.12E}".replace("E+", "E")
    return json.dumps(text) if state().settings.expires_as_string else text


def _token_answer(owner: Owner, *, with_refresh: bool) -> Response:
    access, until = _new_access(owner)
    # Written by hand: json.dumps would turn the exponent into plain digits.
    body = f'{{"token_type": "bearer", "expires": {_expires(until)}, "access_token": "{access}"'
    if with_refresh:
        refresh = state().note(opaque(83))
        life = state().now() + model.CWP_REFRESH_SECONDS
        state().tokens.add_refresh(owner, refresh, access, life)
        body += f', "refresh_token": "{refresh}"'
        if _is_casb(owner):
            # No page has it; FortiSOAR's connector puts it into a header as it is, so it is a text.
            body += f', "companyId": "{model.COMPANY_ID}"'
    return token_answer(body + "}")


def _refuse(description: str) -> Refused:
    return Refused(401, "invalid_client", description)


@cwp.post("/api/v1/auth/credentials/token/")
def credentials_token() -> Response:
    expect_grant(form_fields(("grant_type",)), "client_credentials")
    header = request.headers.get("Authorization", "")
    # The credential goes in as it is; base64, which HTTP Basic would have, is wrong here.
    for username, account in model.CWP_ACCOUNTS.items():
        if header == f"Basic {account.credential}":
            state().count("forticwp.credentials")
            return _token_answer(Owner("forticwp", "credential", username), with_refresh=True)
    raise _refuse("The credential is not valid.")


@cwp.route("/api/v1/auth/credentials/token", methods=METHODS)
def without_slash() -> Response:
    """FortiCNP's plugin for Jenkins leaves the slash out, though FortiCNP's page has it."""
    if state().settings.missing_slash == AS_DOCUMENTED:
        abort(404)
    if request.method != "POST":
        abort(405)
    return credentials_token()


@cwp.post("/api/v1/auth/token")
def password_token() -> Response:
    no_authorization()
    fields = form_fields(("grant_type", "username", "password"))
    expect_grant(fields, "password")
    username = fields["username"]
    account = model.CWP_ACCOUNTS.get(username)
    if account is None or account.password != fields["password"]:
        raise _refuse("Invalid credentials given.")
    state().count("forticwp.password")
    return _token_answer(Owner("forticwp", "password", username), with_refresh=True)


@cwp.post("/api/v1/auth/token/refresh")
def refresh_token() -> Response:
    """No new refresh token comes back: the old one keeps working for its eight hours."""
    no_authorization()
    fields = form_fields(("grant_type", "refresh_token"))
    expect_grant(fields, "refresh_token")
    refresh = state().tokens.refresh(fields["refresh_token"], "forticwp")
    if refresh is None or refresh.state != "live":
        raise _refuse("The refresh token is not valid.")
    state().count("forticwp.refresh")
    return _token_answer(refresh.owner, with_refresh=False)


def _resource() -> Access:
    token = bearer("forticwp")
    state().count("resource")
    return token


@cwp.get("/api/v1/resourceURLMap")
def resource_url_map() -> Response:
    token = _resource()
    if request.query_string or request.get_data():
        raise invalid_request("This address takes no query and no body")
    entry = {"resourceURL": request.host_url.rstrip("/"), "roleId": model.ROLE_ID, "username": token.owner.username}
    if _is_casb(token.owner):
        return answer([{**entry, "buMapSet": [{"buId": model.BU_ID, "companyId": model.COMPANY_ID}]}])
    return answer([{**entry, "companyMapSet": [{"companyId": model.COMPANY_ID, "companyName": "Example"}]}])


@cwp.get("/api/v1/severity")
def severity() -> Response:
    """The headers are documented; the numbers below are made up."""
    _expect_ids(_resource())
    return answer({"critical": 1, "high": 2, "medium": 3, "low": 4})


@cwp.post("/api/v1/alert/list")
def alert_list() -> Response:
    """FortiCWP 21.1 help, "Alert filter": a query, though a POST; the times are epoch milliseconds."""
    _expect_ids(_resource())
    if request.mimetype != "application/json":
        raise Refused(415, "invalid_request", "Content-Type must be application/json")
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or set(body) != {"startTime", "endTime", "skip", "limit"}:
        raise invalid_request("The body must have startTime, endTime, skip and limit")
    if not all(isinstance(value, int) for value in body.values()) or body["startTime"] < MILLISECONDS:
        raise invalid_request("Times are integers, in milliseconds")
    return answer({"data": [], "skip": body["skip"], "limit": body["limit"], "totalCount": 0})


def _expect_ids(token: Access) -> None:
    ids = {"companyId": model.COMPANY_ID, "roleId": model.ROLE_ID}
    if _is_casb(token.owner):
        ids["buId"] = model.BU_ID
    for name, right in ids.items():
        value = request.headers.get(name)
        if not value:
            raise invalid_request(f"Missing header: {name}")
        if value != str(right):
            raise Refused(403, "access_denied", f"Wrong header: {name}")


def no_such_address() -> Response:
    abort(404)


for path in ("token/", "token/refresh/"):
    cwp.add_url_rule(f"/api/v1/auth/{path}", "no_such_address", no_such_address, methods=METHODS)
