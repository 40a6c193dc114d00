# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option verify: an answer that is neither yes nor no, and a token that a delegated host got."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticatorInfo
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import TokenProvider

from tests.unit.plugins.plugin_utils.core import USER, Core
from tests.unit.plugins.plugin_utils.test__remote_module import Host as ModuleHost
from tests.unit.plugins.plugin_utils.test__remote_module import remote
from tests.unit.plugins.plugin_utils.verifying import SHARING, SHORT, VERIFY, Runs, kinds

pytestmark = pytest.mark.usefixtures("run_folder")


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 403, "body": {"error": "invalid_token"}},
        {"status": 404, "body": ""},
        {"status": 406, "body": {"challenge": "otp"}},
        {"status": 429, "body": ""},
        {"status": 500, "body": {"detail": "invalid_token"}},
        {"status": 503, "body": ""},
        {"status": 302, "body": ""},
        {"status": 200, "body": "<html>Log in</html>"},
        {"status": 401, "body": " <html>The proxy wants a password</html>"},
        {"status": 200, "body": [1]},
        {"close": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("verify", SHARING)
def test_an_answer_that_is_neither_yes_nor_no_leaves_it_in_use(runs: Runs, fault: dict[str, Any], verify: str) -> None:
    token = runs.another()
    runs.sim.fault(VERIFY, **fault, times=None)
    assert [runs.ask(verify=verify, retries=3) for _each in range(2)] == [(token, "cache")] * 2
    assert (runs.verified, runs.logins) == ([token], 1)  # one request: it is not tried again
    assert kinds(runs.shared) == ["token"]


def test_no_connection_leaves_it_in_use(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    token = runs.another()
    monkeypatch.setenv("https_proxy", "http://localhost:1")
    monkeypatch.setenv("no_proxy", "")
    assert runs.ask() == (token, "cache")
    assert (runs.verified, runs.logins) == ([], 1)


class Host:
    """A delegated host: it logs what it is asked for, and says of each token that it is live, or not."""

    def __init__(self, *, live: bool) -> None:
        self.asked: list[TokenService] = []
        self._live = live

    def __call__(self, service: TokenService) -> dict[str, Any]:
        self.asked.append(service)
        if isinstance(service, FortiAuthenticatorInfo):
            return {"changed": False, "valid": self._live, "username": "luser1", "expires_in": 3600}
        return {"changed": False, "access_token": f"A{len(self.asked)}", "expires_in": 3600}


@pytest.mark.parametrize(("live", "tokens"), [(True, ["A1", "A1"]), (False, ["A1", "A3"])], ids=["live", "ended"])
def test_what_a_delegated_host_got_is_verified_by_that_host_without_the_password(
    runs: Runs, after: Callable[[float], None], live: bool, tokens: list[str]
) -> None:
    runs.start("first")
    host = Host(live=live)
    secret = {"client_secret": "Client-Secret-9f3kQ2", "realm": "corp", "cache": "run", "verify": "always"}

    def ask() -> str:
        return TokenProvider(runs.service(delegated_to="jump", **secret), request_id="task", remote=host).get().token.access_token

    first = ask()
    after(SHORT + 1)
    assert [first, ask()] == tokens
    verifies = [service for service in host.asked if isinstance(service, FortiAuthenticatorInfo)]
    assert [(service.module, service.delegated_to, service.options["access_token"]) for service in verifies] == [
        ("forti.oauth.fac_oauth_token_info", "jump", "A1")
    ]
    given = {name: value for name, value in verifies[0].options.items() if value is not None}
    assert given.keys() <= {"server", "validate_certs", "ca_path", "client_cert", "client_key", "timeout", "retries", "client_id", "access_token"}
    assert not [value for value in (USER["password"], secret["client_secret"]) if value in json.dumps(given)]
    assert runs.sim.requests == []  # not from here


def test_the_module_on_a_delegated_host_gets_no_password_for_a_verify(
    core: Core, runs: Runs, monkeypatch: pytest.MonkeyPatch, after: Callable[[float], None]
) -> None:
    runs.start("first")
    host = ModuleHost({"access_token": "A1", "expires_in": 3600}, {"valid": True, "expires_in": 3600})
    module = remote(core, monkeypatch, host, **USER)
    for _each in range(2):
        service = runs.service(delegated_to="jump", cache="run", verify="always")
        assert TokenProvider(service, request_id="task", remote=module.run).get().token.access_token == "A1"
        after(SHORT + 1)
    assert [arguments["module"] for arguments in host.arguments] == ["forti.oauth.fac_oauth_token", "forti.oauth.fac_oauth_token_info"]
    assert USER["password"] in str(dict(host.arguments[0]))
    assert {"password", "username", "verify", "cache"}.isdisjoint(host.arguments[1])
    assert USER["password"] not in json.dumps(host.arguments[1])


def test_a_server_that_hangs_costs_five_seconds_at_most(runs: Runs) -> None:
    verifier = runs.service(timeout=600, retries=5).verifier("A1")
    assert verifier is not None
    assert (verifier.options["timeout"], verifier.options["retries"]) == (5, 0)
    shorter = runs.service(timeout=2).verifier("A1")
    assert shorter is not None and shorter.options["timeout"] == 2
