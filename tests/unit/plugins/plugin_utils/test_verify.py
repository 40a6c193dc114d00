# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option verify, with the simulator: when a kept token is verified, and what becomes of one that was ended elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import ServerFailed
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import TokenProvider

from tests.unit.conftest import Processes
from tests.unit.plugins.plugin_utils.core import USER, Core
from tests.unit.plugins.plugin_utils.verifying import SHARING, SHORT, VERIFY, Runs, kinds

if TYPE_CHECKING:
    from extensions.simulator import Simulator

pytestmark = pytest.mark.usefixtures("run_folder")


@pytest.mark.parametrize("verify", SHARING)
def test_a_token_of_another_run_is_verified_once(runs: Runs, verify: str) -> None:
    token = runs.another()
    assert [runs.ask(verify=verify) for _each in range(3)] == [(token, "cache")] * 3
    assert (runs.verified, runs.logins) == ([token], 1)
    (request,) = (request for request in runs.sim.requests if request["path"] == VERIFY)
    assert (request["method"], request["query"]) == ("GET", f"client_id={USER['client_id']}")


def test_that_is_the_default(runs: Runs) -> None:
    token = runs.another()
    assert runs.service().options["verify"] == "shared"
    assert runs.ask() == (token, "cache")
    assert runs.verified == [token]


@pytest.mark.parametrize("verify", ["shared", "never", "always"])
def test_what_this_run_got_itself_is_not_verified_at_once(runs: Runs, verify: str) -> None:
    runs.start("first")
    token, _source = runs.ask(verify=verify)
    assert runs.ask(verify=verify) == (token, "cache")
    assert runs.verified == []


@pytest.mark.parametrize("cache", ["run", "none"])
def test_without_a_store_shared_verifies_nothing(runs: Runs, after: Callable[[float], None], cache: str) -> None:
    runs.start("first")
    runs.ask(cache=cache)
    after(5 * SHORT)
    runs.ask(cache=cache)
    assert runs.verified == []


@pytest.mark.parametrize("verify", SHARING)
def test_a_token_that_was_ended_is_replaced_by_one_login_for_all_runs(runs: Runs, verify: str) -> None:
    ended = runs.another()
    runs.sim.expire(ended)
    new, source = runs.ask(verify=verify)
    assert (source, new == ended) == ("login", False)
    assert runs.ask(verify=verify) == (new, "cache")
    assert (runs.verified, runs.logins, runs.sim.counts["fac.refresh"]) == ([ended], 2, 0)
    assert kinds(runs.shared) == ["ended", "token"]
    runs.start("third")
    assert runs.ask(verify=verify) == (new, "cache")
    assert (runs.verified, runs.logins) == ([ended, new], 2)


def test_a_token_that_was_ended_is_not_left_where_no_new_one_comes(runs: Runs) -> None:
    ended = runs.another()
    runs.sim.expire(ended)
    runs.sim.fault("/api/v1/oauth/token/", status=503, times=None)
    with pytest.raises(ServerFailed):
        runs.ask()
    assert kinds(runs.shared) == ["ended"]


def test_the_mark_holds_for_a_run_that_has_it_too(runs: Runs) -> None:
    """A run that verified the token before sees that it is ended, and does not hand it out."""
    token = runs.another()
    assert runs.ask() == (token, "cache")
    runs.sim.expire(token)
    runs.start("third")
    new, _source = runs.ask()
    runs.start("second")
    assert runs.ask() == (token, "cache")  # it does not look behind while its own token is good
    assert runs.ask(force=True)[0] not in (token, new)


def test_never_verifies_nothing(runs: Runs) -> None:
    ended = runs.another()
    runs.sim.expire(ended)
    assert [runs.ask(verify="never") for _each in range(2)] == [(ended, "cache")] * 2
    assert (runs.verified, runs.logins) == ([], 1)


@pytest.mark.parametrize("cache", ["run", "directory"])
def test_always_verifies_the_runs_own_token_after_half_a_minute_and_not_before(runs: Runs, after: Callable[[float], None], cache: str) -> None:
    where = {"cache": "run"} if cache == "run" else {}
    runs.start("first")
    token, _source = runs.ask(verify="always", **where)
    after(SHORT - 10)
    assert runs.ask(verify="always", **where) == (token, "cache")
    assert runs.verified == []
    after(11)
    assert [runs.ask(verify="always", **where) for _each in range(2)] == [(token, "cache")] * 2
    assert runs.verified == [token]
    after(SHORT - 10)
    runs.ask(verify="always", **where)
    assert runs.verified == [token]
    after(11)
    assert runs.ask(verify="always", **where) == (token, "cache")
    assert (runs.verified, runs.logins) == ([token, token], 1)


@pytest.mark.parametrize("cache", ["run", "directory"])
def test_always_replaces_the_runs_own_token_that_was_ended(runs: Runs, after: Callable[[float], None], cache: str) -> None:
    where = {"cache": "run"} if cache == "run" else {}
    runs.start("first")
    ended, _source = runs.ask(verify="always", **where)
    runs.sim.expire(ended)
    assert runs.ask(verify="always", **where) == (ended, "cache")
    after(SHORT + 1)
    new, source = runs.ask(verify="always", **where)
    assert (source, new == ended) == ("login", False)
    assert runs.ask(**where) == (new, "cache")
    assert (runs.verified, runs.logins) == ([ended], 2)


def test_shared_goes_on_with_what_this_run_verified(runs: Runs, after: Callable[[float], None]) -> None:
    token = runs.another()
    runs.ask()
    after(5 * SHORT)
    assert runs.ask() == (token, "cache")
    assert runs.verified == [token]


@pytest.mark.parametrize("verify", SHARING)
def test_8_processes_verify_once(runs: Runs, in_processes: Processes, verify: str) -> None:
    token = runs.another()
    runs.sim.settings(latency=0.2)
    assert in_processes(8, lambda: runs.ask(verify=verify)) == [(token, "cache")] * 8
    assert (runs.verified, runs.logins) == ([token], 1)


def test_20_processes_replace_an_ended_token_once(runs: Runs, in_processes: Processes) -> None:
    ended = runs.another()
    runs.sim.expire(ended)
    runs.sim.settings(latency=0.2)
    outcomes = in_processes(20, runs.ask)
    assert len({token for token, _source in outcomes}) == 1
    assert sorted(source for _token, source in outcomes) == ["cache"] * 19 + ["login"]
    assert (runs.verified, runs.logins) == ([ended], 2)


def test_always_verifies_the_runs_own_token_once_for_8_processes(runs: Runs, in_processes: Processes, after: Callable[[float], None]) -> None:
    runs.start("first")
    token, _source = runs.ask(verify="always")
    after(SHORT + 1)
    runs.sim.settings(latency=0.2)
    assert in_processes(8, lambda: runs.ask(verify="always")) == [(token, "cache")] * 8
    assert runs.verified == [token]


def test_it_ends_though_every_token_of_the_store_was_ended(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another run may put one dead token after the other there. After a few, this run takes the next one as it is."""
    runs.another()
    dead: list[str] = []

    def ended(_provider: TokenProvider, access_token: str) -> bool:
        dead.append(access_token)
        runs.start("third")
        TokenProvider(runs.service(force=True, verify="never"), request_id=str(len(dead))).get()
        runs.start("second")
        return False

    monkeypatch.setattr(TokenProvider, "_is_live", ended)
    token, source = runs.ask()
    assert (len(dead), len(set(dead)), source) == (3, 3, "cache")
    assert runs.sim.live_state.tokens.live(token, "fac")
    assert token not in dead


def test_a_lookup_verifies_as_often_as_a_module_does(runs: Runs, core: Core, after: Callable[[float], None]) -> None:
    token = runs.another()

    def ask(**more: Any) -> Any:
        return core.lookup(**USER, cache=str(runs.shared), **more)

    assert [ask() for _each in range(2)] == [token, token]
    assert runs.verified == [token]
    after(SHORT + 1)
    assert [ask(verify="always") for _each in range(2)] == [token, token]
    assert runs.verified == [token, token]
    runs.sim.expire(token)
    after(SHORT + 1)
    assert ask(verify="always") != token


def test_forticwp_has_no_such_option(core: Core, sim: Simulator) -> None:
    result = core.task("forticwp_token", {"credential": "f59fb84e-c896-4d38-91f3-1eee401823b6", "verify": "always"})
    assert (result["failed"], sim.requests) == (True, [])
    assert result["msg"].startswith("Unknown option verify.")
