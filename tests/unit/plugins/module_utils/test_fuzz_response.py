# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a server sends, it is a token or a BadResponse, and a result can be made of the token."""

from __future__ import annotations

import base64
import json
import math
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils import _result_cipher
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response
from ansible_collections.forti.oauth.plugins.module_utils._token import Token, parse_fac, parse_forticwp

pytest.importorskip("hypothesis", reason="it needs hypothesis, which is not installed")
from hypothesis import example, given
from hypothesis import strategies as st

SERVER = "https://fac.example.com"
SENT_AT = 1_700_000_000.0
YEARS_20 = 20 * 365 * 86400

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # with halves of surrogate pairs: JSON can bring them
HUGE = st.sampled_from([10**400, -(10**400), 2**63, 2**1023])
NUMBER = st.integers() | st.floats() | HUGE
SCALAR = st.none() | st.booleans() | NUMBER | ANY_TEXT
JSON = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3), max_leaves=6)
TIME = (
    NUMBER
    | st.integers(0, 2 * YEARS_20 * 1000)
    | st.floats(0, 4e12)
    | st.integers().map(str)
    | st.floats().map(repr)
    | st.sampled_from(["1e400", "NaN", "-inf", "1_0", " 7 ", "٣", "0x10", "9" * 5000, True, "", [], {}, b"7"])
)
NAMES = ("token_type", "refresh_token", "scope", "id_token", "expires_in", "expires", "access_token")
BODY = st.dictionaries(st.sampled_from(NAMES) | ANY_TEXT, JSON, max_size=6)
LIKELY = st.fixed_dictionaries(
    {"access_token": st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1) | JSON},
    optional={"expires_in": TIME, "expires": TIME, "refresh_token": JSON, "scope": JSON, "id_token": JSON, "token_type": JSON},
)
DATE = st.builds(
    "{}{} {} {} {}:{}:{} {}".format,
    st.sampled_from(["", "Mon, ", "Monday, ", "x, "]),
    st.integers(-1, 99),
    st.sampled_from(["Jan", "February", "13", "-"]),
    st.integers(-1, 10000) | st.sampled_from([10**20]),
    st.integers(-1, 99),
    st.integers(-1, 61),
    st.integers(-1, 61) | st.sampled_from(["", "1.5", "1:2"]),
    st.sampled_from(["GMT", "UTC", "-0000", "+0000", "+9999", "-99999999999", "EST", "", "x"]),
)


def dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


def response(body: bytes, **headers: str) -> Response:
    return Response(SERVER, 200, headers, body, SENT_AT)


def fac(body: Mapping[str, Any]) -> Token:
    return parse_fac(body, server=SERVER, sent_at=SENT_AT)


def forticwp(body: Mapping[str, Any]) -> Token:
    return parse_forticwp(body, server=SERVER, sent_at=SENT_AT, server_time=None)


def is_finite(value: Any) -> bool:
    """Return whether no number in a JSON value is infinite or NaN."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(is_finite(item) for item in inner) and not (isinstance(value, float) and not math.isfinite(value))


def check(parse: Callable[[Mapping[str, Any]], Token], body: Mapping[str, Any]) -> None:
    """Parse a body; see that what comes of it is sane."""
    try:
        token = parse(body)
    except BadResponse as exc:
        assert "\n" not in str(exc)
        return
    result = token.as_result("login")
    assert all(0x21 <= ord(letter) <= 0x7E for letter in token.access_token)
    assert token.access_token == body["access_token"]
    assert token.issued_at == SENT_AT
    assert all(text is None or text.isprintable() for text in (token.token_type, token.scope, token.refresh_token, token.id_token))
    assert token.refresh_token in (None, body.get("refresh_token"))
    assert all(result[name] is None or isinstance(result[name], str) for name in ("token_type", "expires_at", "authorization"))
    if token.expires_at is None:
        assert (result["expires_in"], result["expires_at"]) == (None, None)
    else:
        assert math.isfinite(token.expires_at)
        assert abs(token.expires_at - SENT_AT) <= YEARS_20
        assert isinstance(result["expires_in"], int)
        assert result["expires_in"] >= 0
        time.strptime(result["expires_at"], "%Y-%m-%dT%H:%M:%SZ")
    assert isinstance(token.is_good_for(60), bool)
    assert Token.from_entry(json.loads(json.dumps(token.as_entry()))) == token
    again = Token.from_result(json.loads(json.dumps(result)), server="https://asked", now=SENT_AT)
    assert (again.access_token, again.refresh_token, again.scope, again.server) == (token.access_token, token.refresh_token, token.scope, "https://asked")


@pytest.mark.parametrize("parse", [fac, forticwp])
@given(body=LIKELY | BODY)
@example(body={"access_token": "A", "expires_in": 10**400, "expires": 10**400})
@example(body={"access_token": "A", "expires_in": "1e400", "expires": "1e400"})
@example(body={"access_token": "A", "expires_in": math.nan, "expires": math.nan})
@example(body={"access_token": "A", "expires_in": 5e-324, "expires": 5e-324})
@example(body={"access_token": "A", "expires_in": 3600, "refresh_token": "\ud800", "scope": "\ud800"})
def test_any_object_is_a_token_or_a_bad_response(parse: Callable[[Mapping[str, Any]], Token], body: dict[str, Any]) -> None:
    check(parse, body)


@given(expires=TIME, server_time=st.none() | st.floats(-6.3e10, 2.6e11))
def test_any_clock_of_the_server(expires: Any, server_time: float | None) -> None:
    check(
        lambda body: parse_forticwp(body, server=SERVER, sent_at=SENT_AT, server_time=server_time),
        {"access_token": "A", "expires": expires},
    )


@given(body=st.binary() | JSON.filter(lambda value: value not in (10**5000,)).map(dumps) | ANY_TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(body=b"[" * 100_000)
@example(body=b'{"a":' * 100_000)
@example(body=b'{"a": ' + b"9" * 5000 + b"}")
@example(body=b"\xff\xfe{\x00}\x00")
@example(body=b"\xef\xbb\xbf{}")
def test_any_body_is_an_object_or_a_bad_response(body: bytes) -> None:
    try:
        known = response(body).json()
    except BadResponse as exc:
        assert response(body).json_or_empty() == {}
        assert str(exc).startswith(f"{SERVER} answered 200 with ")
        assert "\n" not in str(exc)
    else:
        assert isinstance(known, dict)
        assert set(response(body).json_or_empty()) == set(known)


@given(date=ANY_TEXT | DATE)
@example(date="Thu, 01 Jan 0001 00:00:00 -0000")
@example(date="Fri, 31 Dec 9999 23:59:59 -9999")
@example(date="1 Jan 2024 00:00:00 +" + "9" * 5000)
@example(date="Mon, 01 Jan 2024 00:00:00")
@example(date="Mon, 01 Jan 2024 00:00:00 -0000")
def test_any_date_is_a_time_or_none_wherever_this_machine_is(date: str) -> None:
    times = set()
    before = os.environ.get("TZ")
    try:
        for zone in ("UTC0", "XYZ-9"):
            os.environ["TZ"] = zone
            time.tzset()
            times.add(response(b"", Date=date).server_time)
    finally:
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        time.tzset()
    assert len(times) == 1
    assert all(found is None or math.isfinite(found) for found in times)


@given(
    result=st.dictionaries(ANY_TEXT.filter(lambda name: name != "changed"), JSON, max_size=4),
    changed=st.booleans(),
    key=st.text("abcXYZ019-_", min_size=1, max_size=64),
)
@example(result={"result": "own", "x": "\ud800"}, changed=True, key="k")
def test_any_result_is_the_same_after_encrypting_and_decrypting(result: dict[str, Any], changed: bool, key: str) -> None:
    whole = json.loads(dumps({**result, "changed": changed}))
    written = json.loads(json.dumps(_result_cipher.encrypt(whole, key)))
    assert set(written) == {"changed", "result"}
    base64.b64decode(written["result"], validate=True)
    if is_finite(whole):
        assert repr(_result_cipher.decrypt({**written, "added": 1}, key)) == repr(whole)
    else:
        with pytest.raises(ValueError, match=r"^not finite$"):
            _result_cipher.decrypt(written, key)
