# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading requests strictly and writing answers: shared by both APIs."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, cast
from urllib.parse import parse_qsl

from flask import Response, current_app, request

from .settings import AS_SEEN
from .state import State
from .tokens import Access

Fields = dict[str, str]

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


class Refused(Exception):
    """A request the API says no to, in the shape of RFC 6749, section 5.2.

    The vendor documents no error body at all; this is the shape of the library it is built on.
    """

    def __init__(self, status: int, error: str, description: str = "", *, counted: bool = True) -> None:
        super().__init__(error)
        self.status = status
        self.counted = counted
        self.body = {"error": error}
        if description:
            self.body["error_description"] = description

    def look_like_200(self) -> None:
        """FortiCloud's clients are prepared for a refusal that only the body tells."""
        message = self.body.get("error_description", self.body["error"])
        self.status, self.body = 200, {"status": "fail", "message": message}


def invalid_request(description: str) -> Refused:
    return Refused(400, "invalid_request", description)


def state() -> State:
    return cast(State, current_app.extensions["state"])


def answer(body: Any, status: int = 200) -> Response:
    """A JSON answer that nothing on the way may store; a text is taken as JSON already written."""
    text = body if isinstance(body, str) else json.dumps(body)
    response = Response(text, status, content_type=JSON)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def token_answer(body: Any) -> Response:
    return answer(body, state().settings.token_status)


def _expect_type(mimetype: str) -> None:
    if request.mimetype != mimetype:
        raise Refused(415, "invalid_request", f"Content-Type must be {mimetype}")
    if request.query_string:
        # Strict on purpose: a secret in an address ends up in every log on the way.
        raise invalid_request("This address takes no query")


def _known_only(names: Collection[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise invalid_request(f"Unknown field: {name}")


def json_fields(known: Collection[str]) -> Fields:
    """The body as a JSON object of strings, with no field the vendor does not list."""
    _expect_type(JSON)
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise invalid_request("The body is not JSON") from None
    if not isinstance(body, dict):
        raise invalid_request("The body must be a JSON object")
    _known_only(body, known)
    for name, value in body.items():
        if not isinstance(value, str):
            raise invalid_request(f"Field {name} must be a string")
    return body


def json_or_form_fields(known: Collection[str]) -> Fields:
    """The body as JSON. A form is seen to work as well, but no page documents it."""
    if request.mimetype == FORM and state().settings.form_body == AS_SEEN:
        return _form(known)
    return json_fields(known)


def form_fields(known: Collection[str]) -> Fields:
    """The body as a form that has each known field exactly once, and nothing else."""
    fields = _form(known)
    for name in known:
        needed(fields, name)
    return fields


def _form(known: Collection[str]) -> Fields:
    _expect_type(FORM)
    try:
        pairs = parse_qsl(
            request.get_data().decode(),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
        )
    except ValueError:
        raise invalid_request("The body is not a form") from None
    fields = dict(pairs)
    _known_only(fields, known)
    if len(fields) != len(pairs):
        raise invalid_request("A field was sent twice")
    return fields


def needed(fields: Fields, name: str) -> str:
    if not fields.get(name):
        raise invalid_request(f"Missing field: {name}")
    return fields[name]


def expect_grant(fields: Fields, grant: str) -> None:
    if fields["grant_type"] != grant:
        raise Refused(400, "unsupported_grant_type", f"Only {grant} works here")


def no_authorization() -> None:
    """Some calls are documented without the header: a client that sends it leaks something."""
    if "Authorization" in request.headers:
        raise invalid_request("This address takes no Authorization header")


def bearer(family: str) -> Access:
    """The live token of the Authorization header; every vendor sample has a capital B."""
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    token = state().tokens.live(value, family) if scheme == "Bearer" else None
    if token is None:
        raise Refused(401, "invalid_token", "The access token is not valid.", counted=False)
    return token
