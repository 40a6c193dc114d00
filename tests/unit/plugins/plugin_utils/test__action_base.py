# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the action plugins share: options, errors, the task's environment, the role's dictionary, and what stays out of the log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._argspec import FAC_TOKEN, environment_variables
from ansible_collections.forti.oauth.plugins.module_utils._redaction import MASKED_BY_CORE
from ansible_collections.forti.oauth.plugins.plugin_utils import _action_base
from ansible_collections.forti.oauth.plugins.plugin_utils._action_base import task_environment

from tests.unit.plugins.plugin_utils.core import USER, Core

if TYPE_CHECKING:
    from extensions.simulator import Simulator


def test_a_task_gets_a_token_and_the_next_one_the_same(core: Core, sim: Simulator) -> None:
    first, second = (core.task("fac_oauth_token", USER) for _each in range(2))
    assert (first["source"], second["source"]) == ("login", "cache")
    assert first["access_token"] == second["access_token"]
    assert (first["changed"], first["server"]) == (False, sim.url)
    assert len(sim.requests) == 1


def test_an_error_of_the_options_fails_the_task_and_sends_nothing(core: Core, sim: Simulator) -> None:
    result = core.task("fac_oauth_token", {**USER, "tiemout": 3})
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"].startswith("Unknown option tiemout.")
    assert sim.requests == []


def test_a_refusal_fails_the_task_with_its_details(core: Core, sim: Simulator) -> None:
    result = core.task("fac_oauth_token", {**USER, "password": "wrong-wrong-wrong"})
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 401)
    assert "wrong-wrong-wrong" not in str(result)


def test_revoking_is_a_change(core: Core, sim: Simulator) -> None:
    core.task("fac_oauth_token", USER)
    absent = {**USER, "state": "absent"}
    expected = [(True, True), (False, True), (False, False)]
    for check_mode, changed in expected:
        result = core.task("fac_oauth_token", absent, check_mode=check_mode)
        assert {name: result[name] for name in ("changed", "server")} == {"changed": changed, "server": sim.url}
    assert sim.counts["fac.revoke"] == 1


@pytest.mark.parametrize(("on_challenge", "failed"), [("fail", True), ("return", False)])
def test_a_challenge_fails_the_task_or_is_returned(core: Core, monkeypatch: pytest.MonkeyPatch, on_challenge: str, failed: bool) -> None:
    from ansible_collections.forti.oauth.plugins.module_utils._errors import ChallengeRequired
    from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator

    def challenged(_service: Any) -> Any:
        raise ChallengeRequired("Answer it.", {"challenge": "otp", "session": "480dccc0"})

    monkeypatch.setattr(FortiAuthenticator, "fetch", challenged)
    result = core.task("fac_oauth_token", {**USER, "on_challenge": on_challenge})
    assert (result["failed"], result["changed"], result["msg"]) == (failed, False, "Answer it.")
    assert result["challenge"] == {"challenge": "otp", "session": "480dccc0"}
    assert result.get("_ansible_no_log") is (None if failed or MASKED_BY_CORE else True)


@pytest.mark.parametrize("masked", [True, False], ids=["core masks", "core does not mask"])
def test_a_result_with_a_token_stays_out_of_the_log_if_core_does_not_mask_it(core: Core, monkeypatch: pytest.MonkeyPatch, masked: bool) -> None:
    monkeypatch.setattr(_action_base, "MASKED_BY_CORE", masked)
    assert core.task("fac_oauth_token", USER).get("_ansible_no_log") is (None if masked else True)
    assert core.task("fac_oauth_token", {**USER, "state": "absent"}).get("_ansible_no_log") is None
    assert core.task("fac_oauth_token", {}).get("_ansible_no_log") is None


def test_the_sum_of_a_loop_stays_out_of_the_log_too(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to ansible-core 2.18 core takes it from the copies of the task that its items ran with."""
    monkeypatch.setattr(_action_base, "MASKED_BY_CORE", False)
    action = core.action("fac_oauth_token", USER)
    action.run(None, {})
    assert action._task.no_log is True
    action._task.args = {**USER, "tiemout": 3}  # core may run the same action again, such as for until
    assert action.run(None, {})["failed"]
    assert action._task.no_log is False


@pytest.mark.parametrize("written", [True, False])
def test_what_the_task_says_of_its_log_is_not_weakened(core: Core, monkeypatch: pytest.MonkeyPatch, written: bool) -> None:
    for masked in (True, False):
        monkeypatch.setattr(_action_base, "MASKED_BY_CORE", masked)
        action = core.action("fac_oauth_token", {**USER, "state": "absent"})
        action._task.no_log = written
        action.run(None, {})
        assert action._task.no_log is written
    action = core.action("fac_oauth_token", USER)
    monkeypatch.setattr(_action_base, "MASKED_BY_CORE", True)
    action._task.no_log = written
    action.run(None, {})
    assert action._task.no_log is written


def test_options_come_from_the_environment_of_the_task(core: Core, sim: Simulator) -> None:
    environment = [{"FAC_CLIENT_ID": "ansible", "FAC_USERNAME": "luser1"}, {"FAC_PASSWORD": USER["password"]}]
    assert core.task("fac_oauth_token", {}, environment=environment)["source"] == "login"
    assert not {"FAC_CLIENT_ID", "FAC_USERNAME", "FAC_PASSWORD"} & set(os.environ)


def test_the_environment_of_a_task_holds_no_options_for_a_module_and_is_restored(core: Core) -> None:
    given = {"FAC_PASSWORD": "p", "HTTPS_PROXY": "http://proxy", "NUMBER": 5}
    action = core.action("fac_oauth_token", {}, environment=given)
    written, before = action._task.environment, dict(os.environ)
    with pytest.raises(ZeroDivisionError), task_environment(action):
        assert {name: os.environ[name] for name in given} == {"FAC_PASSWORD": "p", "HTTPS_PROXY": "http://proxy", "NUMBER": "5"}
        assert action._task.environment == [{"HTTPS_PROXY": "http://proxy", "NUMBER": 5}]
        assert not environment_variables(FAC_TOKEN) & set(action._task.environment[0])
        1 / 0  # noqa: B018  (any failure)
    assert action._task.environment is written
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("delegate_to", "transport", "remote_is_local", "is_remote"),
    [
        pytest.param("jump", "elsewhere", False, True, id="delegated to a host"),
        pytest.param("jump", "elsewhere", True, False, id="delegated to a container's own controller"),
        pytest.param("jump", "local", False, False, id="delegated to a host that is the controller"),
        pytest.param(None, "elsewhere", False, False, id="a managed host"),
        pytest.param(None, "local", False, False, id="the controller"),
    ],
)
def test_the_server_is_asked_from_the_controller_unless_the_task_is_delegated_to_a_host_elsewhere(
    core: Core, monkeypatch: pytest.MonkeyPatch, delegate_to: str | None, transport: str, remote_is_local: bool, is_remote: bool
) -> None:
    action = core.action("fac_oauth_token", USER, delegate_to=delegate_to)
    monkeypatch.setattr(action._connection, "transport", transport)
    monkeypatch.setattr(action._connection, "_remote_is_local", remote_is_local, raising=False)
    ran: list[str] = []

    def execute(module_name: str, **_more: Any) -> dict[str, Any]:
        ran.append(module_name)
        return {"failed": True, "msg": "No Python there."}

    monkeypatch.setattr(action, "_execute_module", execute)
    result = action.run(None, {})
    assert ran == (["forti.oauth.fac_oauth_token"] if is_remote else [])
    assert bool(result.get("failed")) is is_remote
    assert result.get("msg") == ("No Python there." if is_remote else None)
