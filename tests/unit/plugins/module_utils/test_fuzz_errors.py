# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a server says of itself, a message stays one short line without a secret; so does a challenge."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse, FortiError, quotable, refusal
from ansible_collections.forti.oauth.plugins.module_utils._fac_challenge import Challenge
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response

pytest.importorskip("hypothesis", reason="it needs hypothesis, which is not installed")
from hypothesis import example, given
from hypothesis import strategies as st

SERVER = "https://fac.example.com"
HINT = "Look at it."
LONGEST = 201  # letters of one quote, with the sign that it was cut

ANY_TEXT = st.text(st.characters(exclude_categories=()))
ANY = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.lists(ANY_TEXT, max_size=2) | st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=2)
# The mask's own letter is left out: where a secret holds it, the mask would too.
SECRET = st.text(st.characters(exclude_categories=(), exclude_characters="*"), min_size=4).filter(lambda text: len("".join(text.split())) >= 4)
LIKELY_SECRET = st.text("abÄ€ \t\n\"'<&+/%=\\", min_size=4).filter(lambda text: len("".join(text.split())) >= 4)
ENCODED: list[Callable[[str], str]] = [
    str,
    str.strip,
    html.escape,
    lambda text: json.dumps(text)[1:-1],
    lambda text: quote(text, safe="", errors="replace"),
    lambda text: quote(text, errors="replace"),
    lambda text: quote_plus(text, errors="replace"),
    lambda text: base64.b64encode(text.encode("utf-8", "surrogatepass")).decode(),
    lambda text: base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("="),
    # One form in another.
    lambda text: html.escape(json.dumps(text)[1:-1]),
    lambda text: quote(json.dumps(text)[1:-1], safe=""),
    lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    lambda text: html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
    # As one of several words, when white space was made one.
    lambda text: "\t".join(text.split(" ")),
    lambda text: "  ".join(text.split(" ")),
    lambda text: "\x00".join(text.split(" ")),
]
ASKED = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=130)


def http(*secrets: str) -> Any:
    known = set(secrets)
    return SimpleNamespace(server=SERVER, secrets=known, keep_secret=lambda *values: known.update(values))


def options(**more: Any) -> dict[str, Any]:
    return {"challenge": None, "method": None, "session": None, "challenge_response": None, "push_timeout": 60, **more}


def check_line(text: str, longest: int) -> None:
    assert text.isprintable()
    assert text == " ".join(text.split())
    assert len(text) <= longest


@given(value=ANY, secrets=st.lists(SECRET, max_size=3))
@example(value="\ud800\u2028\x85\x1b[31m", secrets=["\ud800abc"])
def test_any_value_is_quoted_as_one_short_line_or_not_at_all(value: Any, secrets: list[str]) -> None:
    text = quotable(value, secrets)
    assert (text is None) is (not isinstance(value, str))
    if text is not None:
        check_line(text, LONGEST)


@given(before=st.text("xyz .", max_size=210), after=st.text("xyz .", max_size=3), secret=SECRET | LIKELY_SECRET, encoded=st.sampled_from(ENCODED))
@example(before="", after="", secret="abcd efgh", encoded=ENCODED[-3])
@example(before="", after="", secret="abcd efgh", encoded=ENCODED[-2])
@example(before="", after="", secret="abcd efgh", encoded=ENCODED[-1])
@example(before="", after="", secret="\n  abcd", encoded=ENCODED[0])
def test_no_secret_is_quoted_in_any_form(before: str, after: str, secret: str, encoded: Callable[[str], str]) -> None:
    said = before + encoded(secret) + after
    text = quotable(said, [secret])
    assert text is not None
    assert secret not in text
    assert secret.strip() not in text


@given(
    body=st.dictionaries(st.sampled_from(["error", "error_description", "message", "status_message", "detail"]) | ANY_TEXT, ANY, max_size=5),
    status=st.integers(300, 599),
)
def test_any_refusal_is_one_line(body: dict[str, Any], status: int) -> None:
    exc = refusal(server=SERVER, status=status, body=body, hint=HINT, secrets=[])
    check_line(str(exc), len(SERVER) + len(HINT) + 30 + 2 * LONGEST)
    assert str(exc).endswith(HINT)
    assert exc.details["status"] == status
    assert all(isinstance(exc.details[name], str) for name in ("error", "error_description") if name in exc.details)
    json.dumps(exc.as_result()).encode()


@given(
    name=st.sampled_from(["error", "error_description", "message", "status_message", "detail"]),
    secret=st.text("äöüÄÖÜ\"' ", min_size=6),
    around=st.text("xyz \n"),
)
@example(name="message", secret="äöü ÄÖÜ", around="")
def test_no_refusal_holds_a_secret(name: str, secret: str, around: str) -> None:
    if not secret.strip():
        return
    exc = refusal(server=SERVER, status=401, body={name: around + secret + around}, hint=HINT, secrets=[secret])
    assert secret not in json.dumps(exc.as_result(), ensure_ascii=False)


@given(
    body=st.dictionaries(st.sampled_from(["challenge", "method", "session", "message"]), ASKED | ANY, max_size=4)
    | st.lists(ANY)
    | st.fixed_dictionaries({"challenge": ASKED}, optional={"method": ASKED, "session": ASKED, "message": ANY_TEXT}),
    secret=st.just("hunter2-hunter2"),
    code=st.text(min_size=1),
)
@example(body={"challenge": "otp", "session": "abcdef", "message": "abcdef"}, secret="p", code="1")
@example(body={"challenge": "abcdef", "session": "abcdef"}, secret="p", code="1")
@example(body={"challenge": "otp", "method": "x-abcdef", "session": "abcdef"}, secret="p", code="1")
@example(body={"challenge": "otp", "session": "abcd", "message": "\ud800"}, secret="p", code="1")
@example(body={"challenge": "otp", "session": "hunter2-hunter2"}, secret="hunter2-hunter2", code="1")
def test_any_challenge_is_one_or_a_bad_response(body: Any, secret: str, code: str) -> None:
    client = http(secret)
    try:
        challenge = Challenge.from_response(Response(SERVER, 406, {}, json.dumps(body).encode(), 0.0), client)
    except BadResponse as exc:
        check_line(str(exc), 200)
        return
    exc = challenge.required("Do it.", SERVER)
    assert isinstance(exc, FortiError)
    check_line(str(exc), len(SERVER) + 50 + 2 * 128 + LONGEST)
    known = exc.details["challenge"]
    assert all(isinstance(value, str) for value in known.values())
    assert {name: known[name] for name in ("challenge", "method", "session") if name in known} == {
        name: body[name] for name in ("challenge", "method", "session") if isinstance(body.get(name), str) and body[name]
    }
    if len(secret) >= 4:
        assert secret not in str(exc.as_result())
    if (
        challenge.session
        and len(challenge.session) >= 4
        and challenge.session not in challenge.required("Do it.", SERVER).args[0].replace(challenge.session, "")
    ):
        shown = {name: value for name, value in known.items() if name != "session"}
        assert not any(challenge.session in value for value in shown.values() if not set(challenge.session) <= {"*"})
    again = Challenge.from_options(options(**{name: known.get(name) for name in ("challenge", "method", "session")}))
    assert again == Challenge(known["challenge"], known.get("method"), known.get("session"))
    for method in (None, "ftm", "sms"):
        fields = challenge.typed(options(challenge_response=code, method=method))
        assert fields["challenge_response"] == code
        assert all(isinstance(value, str) for value in fields.values())
        assert ("session" not in fields) or fields["method" if "method" in fields else "session"] != "ftm"
