# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a token is kept, and for whom: what nobody checked and what a delegated host says stays in the run, and apart. What the advice is."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import (
    ChallengeRequired,
    FortiError,
    NotConnected,
    Refused,
    RemoteFailure,
    ServerFailed,
    Unreachable,
)
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils import _token_provider
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import read_header
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import TokenProvider

from tests.unit.plugins.plugin_utils._cache.harness import without_memory
from tests.unit.plugins.plugin_utils.core import USER

pytestmark = pytest.mark.usefixtures("run_folder")

KEPT = "The token is kept for this run only, not in the store that cache names: "
UNCHECKED = f"{KEPT}validate_certs is false, so any server could have sent it."
DELEGATED = f"{KEPT}it was got on jump, and serves only that host in this run."
ADVICE = " If only another host reaches the server, use the module with delegate_to, or the role with token_delegate_to."
PUSH = {"challenge": "otp", "method": "ftm-push", "session": "480dccc0"}


class Host:
    """A host that answers as it is told to, or with the tokens A1, A2 and so on."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.fails: FortiError | None = None

    def __call__(self, service: TokenService) -> dict[str, Any]:
        self.asked.append(service.options)
        return self._answer(self.fails)

    def _answer(self, problem: FortiError | None) -> dict[str, Any]:
        if problem is not None:
            raise problem
        return {"changed": True, "access_token": f"A{len(self.asked)}", "expires_in": 3600}


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    monkeypatch.setattr(_token_provider, "warn_once", told.append)
    return told


def fac(delegated_to: str | None = None, **options: Any) -> FortiAuthenticator:
    given = {**USER, "server": "fac.example.com", **options}
    return FortiAuthenticator.from_options(given, explicit=given, warn=pytest.fail, notify=pytest.fail, delegated_to=delegated_to)


def token(service: TokenService, host: Host) -> str:
    return TokenProvider(service, request_id="task", remote=host).get().token.access_token


def kinds(folder: pathlib.Path) -> list[str]:
    headers = [read_header(entry) for _name, entry in DirectoryBackend(str(folder)).entries()]
    return sorted(header["kind"] for header in headers if header)


@pytest.mark.parametrize(
    ("delegated_to", "options", "warning"),
    [(None, {"validate_certs": False}, UNCHECKED), ("jump", {}, DELEGATED), ("jump", {"validate_certs": False}, DELEGATED)],
    ids=["not checked", "delegated", "both"],
)
def test_such_a_token_is_kept_for_the_run_only_and_a_warning_says_why(
    host: Host, warnings: list[str], tmp_path: pathlib.Path, delegated_to: str | None, options: dict[str, Any], warning: str
) -> None:
    service = fac(delegated_to, cache=str(tmp_path / "shared"), **options)
    assert [token(service, host) for _each in range(2)] == ["A1", "A1"]
    assert not (tmp_path / "shared").exists()
    assert warnings == [warning] * 2  # core shows the same text once


@pytest.mark.parametrize("options", [{"cache": "run"}, {"cache": "none"}], ids=str)
@pytest.mark.parametrize("delegated_to", [None, "jump"])
def test_who_names_no_store_is_not_warned(host: Host, warnings: list[str], delegated_to: str | None, options: dict[str, str]) -> None:
    assert token(fac(delegated_to, validate_certs=False, **options), host) == "A1"
    assert warnings == []


def test_a_checked_token_of_the_controller_is_kept_without_a_warning(host: Host, warnings: list[str], tmp_path: pathlib.Path) -> None:
    token(fac(cache=str(tmp_path / "shared")), host)
    assert kinds(tmp_path / "shared") == ["token"]
    assert warnings == []


@pytest.mark.parametrize(("delegated_to", "options"), [(None, {"validate_certs": False}), ("jump", {})], ids=["not checked", "delegated"])
def test_a_token_that_is_kept_is_not_for_tasks_that_do_not_check_or_are_delegated(
    host: Host, warnings: list[str], tmp_path: pathlib.Path, delegated_to: str | None, options: dict[str, Any]
) -> None:
    cache = str(tmp_path / "shared")
    assert [token(fac(cache=cache), host), token(fac(delegated_to, cache=cache, **options), host), token(fac(cache=cache), host)] == ["A1", "A2", "A1"]


def test_a_refusal_that_came_without_the_check_is_remembered_for_the_run_only(host: Host, warnings: list[str], tmp_path: pathlib.Path) -> None:
    host.fails = Refused("Wrong password.", status=401)
    for _each in range(2):
        with pytest.raises(FortiError, match=r"^Wrong password\."):
            token(fac(validate_certs=False, cache=str(tmp_path / "shared")), host)
    assert len(host.asked) == 1
    assert not (tmp_path / "shared").exists()


@pytest.mark.parametrize(("delegated_to", "options"), [(None, {"validate_certs": False}), ("jump", {}), (None, {})], ids=["not checked", "delegated", "kept"])
def test_a_tombstone_is_written_to_the_store_that_is_named_all_the_same(
    host: Host, warnings: list[str], tmp_path: pathlib.Path, delegated_to: str | None, options: dict[str, Any]
) -> None:
    token(fac(cache=str(tmp_path / "shared")), host)
    absent = fac(delegated_to, state="absent", access_token="A1", cache=str(tmp_path / "shared"), **options)
    assert TokenProvider(absent, request_id="task", remote=host).revoke() is True
    assert "ended" in kinds(tmp_path / "shared")
    assert token(fac(cache=str(tmp_path / "shared")), host) == "A3"


def test_each_host_that_asks_has_a_token_of_its_own_and_the_controller_too(host: Host) -> None:
    hosts = (None, "jump", "other", None, "jump", "other")
    assert [token(fac(name), host) for name in hosts] == ["A1", "A2", "A3", "A1", "A2", "A3"]


def test_who_is_not_connected_is_told_how_to_ask_from_elsewhere() -> None:
    with pytest.raises(NotConnected) as caught:
        TokenProvider(fac(server="127.0.0.1:1", retries=0), request_id="task").get()
    assert str(caught.value).startswith("https://127.0.0.1:1 ")
    assert str(caught.value).endswith(f".{ADVICE}")
    assert str(caught.value).count(ADVICE) == 1
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("exc", [Unreachable("It did not answer."), ServerFailed("It answered 503."), Refused("No.")], ids=lambda exc: type(exc).__name__)
def test_who_was_connected_is_told_nothing_of_the_kind(monkeypatch: pytest.MonkeyPatch, exc: FortiError) -> None:
    def fetch(_service: Any) -> Any:
        raise exc

    monkeypatch.setattr(FortiAuthenticator, "fetch", fetch)
    with pytest.raises(type(exc)) as caught:
        TokenProvider(fac(), request_id="task").get()
    assert str(caught.value) == str(exc)


def test_a_delegated_host_that_is_not_connected_is_told_nothing_of_the_kind(host: Host) -> None:
    host.fails = RemoteFailure("https://fac.example.com is not reachable.")
    with pytest.raises(RemoteFailure) as caught:
        token(fac("jump"), host)
    assert ADVICE not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "resumes"),
    [
        ({"push_timeout": 45}, True),
        ({"push_timeout": 0}, False),
        ({"push_timeout": 45, "challenge_response": "1"}, False),
        ({"push_timeout": 45, "method": "ftm"}, False),
    ],
    ids=str,
)
def test_only_a_task_that_waits_for_the_push_goes_on_with_it(options: dict[str, Any], resumes: bool) -> None:
    assert fac(**options).resumes(PUSH) is resumes
    assert fac(**options).resumes({"challenge": "otp", "method": "ftm"}) is False
    assert fac(**options).resumes({"challenge": "otp", "method": "ftm-push"}) is False


@pytest.mark.parametrize("delegated_to", [None, "jump"])
def test_the_task_that_goes_on_gives_the_challenge_and_the_one_that_asks_anew_gives_none(host: Host, delegated_to: str | None) -> None:
    def told() -> list[Any]:
        return [host.asked[-1][name] for name in ("challenge", "method", "session")]

    host.fails = ChallengeRequired("Answer it.", PUSH)
    with pytest.raises(ChallengeRequired):
        token(fac(delegated_to, push_timeout=0), host)
    with pytest.raises(ChallengeRequired) as caught:
        token(fac(delegated_to, push_timeout=0), host)
    assert without_memory(str(caught.value)) == "Answer it."
    assert told() == [None, None, None]
    host.fails = None
    assert token(fac(delegated_to, push_timeout=45), host) == "A2"
    assert told() == ["otp", "ftm-push", "480dccc0"]


def test_an_expired_session_is_followed_by_a_login(host: Host) -> None:
    def asked(service: TokenService) -> dict[str, Any]:
        host.fails = ChallengeRequired("x", PUSH) if not host.asked else RemoteFailure("Gone.", error="expired_token") if service.options["session"] else None
        return host(service)

    with pytest.raises(ChallengeRequired):
        TokenProvider(fac("jump", push_timeout=0), request_id="task", remote=asked).get()
    entry = TokenProvider(fac("jump", push_timeout=45), request_id="task", remote=asked).get()
    assert entry.token.access_token == "A3"
    assert [options["session"] for options in host.asked] == [None, "480dccc0", None]
