# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server's response: what is read from it, and what the user reads if it is not what was expected."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response

SERVER = "https://fac.example.com"
CHECK = "Check that server is the token service, and not a proxy or a login page."


def response(body: bytes = b"", status: int = 200, **headers: str) -> Response:
    return Response(SERVER, status, headers, body, 0.0)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param(b"{}", {}, id="empty"),
        pytest.param(b' \r\n{"a": [1, null]}\n', {"a": [1, None]}, id="white space around it"),
        pytest.param('{"a": "ü"}'.encode(), {"a": "ü"}, id="UTF-8"),
        pytest.param(b'{"a": 1, "a": 2}', {"a": 2}, id="a name twice"),
    ],
)
def test_an_object_is_read(body: bytes, value: dict[str, Any]) -> None:
    assert response(body).json() == response(body).json_or_empty() == value


@pytest.mark.parametrize(("body", "value"), [(b"[]", []), (b' [{"a": 1}, 2]\n', [{"a": 1}, 2])], ids=["empty", "entries"])
def test_a_list_is_read(body: bytes, value: list[Any]) -> None:
    assert response(body).json_list() == value


NEITHER = [
    pytest.param(b"", "nothing", id="nothing"),
    pytest.param(b"<html>hunter2</html>", "an HTML page", id="page"),
    pytest.param(b"\n <!DOCTYPE html>", "an HTML page", id="page after white space"),
    pytest.param(b"   ", None, id="white space"),
    pytest.param(b"hunter2", None, id="text"),
    pytest.param(b'"hunter2"', None, id="JSON text"),
    pytest.param(b"null", None, id="null"),
    pytest.param(b"7", None, id="number"),
    pytest.param(b'{"a": 1', None, id="half an object"),
    pytest.param(b'{"a": 1} {"b": 2}', None, id="two objects"),
    pytest.param("{'a': 'ü'}".encode("latin-1"), None, id="not UTF-8"),
    pytest.param('{"a": 1}'.encode("utf-16"), None, id="UTF-16"),
    pytest.param(b"\xef\xbb\xbf{}", None, id="byte order mark"),
    pytest.param(b"[" * 100_000, None, id="too deep"),
    pytest.param(b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", None, id="deeper than any answer"),
    pytest.param(b'[{"a": [' + b"0," * 60_000 + b"0]}]", None, id="larger than any answer"),
    pytest.param(b'[{"a": NaN}]', None, id="not a number"),
    pytest.param(b'[{"a": -Infinity}]', None, id="infinite"),
    pytest.param(b'[{"a": 1e999}]', None, id="as good as infinite"),
    pytest.param(b'{"a": ' + b"9" * 5000 + b"}", None, id="number too large"),
]


@pytest.mark.parametrize(("body", "what"), [*NEITHER, pytest.param(b'[{"a": 1}]', None, id="list")])
@pytest.mark.parametrize("status", [200, 406])
def test_a_response_without_an_object_is_named_and_not_quoted(body: bytes, what: str | None, status: int) -> None:
    with pytest.raises(BadResponse) as caught:
        response(body, status).json()
    assert caught.value.as_result() == {"msg": f"{SERVER} answered {status} with {what or 'no JSON object'}. {CHECK}", "status": status}
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert response(body, status).json_or_empty() == {}


@pytest.mark.parametrize(("body", "what"), [*NEITHER, pytest.param(b'{"a": 1}', None, id="object")])
def test_a_response_without_a_list_is_named_and_not_quoted(body: bytes, what: str | None) -> None:
    with pytest.raises(BadResponse) as caught:
        response(body).json_list()
    assert caught.value.as_result() == {"msg": f"{SERVER} answered 200 with {what or 'no JSON list'}. {CHECK}", "status": 200}
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put this machine into a zone nine hours ahead of UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XYZ-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        pytest.param("Thu, 26 Mar 2020 18:06:29 GMT", 1585245989.0, id="as RFC 9110 has it"),
        pytest.param("Thursday, 26-Mar-20 18:06:29 GMT", 1585245989.0, id="as RFC 850 had it"),
        pytest.param("Thu Mar 26 18:06:29 2020", 1585245989.0, id="as C has it"),
        pytest.param("Thu, 26 Mar 2020 18:06:29", 1585245989.0, id="no zone"),
        pytest.param("Thu, 26 Mar 2020 18:06:29 -0000", 1585245989.0, id="unknown zone"),
        pytest.param("Thu, 26 Mar 2020 20:06:29 +0200", 1585245989.0, id="another zone"),
        pytest.param("", None, id="empty"),
        pytest.param("yesterday", None, id="a word"),
        pytest.param("Thu, 99 Mar 2020 18:06:29 GMT", None, id="no such day"),
        pytest.param("Thu, 26 Mar 99999 18:06:29 GMT", None, id="no such year"),
        pytest.param("Thu, 26 Mar 2020 18:06:29 +" + "9" * 30, None, id="no such zone"),
    ],
)
def test_the_servers_time(far_away: None, date: str, seconds: float | None) -> None:
    assert response(Date=date).server_time == seconds


def test_a_server_without_a_clock() -> None:
    assert response().server_time is None


def test_the_repr_holds_neither_body_nor_headers() -> None:
    shown = repr(Response(SERVER, 200, {"Set-Cookie": "hunter2"}, json.dumps({"access_token": "hunter2"}).encode(), 5.0))
    assert shown == "Response(server='https://fac.example.com', status=200, sent_at=5.0)"
