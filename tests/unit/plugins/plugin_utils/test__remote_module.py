# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service's module on a delegated host: what it gets, how its result comes back, and what is shown of a failure."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from ansible.plugins import loader as plugin_loaders
from ansible_collections.forti.oauth.plugins.module_utils import _result_cipher
from ansible_collections.forti.oauth.plugins.module_utils._errors import ChallengeRequired, RemoteFailure
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.plugin_utils import _remote_module
from ansible_collections.forti.oauth.plugins.plugin_utils._remote_module import RemoteModule

from tests.unit.plugins.plugin_utils.core import USER, Core, as_core_reads

if TYPE_CHECKING:
    from extensions.simulator import Simulator

CONNECTIONS = pathlib.Path(__file__).parents[3] / "integration" / "plugins" / "connection"
PUSHED = {"msg": "Answer it.", "challenge": {"challenge": "otp", "method": "ftm-push", "session": "480dccc0"}}
Answer = Callable[[dict[str, Any]], dict[str, Any]]


class Host:
    """A host that runs no module: it logs the arguments, and returns the next of its answers as a module writes it."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.arguments: list[dict[str, Any]] = []
        self._answers = list(answers)

    def __call__(self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        self.arguments.append({**module_args, "module": module_name, "variables": task_vars})
        answer = self._answers.pop(0)
        if not answer.get("failed") and "result" not in answer:
            answer = _result_cipher.encrypt({"changed": False, **answer}, module_args[_result_cipher.KEY])
        return self.written(answer)

    def written(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Return what core reads of the answer."""
        return as_core_reads(answer)


def service(notify: Callable[[str], Any] = pytest.fail, warn: Callable[[str], Any] = pytest.fail, **options: Any) -> FortiAuthenticator:
    given = {**USER, "server": "fac.example.com", **options}
    return FortiAuthenticator.from_options(given, explicit=given, warn=warn, notify=notify, delegated_to="jump")


def remote(core: Core, monkeypatch: pytest.MonkeyPatch, host: Host, **written: Any) -> RemoteModule:
    action = core.action("fac_oauth_token", written)
    monkeypatch.setattr(action, "_execute_module", host)
    return RemoteModule(action, variables={"known": "x"}, given=written)


def test_a_real_module_logs_in_from_the_host_and_no_output_holds_its_result(core: Core, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin_loaders.connection_loader.add_directory(str(CONNECTIONS))
    variables = {"ansible_delegated_vars": {"jump": {"ansible_python_interpreter": sys.executable}}}
    action = core.action("fac_oauth_token", USER, transport="elsewhere", delegate_to="jump")
    action._shared_loader_obj = plugin_loaders
    outputs: list[str] = []
    execute = action._low_level_execute_command

    def logged(*arguments: Any, **more: Any) -> Any:
        outputs.append(str(execute_result := execute(*arguments, **more)))
        return execute_result

    monkeypatch.setattr(action, "_low_level_execute_command", logged)
    result = action.run(None, variables)
    assert result.get("msg") is None
    assert (result["source"], result["server"]) == ("login", sim.url)
    assert sim.counts["fac.login"] == 1
    assert outputs
    assert not [secret for secret in (*sim.secrets(), USER["password"]) if any(secret in output for output in outputs)]
    assert core.task("fac_oauth_token", USER, transport="elsewhere", delegate_to="jump")["source"] == "cache"
    other = core.task("fac_oauth_token", USER)
    assert (other["source"], other["access_token"] == result["access_token"]) == ("login", False)


def test_the_module_gets_the_options_but_not_those_of_the_controller(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host({"access_token": "A1"})
    remote(core, monkeypatch, host).run(service(min_validity=5, force=True, on_challenge="return", cache="none", realm="ad"))
    (arguments,) = host.arguments
    assert (arguments["module"], arguments["variables"]) == ("forti.oauth.fac_oauth_token", {"known": "x"})
    assert {name: arguments[name] for name in (*USER, "realm")} == {**USER, "realm": "ad"}
    assert not {"min_validity", "force", "on_challenge", "cache", "scope"} & set(arguments)


def test_a_path_goes_as_the_task_wrote_it(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/controller")
    host = Host({"access_token": "A1"})
    known = service(ca_path="~/ca.pem", client_cert="~/cert.pem", client_key="~/key.pem")
    remote(core, monkeypatch, host, ca_path="~/ca.pem").run(known)
    assert (host.arguments[0]["ca_path"], host.arguments[0]["client_cert"]) == ("~/ca.pem", "/home/controller/cert.pem")


def test_every_run_has_a_key_of_its_own_that_core_is_told(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str | None] = []
    monkeypatch.setattr(_remote_module, "register", lambda *values: told.extend(values))
    host = Host({"access_token": "A1"}, {"access_token": "A2"})
    module = remote(core, monkeypatch, host)
    assert [module.run(service())["access_token"] for _each in range(2)] == ["A1", "A2"]
    keys = [arguments[_result_cipher.KEY] for arguments in host.arguments]
    assert told == keys
    assert len(set(keys)) == 2
    assert all(len(key) >= 40 for key in keys)


def test_the_repr_of_the_arguments_holds_no_secret(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    class Shows(Host):
        def __call__(self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
            shown.append(repr(module_args))
            return super().__call__(module_name, module_args, task_vars)

    host = Shows({"access_token": "A1"})
    remote(core, monkeypatch, host).run(service())
    assert not [secret for secret in (USER["password"], host.arguments[0][_result_cipher.KEY]) if secret in shown[0]]


@pytest.mark.parametrize(
    "written",
    [
        pytest.param({"changed": False, "result": ""}, id="cut"),
        pytest.param({"changed": False, "result": "%%%"}, id="no base64"),
        pytest.param({"changed": False, "result": 5}, id="no text"),
        pytest.param(_result_cipher.encrypt({"changed": False, "access_token": "A1"}, "another key"), id="another key"),
    ],
)
def test_a_result_that_was_changed_on_the_way_is_a_failure_that_says_so(core: Core, monkeypatch: pytest.MonkeyPatch, written: dict[str, Any]) -> None:
    with pytest.raises(RemoteFailure, match=r"^The module's result cannot be read\. Check that nothing on the host changes what modules write\.$") as caught:
        remote(core, monkeypatch, Host(written)).run(service())
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_of_what_core_adds_to_the_result_only_the_warnings_are_told(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    class Adds(Host):
        def written(self, answer: dict[str, Any]) -> dict[str, Any]:
            added = {"warnings": ["An old Python."], "invocation": {"module_args": {"password": "p"}}, "ansible_facts": {"x": 1}, "access_token": "A9"}
            return super().written({**answer, **added})

    warnings: list[str] = []
    result = remote(core, monkeypatch, Adds({"access_token": "A1"})).run(service(warn=warnings.append))
    assert result == {"changed": False, "access_token": "A1"}
    assert warnings == ["An old Python."]


def test_a_failure_comes_back_with_its_details_and_without_secrets(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    password = USER["password"]
    failed = {
        "failed": True,
        "msg": f"Wrong password {password}.",
        "status": 401,
        "error": "invalid_grant",
        "error_description": f"no {password}",
        "rc": 1,
        "module_stderr": f"Traceback {password}",
        "warnings": ["x"],
        "exception": "Traceback",
        "invocation": {"module_args": {"password": password}},
    }
    warnings: list[str] = []
    with pytest.raises(RemoteFailure) as caught:
        remote(core, monkeypatch, Host(failed)).run(service(warn=warnings.append))
    assert warnings == ["x"]
    assert caught.value.as_result() == {
        "msg": "Wrong password ********.",
        "status": 401,
        "error": "invalid_grant",
        "error_description": "no ********",
        "rc": 1,
        "module_stderr": "Traceback ********",
    }


def test_a_failure_without_a_message_has_one(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RemoteFailure, match=r"^The module failed\.$"):
        remote(core, monkeypatch, Host({"failed": True})).run(service())


def test_a_challenge_comes_back_as_one_and_core_is_told_its_session(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str | None] = []
    monkeypatch.setattr(_remote_module, "register_foreign", lambda *values: told.extend(values))
    host = Host({"msg": "Answer it.", "challenge": {"challenge": "otp", "session": "480dccc0"}})
    with pytest.raises(ChallengeRequired) as caught:
        remote(core, monkeypatch, host).run(service())
    assert caught.value.as_result() == {"msg": "Answer it.", "challenge": {"challenge": "otp", "session": "480dccc0"}}
    assert told == ["480dccc0"]
    assert len(host.arguments) == 1


def test_for_a_push_the_module_runs_twice_with_the_notice_in_between(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(PUSHED, {"access_token": "A1"})
    notices: list[str] = []

    def notify(text: str) -> None:
        notices.append(text)
        assert len(host.arguments) == 1

    assert remote(core, monkeypatch, host).run(service(notify, push_timeout=45))["access_token"] == "A1"
    assert notices == ["luser1: approve the sign-in to https://fac.example.com on your phone (FortiToken Mobile). 45 seconds left."]
    first, second = host.arguments
    assert (first["push_timeout"], second["push_timeout"]) == (0, 45)
    assert not {"challenge", "method", "session"} & set(first)
    assert {name: second[name] for name in ("challenge", "method", "session")} == PUSHED["challenge"]


@pytest.mark.parametrize("options", [{"push_timeout": 0}, {"method": "ftm", "challenge_response": "123456"}], ids=["no time to wait", "a typed code"])
def test_a_push_that_nobody_waits_for_is_a_challenge(core: Core, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]) -> None:
    host = Host(PUSHED)
    with pytest.raises(ChallengeRequired):
        remote(core, monkeypatch, host).run(service(**options))
    assert len(host.arguments) == 1
