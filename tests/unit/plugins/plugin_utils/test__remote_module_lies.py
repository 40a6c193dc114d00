# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A delegated host that lies: it has the key of the result, and says what it likes. Nothing of it reaches a screen or a request unchecked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils import _errors, _redaction, _result_cipher
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse, ChallengeRequired, RemoteFailure, is_refusal
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.plugin_utils import _remote_module
from ansible_collections.forti.oauth.plugins.plugin_utils._remote_module import RemoteModule
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import TokenProvider

from tests.unit.plugins.plugin_utils.core import USER, Core, as_core_reads

MIB = 1024 * 1024
PASSWORD, EVIL = USER["password"], "https://evil.example.com"
NO_CHALLENGE = "https://fac.example.com answered 406 without a challenge. Check that server is a FortiAuthenticator."
Lying = Callable[..., RemoteModule]


def service(warn: Callable[[str], Any] = pytest.fail, **options: Any) -> FortiAuthenticator:
    given = {**USER, "server": "fac.example.com", **options}
    return FortiAuthenticator.from_options(given, explicit=given, warn=warn, notify=pytest.fail, delegated_to="jump")


@pytest.fixture
def lying(core: Core, monkeypatch: pytest.MonkeyPatch) -> Lying:
    """Return a module on a host that returns this. What it claims is sealed with the right key."""

    def made(claimed: dict[str, Any] | None = None, **written: Any) -> RemoteModule:
        def execute(module_args: dict[str, Any], **_more: Any) -> dict[str, Any]:
            sealed = {} if claimed is None else _result_cipher.encrypt({"changed": False, **claimed}, module_args[_result_cipher.KEY])
            return as_core_reads({**sealed, **written})

        action = core.action("fac_oauth_token", {}, delegate_to="jump")
        monkeypatch.setattr(action, "_execute_module", execute)
        return RemoteModule(action, variables={}, given={})

    return made


def failure(module: RemoteModule, **options: Any) -> RemoteFailure:
    with pytest.raises(RemoteFailure) as caught:
        module.run(service(**options))
    return caught.value


@pytest.mark.parametrize(
    "challenge",
    [
        None,
        "otp",
        5,
        True,
        ["otp"],
        {},
        {"challenge": ""},
        {"challenge": 5},
        {"challenge": ["otp"]},
        {"challenge": "a b"},
        {"challenge": "otp\x1b[31m"},
        {"challenge": "otp\r\nX-Evil: 1"},
        {"challenge": "x" * 129},
        {"challenge": "otp", "method": "ftm\npush"},
        {"challenge": "otp", "session": "\u202e"},
        {"challenge": "otp", "session": "x" * 5000},
        {"challenge": PASSWORD},
        {"challenge": "otp", "method": PASSWORD},
        {"challenge": "otp", "session": f"x{PASSWORD}"},
        {"method": "ftm-push", "session": "480dccc0"},
    ],
    ids=lambda challenge: ascii(challenge)[:40],
)
def test_a_challenge_that_no_server_could_send_is_a_bad_response(lying: Lying, challenge: Any) -> None:
    with pytest.raises(BadResponse) as caught:
        lying({"challenge": challenge, "msg": "Answer it."}).run(service(push_timeout=45))
    assert caught.value.as_result() == {"msg": NO_CHALLENGE, "status": 406}


def test_of_a_challenge_only_what_is_known_is_told(lying: Lying, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str | None] = []
    monkeypatch.setattr(_remote_module, "register_foreign", lambda *values: told.extend(values))
    message = f"\x1b[31mType {PASSWORD}\nhere"
    challenge = {"challenge": "otp", "method": "ftm", "session": "480dccc0", "message": message, "server": EVIL, "message2": "x"}
    with pytest.raises(ChallengeRequired) as caught:
        lying({"challenge": challenge, "msg": f"Answer\x1b[2J {PASSWORD}.", "ansible_facts": {"x": 1}, "server": EVIL}).run(service())
    assert caught.value.as_result() == {
        "msg": "Answer [2J ********.",
        "challenge": {"challenge": "otp", "method": "ftm", "session": "480dccc0", "message": "[31mType ******** here"},
    }
    assert told == ["480dccc0"]


@pytest.mark.parametrize(
    ("msg", "said"),
    [
        ("\x1b]0;owned\x07No.", "]0;owned No."),
        ("two\r\nlines\x9b", "two lines"),
        ("\u202eno\ud800", "no"),
        (f"It said {PASSWORD}.", "It said ********."),
        (f"{PASSWORD[:6]}\x1b{PASSWORD[6:]}", None),
        ("x" * 100_000, "x" * 2000 + "…"),
        ("", "The module failed."),
        (" \n\x1b", "The module failed."),
        (None, "The module failed."),
        (["x"], "The module failed."),
        ({"msg": "x"}, "The module failed."),
        (5, "The module failed."),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_message_is_one_printable_line_without_secrets(lying: Lying, msg: Any, said: str | None) -> None:
    shown = str(failure(lying(failed=True, msg=msg)))
    assert said is None or shown == said
    assert shown.isprintable()
    assert PASSWORD not in shown


@pytest.mark.parametrize("failed", [{"failed": True}, {}], ids=["failed", "succeeded"])
def test_warnings_are_told_one_by_one_without_secrets_and_control_characters(lying: Lying, failed: dict[str, Any]) -> None:
    told: list[str] = []
    warnings = [f"\x1b[31mold {PASSWORD}", "a\nb", 5, None, {"x": PASSWORD}, ["x"], "", "\n", "x" * 5000, "last"]
    module = lying(None if failed else {"access_token": "A1"}, warnings=warnings, **failed)
    if failed:
        failure(module, warn=told.append)
    else:
        module.run(service(warn=told.append))
    assert told == ["[31mold ********", "a b", "x" * 2000 + "…", "last"]


def test_of_warnings_without_an_end_the_first_are_told(lying: Lying) -> None:
    told: list[str] = []
    lying({"access_token": "A1"}, warnings=[f"number {number}" for number in range(40_000)]).run(service(warn=told.append))
    assert told == [f"number {number}" for number in range(20)]


@pytest.mark.parametrize("warnings", ["a text", {"a": "b"}, 5, None, True], ids=repr)
def test_warnings_that_are_no_list_are_dropped(lying: Lying, warnings: Any) -> None:
    assert lying({"access_token": "A1"}, warnings=warnings).run(service())["access_token"] == "A1"


def test_what_a_module_wrote_on_stderr_keeps_its_last_lines_without_secrets_and_control_characters(lying: Lying) -> None:
    lines = [*(f"line {number}" for number in range(40)), f"password={PASSWORD}", "\x1b[31mred\x9b\u202e", "x" * 5000]
    shown = failure(lying(failed=True, msg="x", module_stderr="\n".join(lines))).details["module_stderr"].split("\n")
    assert shown[:2] == ["line 23", "line 24"]
    assert shown[-3:] == ["password=********", " [31mred  ", "x" * 2000]
    assert len(shown) == 20


@pytest.mark.parametrize("separator", ["\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_other_ends_of_a_line_reach_no_screen(lying: Lying, separator: str) -> None:
    shown = failure(lying(failed=True, msg="x", module_stderr=separator.join(["one", "two"]))).details["module_stderr"]
    assert re.sub(r"\n", "", shown).isprintable()


@pytest.mark.parametrize("stderr", [None, "", "\n", 5, ["x"], {"x": 1}], ids=repr)
def test_no_text_on_stderr_is_none(lying: Lying, stderr: Any) -> None:
    assert "module_stderr" not in failure(lying(failed=True, msg="x", module_stderr=stderr)).details


@pytest.mark.parametrize("status", ["401", "\x1b[31m", [401], {"a": 1}, 401.5, None], ids=repr)
@pytest.mark.parametrize("name", ["status", "rc"])
def test_a_status_that_is_no_whole_number_is_dropped_and_no_refusal(lying: Lying, name: str, status: Any) -> None:
    found = failure(lying(failed=True, msg="x", **{name: status}))
    assert found.details == {}
    assert not is_refusal(found)


def test_a_failure_tells_nothing_that_core_or_the_host_adds(lying: Lying) -> None:
    lies = {"ansible_facts": {"x": 1}, "exception": f"Traceback {PASSWORD}", "invocation": {"password": PASSWORD}, "challenge": {"x": 1}, "access_token": "A9"}
    texts = {"error": "\x1b[31minvalid_grant", "error_description": f"no\n{PASSWORD}" + "x" * 500}
    found = failure(lying(failed=True, msg="No.", status=401, rc=1, module_stdout=PASSWORD, **texts, **lies))
    assert found.as_result() == {
        "msg": "No.",
        "status": 401,
        "rc": 1,
        "error": "[31minvalid_grant",
        "error_description": ("no ********" + "x" * 500)[:200] + "…",
    }


@pytest.mark.parametrize("name", ["msg", "error", "error_description", "module_stderr", "warnings"])
def test_of_a_huge_text_only_so_much_is_searched_for_secrets_as_a_server_may_send(lying: Lying, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The search decodes a text in several ways: it takes seconds for each MiB."""
    searched: list[int] = []

    def redact(text: str, secrets: Iterable[str]) -> str:
        searched.append(len(text))
        return _redaction.redact(text, secrets)

    for module in (_errors, _remote_module):
        monkeypatch.setattr(module, "redact", redact)
    text = "x" * 5 * MIB
    failure(lying(failed=True, **{"msg": "x", name: [text] if name == "warnings" else text}), warn=str)
    assert searched
    assert max(searched) <= MIB


@pytest.mark.parametrize("failed", ["yes", 1, [1]], ids=repr)
def test_whatever_says_that_it_failed_is_a_failure(lying: Lying, failed: Any) -> None:
    assert str(failure(lying({"access_token": "A1"}, failed=failed, msg="No."))) == "No."


def test_a_failure_inside_of_a_sealed_result_is_no_token(lying: Lying) -> None:
    provider = TokenProvider(service(cache="none"), request_id="task", remote=lying({"failed": True, "msg": "\x1b"}).run)
    with pytest.raises(BadResponse, match=r"^https://fac\.example\.com answered without a usable token: access_token is missing\."):
        provider.get()


def test_a_token_from_a_lying_host_is_one_of_the_server_that_was_asked(lying: Lying) -> None:
    lies = {"server": EVIL, "token_type": "\x1b[31m", "scope": "a\nb", "refresh_token": "R\n1", "expires_at": "never", "ansible_facts": {"x": 1}}
    provider = TokenProvider(service(cache="none"), request_id="task", remote=lying({"access_token": "A1", "expires_in": 60, **lies}).run)
    result = provider.get().as_result()
    assert set(result) == {"changed", "access_token", "authorization", "token_type", "expires_in", "expires_at", "source", "server", "scope"}
    assert (result["server"], result["token_type"], result["scope"], result["source"]) == ("https://fac.example.com", "[31m", "a b", "login")


@pytest.mark.parametrize("token", ["A1\n", "A1\r\nX: y", "", None, 5, "A 1", "\u202eA1"], ids=ascii)
def test_a_token_that_is_not_fit_for_a_header_is_kept_nowhere(lying: Lying, token: Any) -> None:
    remote = lying({"access_token": token, "expires_in": 60})
    for _each in range(2):
        with pytest.raises(BadResponse):
            TokenProvider(service(), request_id="task", remote=remote.run).get()
    assert TokenProvider(service(), request_id="task", remote=lying({"access_token": "A2", "expires_in": 60}).run).get().token.access_token == "A2"
