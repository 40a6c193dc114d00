# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module as core runs it on a host: a process of its own, with its options on the way in and one JSON object on the way out."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.common.parameters import PASS_VARS
from ansible_collections.forti.oauth.plugins.module_utils._result_cipher import decrypt, encrypt

from tests.tools.python_path import python_path

if TYPE_CHECKING:
    from extensions.simulator import Simulator


COLLECTION = pathlib.Path(importlib.import_module("ansible_collections.forti.oauth.plugins.module_utils._module").__file__ or "").parents[2]
KEY = "key-of-this-run"
PASSWORD = "Pass-Word-12345678"
# Newer versions of core repeat the options in the result only if they are told to; older ones always do.
INTERNAL = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}
NO_PLUGIN = "This module works only through its action plugin. Call it by its full name, such as forti.oauth.fac_oauth_token."


@dataclasses.dataclass
class Done:
    """What a module left behind."""

    code: int
    output: str

    @property
    def written(self) -> dict[str, Any]:
        """The JSON object that it wrote, without what core 2.22 and newer leave to their controller.

        That is a list of the secret options, and the options as they were given, in which the controller masks them.
        """
        known: dict[str, Any] = json.loads(self.output)
        if known.pop("_ansible_new_secrets", None):
            known.pop("invocation", None)
        return known

    def holds(self, *secrets: str) -> list[str]:
        """Return which of these secrets it wrote, in whatever place."""
        text = json.dumps(self.written, ensure_ascii=False)
        return [secret for secret in secrets if secret in text]

    @property
    def success(self) -> dict[str, Any]:
        """What it wrote of a success. Its options are not repeated there; some versions of core write an empty dictionary for them."""
        assert self.code == 0
        written = self.written
        assert not written.pop("invocation", {})
        return written


Run = Callable[..., Done]


@pytest.fixture
def run(sim: Simulator, tmp_path: pathlib.Path) -> Run:
    """Run a module with these options, against the simulator."""

    def run_with(name: str, key: str | None = KEY, **options: Any) -> Done:
        given = {"server": sim.host, "ca_path": sim.ca, "client_id": "ansible", "z_result_key": key, **INTERNAL, **options}
        arguments = tmp_path / "arguments.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {option: value for option, value in given.items() if value is not None}}))
        command = [sys.executable, str(COLLECTION / "plugins" / "modules" / f"{name}.py"), str(arguments)]
        environment = {**os.environ, **python_path(COLLECTION.parents[2])}
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)
        assert done.stderr == ""
        return Done(done.returncode, done.stdout)

    return run_with


@pytest.mark.parametrize("key", [None, ""], ids=["no key", "empty key"])
@pytest.mark.parametrize("name", ["fac_oauth_token", "fac_oauth_token_info"])
def test_without_its_action_plugin_a_module_fails_and_sends_nothing(run: Run, sim: Simulator, name: str, key: str | None) -> None:
    own = {"access_token": "A30"} if name == "fac_oauth_token_info" else {"username": "luser1", "password": PASSWORD}
    done = run(name, key, **own)
    assert (done.code, done.written["msg"], done.written["failed"]) == (1, NO_PLUGIN, True)
    assert sim.counts["connections"] == 0


def test_a_result_is_encrypted(run: Run, sim: Simulator) -> None:
    done = run("fac_oauth_token", username="luser1", password=PASSWORD)
    assert set(done.success) == {"changed", "result"}
    result = decrypt(done.success, KEY)
    assert (result["server"], result["source"], result["changed"]) == (sim.url, "login", False)
    assert result["access_token"] in sim.secrets()
    assert done.holds(PASSWORD, KEY) == []
    assert not [secret for secret in sim.secrets() if secret in done.output]


def test_forticwp_runs_in_the_same_way(run: Run, sim: Simulator) -> None:
    done = run("forticwp_token", client_id=None, credential="f59fb84e-c896-4d38-91f3-1eee401823b6")
    assert decrypt(done.success, KEY)["access_token"] in sim.secrets()
    assert not [secret for secret in sim.secrets() if secret in done.output]


def test_a_short_secret_does_not_tear_the_ciphertext(run: Run, sim: Simulator) -> None:
    """Core masks the values of secret options in whatever a module writes."""
    result = {"changed": False, "server": sim.url, "valid": False, "username": None, "expires_in": None}
    written = encrypt(result, KEY)
    done = run("fac_oauth_token_info", access_token=written["result"][:1])
    assert done.success == written


def test_a_challenge_is_encrypted_because_of_its_session(run: Run, sim: Simulator) -> None:
    done = run("fac_oauth_token", username="push1", password="Push-Word-12345678", push_timeout=0)
    assert set(done.success) == {"changed", "result"}
    (session,) = sim.secrets()
    assert session not in done.output
    result = decrypt(done.success, KEY)
    assert result["challenge"] == {"challenge": "otp", "method": "ftm-push", "session": session}
    assert result["changed"] is False
    assert result["msg"].startswith(f"{sim.url} wants a second factor (otp, method ftm-push). ")


def test_a_failure_is_in_clear_without_a_secret(run: Run, sim: Simulator) -> None:
    sim.fault("/api/v1/oauth/token/", repeat_request=True, status=401)
    done = run("fac_oauth_token", username="luser1", password=PASSWORD)
    assert done.code == 1
    assert {name: done.written[name] for name in ("failed", "status", "error")} == {"failed": True, "status": 401, "error": "invalid_request"}
    assert done.written["msg"].startswith(f"{sim.url} answered 401 invalid_request (Refused: POST ")
    assert done.holds(PASSWORD, KEY) == []
    assert not {"result", "exception"} & set(done.written)


def test_a_wrong_option_is_a_failure_before_anything_is_sent(run: Run, sim: Simulator) -> None:
    done = run("fac_oauth_token", username="luser1", password=PASSWORD, timeout=0)
    assert (done.code, done.written["msg"]) == (1, "timeout must be from 1 to 3600, it is 0.")
    assert sim.counts["connections"] == 0


def test_an_option_of_another_grant_is_no_mistake_on_the_host(run: Run) -> None:
    """The controller has checked what the task gives; the host cannot tell it from what comes from the environment."""
    done = run("fac_oauth_token", username="luser1", password=PASSWORD, iam_account="acme", iam_user="robot")
    assert decrypt(done.success, KEY)["source"] == "login"


def test_a_retry_is_a_warning(run: Run, sim: Simulator) -> None:
    sim.fault("/api/v1/oauth/token/", status=503, headers={"Retry-After": "0"})
    done = run("fac_oauth_token", username="luser1", password=PASSWORD)
    assert f"{sim.url} answered 503. Trying again in 0.0 seconds" in json.dumps(done.success["warnings"])
    assert decrypt(done.success, KEY)["source"] == "login"


@pytest.mark.parametrize("check_mode", [True, False])
def test_check_mode_revokes_nothing(run: Run, sim: Simulator, check_mode: bool) -> None:
    token = decrypt(run("fac_oauth_token", username="luser1", password=PASSWORD).success, KEY)["access_token"]
    done = run("fac_oauth_token", state="absent", access_token=token, _ansible_check_mode=check_mode)
    assert done.success["changed"] is True
    assert decrypt(done.success, KEY) == {"changed": True, "server": sim.url}
    assert sim.counts["fac.revoke"] == (0 if check_mode else 1)
