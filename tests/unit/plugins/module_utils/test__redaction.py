# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets are taken out of a text in every form in which a server or a library may repeat them."""

from __future__ import annotations

import pytest
from ansible_collections.forti.oauth.plugins.module_utils import _redaction
from ansible_collections.forti.oauth.plugins.module_utils._redaction import MASK, RedactedDict, leave_to_controller, redact, register


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        pytest.param("S3cret!", "said S3cret! here", id="as it is"),
        pytest.param(" S3cret\n", "said S3cret here", id="without the white space around it"),
        pytest.param("a/b c&d", "said a%2Fb%20c%26d here", id="in a URL"),
        pytest.param("a/b c&d", "said a%2Fb+c%26d here", id="in a form"),
        pytest.param("<a&'\">", "said &lt;a&amp;&#x27;&quot;&gt; here", id="in HTML"),
        pytest.param('a"b\\c\nd', 'said a\\"b\\\\c\\nd here', id="in JSON"),
        pytest.param("pässword", "said p\\u00e4ssword here", id="in JSON, not ASCII"),
        pytest.param("pässword", "said p%C3%A4ssword here", id="in a URL, not ASCII"),
        pytest.param("a/b c&d", "said a/b%20c%26d here", id="in a path"),
        pytest.param("a/b c&d", "said a%2fb%20c%26d here", id="in a URL, small letters"),
        pytest.param("a/b c&d", "said a%2fb+c%26d here", id="in a form, small letters"),
        pytest.param("pässword", "said p%c3%a4ssword here", id="in a URL, not ASCII, small letters"),
        pytest.param("user:pass", "said dXNlcjpwYXNz here", id="in base64"),
        pytest.param("pä??>>>", "said cMOkPz8-Pj4= here", id="in base64 for URLs"),
        pytest.param("pä??>>>", "said cMOkPz8-Pj4 here", id="in base64 for URLs, padding cut off"),
        pytest.param("user:pass1", "said dXNlcjpwYXNzMQ== here", id="in base64, padded"),
        pytest.param("user:pass1", "said dXNlcjpwYXNzMQ here", id="in base64, padding cut off"),
        pytest.param("\udcffbyte", "said \udcffbyte here", id="not Unicode"),
    ],
)
def test_every_form_is_taken_out(secret: str, text: str) -> None:
    assert redact(text, [secret]) == "said ******** here"


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        pytest.param('pä"ss', 'said pä\\"ss here', id="in JSON that is not ASCII"),
        pytest.param('a"bcd', "said a\\&quot;bcd here", id="in JSON in HTML"),
        pytest.param("<a&'b", "said &lt;a&amp;&#39;b here", id="in HTML, another quote"),
        pytest.param("a'\"bc", "said a&#39;&#34;bc here", id="in HTML, numbers alone"),
        pytest.param("pä ss", "said p%25C3%25A4%2520ss here", id="in a URL in a URL"),
        pytest.param('a"b\\c', 'said a\\\\\\"b\\\\\\\\c here', id="in JSON in JSON"),
        pytest.param("x\U0001f600yz", "said x\\ud83d\\ude00yz%20 here", id="beyond two bytes"),
    ],
)
def test_of_one_form_in_another_nothing_is_left(secret: str, text: str) -> None:
    shown = redact(text, [secret])
    assert shown in {MASK, "said ******** here"} or shown.startswith("said ********%20")


def test_a_text_without_a_secret_stays_as_it_is() -> None:
    text = r"50% of &amp; and C:\new\users %41 \ud800 &#0;"
    assert redact(text, ["hunter2", "***"]) == text


def test_values_with_secrets_show_their_names() -> None:
    values = RedactedDict({"password": "hunter2", "server": "s"})
    assert f"{values} {values!r} {[values]}" == "{password, server} {password, server} [{password, server}]"
    assert values == {"password": "hunter2", "server": "s"}


@pytest.mark.parametrize(
    ("text", "secrets", "expected"),
    [
        pytest.param("abc", [], "abc", id="no secrets"),
        pytest.param("abc", [""], "abc", id="an empty secret"),
        pytest.param("", ["abc"], "", id="empty text"),
        pytest.param("x pass1234 y", ["pass", "pass1234"], "x ******** y", id="the longer one first"),
        pytest.param("four four seven", ["four", "seven"], "******** ******** ********", id="all of them"),
        pytest.param("a b", [" "], "a b", id="nothing but white space"),
        pytest.param("a    b", ["    "], "a********b", id="much white space"),
        pytest.param("one p w n1 p%20w cCB3", ["one", "p w"], "one p w n1 ******** ********", id="too short, but not in its longer forms"),
    ],
)
def test_which_are_taken_out(text: str, secrets: list[str], expected: str) -> None:
    assert redact(text, secrets) == expected


def test_core_is_told_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[str]] = []
    monkeypatch.setattr(_redaction, "_register_secrets", told.append)
    register("one", None, "", "two")
    assert told == [["one", "two"]]


def test_what_is_left_to_the_controller_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[str]] = []
    monkeypatch.setattr(_redaction, "_register_secrets", told.append)
    leave_to_controller()
    register("one")
    assert told == []


def test_an_older_core_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_redaction, "_register_secrets", None)
    register("one")  # that it can be called is all there is to see
