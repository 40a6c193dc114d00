# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token provider: the cache that the options name, one request for all, from this process or from a delegated host."""

from __future__ import annotations

import pathlib
import time
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError, Refused
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._forticwp_resource_map import ResourceMap
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils import _token_provider
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import TokenProvider

from tests.unit.conftest import Processes
from tests.unit.plugins.plugin_utils._cache.harness import without_memory
from tests.unit.plugins.plugin_utils.core import USER, Core

if TYPE_CHECKING:
    from extensions.simulator import Simulator

pytestmark = pytest.mark.usefixtures("run_folder")


class Host:
    """A delegated host. It runs no module: it logs the services that it is asked for, and returns results."""

    def __init__(self, **result: Any) -> None:
        self.asked: list[TokenService] = []
        self._result = result

    def __call__(self, service: TokenService) -> dict[str, Any]:
        self.asked.append(service)
        token = {"access_token": f"A{len(self.asked)}", "server": service.options["server"], "token_type": "Bearer", "expires_in": 3600}
        return {"changed": True, **token, "resource_map": [token["access_token"]], **self._result}


@pytest.fixture
def host() -> Host:
    return Host()


def fac(**options: Any) -> FortiAuthenticator:
    given = {**USER, "server": "fac.example.com", **options}
    return FortiAuthenticator.from_options(given, explicit=given, warn=pytest.fail, notify=pytest.fail)


def forticwp(**options: Any) -> FortiCwp:
    given = {"credential": "Credential-1", **options}
    return FortiCwp.from_options(given, explicit=given, warn=pytest.fail, notify=pytest.fail)


def provider(service: TokenService, *, request_id: str = "task", **more: Any) -> TokenProvider:
    return TokenProvider(service, request_id=request_id, **more)


def outcome(known: TokenProvider) -> tuple[str, str]:
    entry = known.get()
    return entry.token.access_token, entry.source


def test_8_processes_log_in_once(core: Core, sim: Simulator, in_processes: Processes) -> None:
    sim.settings(latency=0.2)
    service = fac(server=sim.host, ca_path=str(sim.ca))
    results = in_processes(8, lambda: outcome(provider(service)))
    assert len({token for token, _source in results}) == 1
    assert sorted(source for _token, source in results) == ["cache"] * 7 + ["login"]
    assert len(sim.requests) == sim.counts["fac.login"] == 1


def test_a_refused_login_is_refused_without_a_request_for_a_minute(core: Core, sim: Simulator) -> None:
    service = fac(server=sim.host, ca_path=str(sim.ca), password="wrong-wrong-wrong")
    errors = []
    for _each in range(2):
        with pytest.raises(Refused) as caught:
            provider(service).get()
        errors.append(caught.value.as_result())
    assert {**errors[1], "msg": without_memory(errors[1]["msg"])} == errors[0]
    assert len(sim.requests) == 1


def test_the_generation_is_that_of_the_last_change_of_this_process(host: Host, run_folder: pathlib.Path) -> None:
    first, second = (provider(fac(), remote=host) for _each in range(2))
    assert first.generation == b""
    first.get()
    assert first.generation == (run_folder / "generation").read_bytes()
    assert len(first.generation) == 32
    second.get()
    assert second.generation == b""


@pytest.mark.parametrize(
    ("cache", "tokens", "folders"),
    [("none", ["A1", "A2"], []), ("run", ["A1", "A1"], ["local"]), ("{}/shared", ["A1", "A1"], ["local", "shared"])],
    ids=["none", "run", "directory"],
)
def test_the_option_cache_says_where_a_token_is_kept(host: Host, tmp_path: pathlib.Path, cache: str, tokens: list[str], folders: list[str]) -> None:
    service = fac(cache=cache.format(tmp_path))
    assert [provider(service, remote=host).get().token.access_token for _each in range(2)] == tokens
    assert sorted({path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*.token")}) == folders


def test_a_key_that_anybody_can_guess_is_not_shared_with_other_runs(host: Host, tmp_path: pathlib.Path) -> None:
    code = {"grant_type": "authorization_code", "code": "K-1", "password": None, "redirect_uri": "https://portal.example.com/"}
    # No task has such a key any more, since each grant has a secret of the user's own in it. The client's secret is none.
    service = fac(**code, client_secret="S-1", cache=str(tmp_path / "shared")).with_options(code=None)
    assert not service.has_secret_key
    assert [outcome(provider(service, remote=host)) for _each in range(2)] == [("A1", "login"), ("A1", "cache")]
    assert not (tmp_path / "shared").exists()


def test_a_shared_cache_that_fails_costs_a_warning_and_no_token(host: Host, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o755)
    assert outcome(provider(fac(cache=str(tmp_path / "shared")), remote=host)) == ("A1", "login")
    assert "is not used: other users have access to it" in " ".join(capsys.readouterr().err.split())


def test_a_file_in_the_place_of_a_directory_is_a_warning(core: Core, sim: Simulator, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("of somebody else")
    results = [core.task("fac_oauth_token", {**USER, "cache": str(tmp_path / "file")}) for _each in range(2)]
    assert [(result.get("failed"), result["source"]) for result in results] == [(None, "login"), (None, "cache")]
    assert core.task("fac_oauth_token", {**USER, "cache": str(tmp_path / "file"), "state": "absent"})["changed"] is True
    assert "is not used: it is a symbolic link or not a directory" in " ".join(capsys.readouterr().err.split())
    assert (tmp_path / "file").read_text() == "of somebody else"


def test_force_gets_one_new_token_for_all_callers_with_the_same_request_id(host: Host) -> None:
    provider(fac(), remote=host).get()
    forced = [outcome(provider(fac(force=True), request_id=task, remote=host)) for task in ("one", "one", "two")]
    assert forced == [("A2", "login"), ("A2", "cache"), ("A3", "login")]


def test_a_delegated_host_is_asked_with_the_options_and_the_times_are_those_of_this_clock(host: Host) -> None:
    service = fac()
    before = time.time()
    token = provider(service, remote=host).get().token
    assert [(type(asked), asked.options) for asked in host.asked] == [(FortiAuthenticator, service.options)]
    assert before <= token.issued_at <= time.time()
    assert token.expires_at == token.issued_at + 3600


def test_the_end_of_a_token_counts_from_before_a_slow_host_was_asked(host: Host, after: Any) -> None:
    def slow(service: TokenService) -> dict[str, Any]:
        result = host(service)
        after(30)
        return result

    before = time.time()
    entry = provider(fac(), remote=slow).get()
    assert entry.token.issued_at == pytest.approx(before, abs=5)
    assert entry.token.expires_at == entry.token.issued_at + 3600
    assert 3560 <= entry.as_result()["expires_in"] <= 3570
    again = provider(fac(), remote=slow).get()
    assert (again.source, again.token.expires_at) == ("cache", entry.token.expires_at)


def test_a_token_that_ran_down_is_refreshed_on_the_delegated_host(after: Any) -> None:
    host = Host(refresh_token="R1")
    provider(fac(), remote=host).get()
    after(3590)
    assert outcome(provider(fac(), remote=host)) == ("A2", "refresh")
    assert [(service.options["grant_type"], service.options["refresh_token"]) for service in host.asked] == [("password", None), ("refresh_token", "R1")]


def test_a_task_that_refreshes_by_itself_gets_source_refresh(host: Host) -> None:
    service = fac(grant_type="refresh_token", refresh_token="R1", username=None, password=None)
    assert outcome(provider(service, remote=host)) == ("A1", "refresh")


def test_a_token_is_revoked_once_and_not_handed_out_again(core: Core, sim: Simulator) -> None:
    service = fac(server=sim.host, ca_path=str(sim.ca))
    token, _source = outcome(provider(service))
    absent = service.with_options(state="absent")
    assert [provider(absent, check_mode=check_mode).revoke() for check_mode in (True, False, False)] == [True, True, False]
    assert sim.counts["fac.revoke"] == 1
    assert provider(service).get().token.access_token != token


def test_revoking_asks_for_the_token_in_the_options(host: Host) -> None:
    assert provider(fac(state="absent", access_token="T-given"), remote=host).revoke() is True
    assert [service.options["access_token"] for service in host.asked] == ["T-given"]


def test_with_cache_none_revoking_needs_a_token(host: Host) -> None:
    with pytest.raises(OptionError, match=r"^access_token is missing: with cache none, no token is kept that could be revoked\.$"):
        provider(fac(state="absent", cache="none"), remote=host).revoke()
    assert provider(fac(state="absent", cache="none", access_token="T-given"), remote=host).revoke() is True


@pytest.mark.parametrize(("check_mode", "next_token"), [(True, "A1"), (False, "A2")], ids=["check mode", "for real"])
def test_a_token_that_no_server_revokes_is_forgotten(host: Host, check_mode: bool, next_token: str) -> None:
    provider(forticwp(), remote=host).get()
    assert provider(forticwp(state="absent"), remote=host, check_mode=check_mode).revoke() is False
    assert provider(forticwp(), remote=host).get().token.access_token == next_token
    assert all(service.options["state"] == "present" for service in host.asked)


def test_a_response_is_read_once_for_each_token(host: Host) -> None:
    def read(token: str, **more: Any) -> Any:
        given = {"credential": "Credential-1", "access_token": token, **more}
        service = ResourceMap.from_options(given, explicit=given, warn=pytest.fail, notify=pytest.fail)
        return provider(service, remote=host).read()["resource_map"][0]

    assert [read("T1"), read("T1"), read("T2"), read("T1", force=True), read("T1", cache="none")] == ["A1", "A1", "A2", "A3", "A4"]


def test_ask_asks_each_time_with_the_changed_options(host: Host) -> None:
    known = provider(fac(), remote=host)
    assert [known.ask(realm=realm) for realm in ("one", "two")] == [{"changed": True, "server": "https://fac.example.com"}] * 2
    assert [service.options["realm"] for service in host.asked] == ["one", "two"]


@pytest.mark.parametrize("show", ["warn", "notify"])
def test_what_a_person_must_see_is_shown_each_time_on_stderr(show: str, capsys: pytest.CaptureFixture[str]) -> None:
    for _each in range(2):
        getattr(_token_provider, show)("Look at your phone.")
    shown = capsys.readouterr()
    assert shown.err.count("Look at your phone.") == 2
    assert shown.out == ""
