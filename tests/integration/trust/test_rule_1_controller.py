# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 1: credentials go from the controller to the token service, and nowhere else, unless the task is delegated to another host."""

from __future__ import annotations

import pathlib
import re

import pytest

from tests.integration.harness import PASSWORDS, Player

LOGIN = "{forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: %s}"
MODULE_RUN = re.compile(r"AnsiballZ|ansible-tmp-")


def test_no_host_is_asked_anything(play: Player) -> None:
    """The hosts have no Python at all, and the collection sends nothing there, whatever it is asked for."""
    outcome = play(
        f"""
- {LOGIN % "r"}
- {{forti.oauth.forticwp_token: {{credential: '{{{{ secret.credential }}}}'}}, register: w}}
- {{forti.oauth.forticwp_resource_map_info: {{access_token: '{{{{ w.access_token }}}}'}}, register: map}}
- {{forti.oauth.fac_oauth_token_info: {{access_token: '{{{{ r.access_token }}}}'}}, register: info}}
- {{forti.oauth.fac_oauth_token: {{state: absent, access_token: '{{{{ r.access_token }}}}'}}, register: ended}}
""",
        keep="r w map info ended",
        hosts=6,
        connection="elsewhere",
        env={"ANSIBLE_PYTHON_INTERPRETER": "/no/python"},
    )
    assert (play.sim.counts["fac.token"], play.sim.counts["forticwp.credentials"]) == (1, 1)
    assert len({result["access_token"] for result in outcome.of_all("r")}) == 1
    assert all(result["valid"] for result in outcome.of_all("info"))
    assert sum(result["changed"] for result in outcome.of_all("ended")) == 1
    assert not MODULE_RUN.search(outcome.output)


def test_a_delegated_task_has_a_token_of_its_own(play: Player, python39: str) -> None:
    outcome = play(
        f"""
- {LOGIN % "here"}
- {LOGIN.replace("register", "delegate_to: jump, register") % "there"}
- {LOGIN.replace("register", "delegate_to: jump, register") % "again"}
- {LOGIN.replace("register", "delegate_to: localhost, register") % "localhost"}
""",
        keep="here there again localhost",
        hosts=2,
        connection="elsewhere",
        delegate_to="jump2",
        env={"ANSIBLE_PYTHON_INTERPRETER": python39},
    )
    tokens = {name: {result["access_token"] for result in outcome.of_all(name)} for name in ("here", "there", "again", "localhost")}
    assert [len(found) for found in tokens.values()] == [1, 1, 1, 1]
    assert tokens["there"] == tokens["again"]
    assert len(tokens["here"] | tokens["there"] | tokens["localhost"]) == play.sim.counts["fac.login"] == 3


def test_a_delegated_token_is_in_no_lasting_store(play: Player, tmp_path: pathlib.Path) -> None:
    store = tmp_path / "tokens"
    outcome = play(f"- {LOGIN % 'r'}\n", keep="r", delegate_to="jump", env={"FORTI_OAUTH_CACHE": str(store)})
    assert outcome["r"]["source"] == "login"
    assert "it was got on jump, and serves only that host in this run" in " ".join(outcome.output.split())
    assert list(store.glob("*.token")) == []


def test_environment_and_files_mean_the_controller(play: Player) -> None:
    task = """
- forti.oauth.fac_oauth_token:
  environment: {FAC_USERNAME: luser1, FAC_PASSWORD: "{{ secret.luser1 }}"}
  register: r
"""
    outcome = play(task, keep="r", connection="elsewhere", env={"ANSIBLE_PYTHON_INTERPRETER": "/no/python"})
    assert outcome["r"]["access_token"]
    assert PASSWORDS["luser1"] not in outcome.output


@pytest.mark.long
def test_who_cannot_get_there_is_told_how_to_ask_from_elsewhere(play: Player) -> None:
    task = "{server: 'localhost:1', username: luser1, password: '{{ secret.luser1 }}', retries: 0}"
    outcome = play(
        f"""
- {{forti.oauth.fac_oauth_token: {task}, register: here, ignore_errors: true}}
- {{forti.oauth.fac_oauth_token: {task}, register: there, ignore_errors: true, delegate_to: jump}}
- {{forti.oauth.fac_oauth_token_info: {{server: 'localhost:1', access_token: abc, retries: 0}}, register: info, ignore_errors: true}}
""",
        keep="here there info",
        delegate_to="localhost",
    )
    advice = "If only another host reaches the server, use the module with delegate_to, or the role with token_delegate_to."
    assert outcome["here"]["msg"].endswith(advice) and outcome["info"]["msg"].endswith(advice)
    assert "could not be connected to" in outcome["there"]["msg"] and advice not in outcome["there"]["msg"]
