# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 5: a managed host never steers. A variable that its facts set is refused as an option, by name, before anything is looked for or sent."""

from __future__ import annotations

import json
import pathlib

import pytest

from tests.integration.harness import Player

LOOKUP = "- {set_fact: {looked: \"{{ lookup('forti.oauth.%s'%s) | length }}\"}, register: looked_up, ignore_errors: true}\n"
FAC = LOOKUP % ("fac_oauth_token", ", username='luser1', password=secret.luser1")
MODULE = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: looked_up, ignore_errors: true}\n"
ROLE = """
- block:
    - {import_role: {name: forti.oauth.token%s}}
  rescue:
    - {set_fact: {role_said: '{{ ansible_failed_result.msg }}'}}
"""
OPTIONS = {"token_fac_options": {"username": "luser1", "password": "{{ secret.luser1 }}"}}


@pytest.fixture
def host(tmp_path: pathlib.Path) -> HostileHost:
    """A host whose modules return facts."""
    return HostileHost(tmp_path)


class HostileHost:
    """A host that answers any module with facts of its choice."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._library = folder / "library"
        self._library.mkdir()
        self.env = {"ANSIBLE_LIBRARY": str(self._library)}

    def says(self, **facts: object) -> str:
        """Return a task whose module the host answers with these facts."""
        answer = json.dumps({"changed": False, "ansible_facts": facts})
        (self._library / "look_around.sh").write_text(f"#!/bin/sh\n# no_python\ncat <<'END'\n{answer}\nEND\n")
        return "- look_around:\n"


def refused(name: str) -> str:
    """Return the beginning of the message."""
    return f"{name} comes from the facts of host000, or from set_fact with cacheable."


@pytest.mark.parametrize(
    ("name", "value"),
    [("fac_oauth_server", "localhost:1"), ("fac_oauth_validate_certs", False), ("fac_oauth_ca_path", "/etc/hostname"), ("forti_oauth_cache", "/tmp/theirs")],
)
@pytest.mark.parametrize("task", [FAC, MODULE], ids=["lookup", "module"])
def test_a_fact_is_no_option(play: Player, host: HostileHost, task: str, name: str, value: object) -> None:
    outcome = play(host.says(**{name: value}) + task, keep="looked_up", env=host.env)
    assert refused(name) in outcome["looked_up"]["msg"]
    assert play.sim.requests == []


@pytest.mark.parametrize("twin", ["ansible_fac_oauth_server", "fac_ansible_oauth_server"])
def test_a_second_fact_does_not_hide_the_first(play: Player, host: HostileHost, twin: str) -> None:
    """Core takes ansible_ out of the names in ansible_facts, where the second one takes the place of the first."""
    outcome = play(host.says(**{"fac_oauth_server": "localhost:1", twin: "x"}) + FAC, keep="looked_up", env=host.env)
    assert refused("fac_oauth_server") in outcome["looked_up"]["msg"]
    assert play.sim.requests == []


def test_nor_of_the_other_lookup(play: Player, host: HostileHost) -> None:
    outcome = play(host.says(forticwp_server="localhost:1") + LOOKUP % ("forticwp_token", ", credential=secret.credential"), keep="looked_up", env=host.env)
    assert refused("forticwp_server") in outcome["looked_up"]["msg"]
    assert play.sim.requests == []


def test_it_is_refused_although_a_token_is_kept(play: Player, host: HostileHost) -> None:
    """Facts that come later make the same question, word for word: the kept answer must not be looked for first."""
    tasks = FAC + host.says(fac_oauth_server=play.sim.host) + FAC.replace("looked", "again")
    outcome = play(tasks, keep="looked again_up", env=host.env, variables={"fac_oauth_realm": ""})
    assert int(outcome["looked"]) > 0
    assert refused("fac_oauth_server") in outcome["again_up"]["msg"]


def test_nor_of_a_task_of_the_role(play: Player, host: HostileHost) -> None:
    outcome = play(host.says(fac_oauth_server="localhost:1") + ROLE % "", keep="role_said", variables=OPTIONS, env=host.env)
    assert outcome["role_said"].startswith(refused("fac_oauth_server"))
    assert play.sim.requests == []


def test_a_store_is_not_chosen_by_a_fact(play: Player, host: HostileHost) -> None:
    listing = "- {forti.oauth.token_store_info: , register: looked_up, ignore_errors: true}\n"
    outcome = play(host.says(forti_oauth_cache="/tmp/theirs") + listing, keep="looked_up", env=host.env)
    assert outcome["looked_up"]["msg"].startswith(refused("forti_oauth_cache"))


def test_what_the_call_itself_says_is_not_in_question(play: Player, host: HostileHost) -> None:
    own = LOOKUP % ("fac_oauth_token", f", server='{play.sim.host}', username='luser1', password=secret.luser1")
    outcome = play(host.says(fac_oauth_server="localhost:1") + own, keep="looked", env=host.env)
    assert int(outcome["looked"]) > 0


def test_set_fact_inventory_and_vars_are_fine(play: Player, host: HostileHost) -> None:
    """They win over the fact, with a value of their own. A fact of another name steers nothing."""
    tasks = host.says(fac_oauth_server="localhost:1", other_fact="x") + "- {set_fact: {fac_oauth_server: '{{ right }}'}}\n" + FAC
    outcome = play(tasks, keep="looked", env=host.env, variables={"right": play.sim.host, "fac_oauth_realm": ""})
    assert int(outcome["looked"]) > 0


def test_set_fact_with_cacheable_looks_like_a_fact(play: Player, host: HostileHost) -> None:
    outcome = play("- {set_fact: {fac_oauth_server: 'localhost:1', cacheable: true}}\n" + FAC, keep="looked_up", env=host.env)
    assert refused("fac_oauth_server") in outcome["looked_up"]["msg"]


def test_facts_that_are_not_injected_do_no_harm(play: Player, host: HostileHost) -> None:
    outcome = play(host.says(fac_oauth_server="localhost:1") + FAC, keep="looked", env={**host.env, "ANSIBLE_INJECT_FACT_VARS": "false"})
    assert int(outcome["looked"]) > 0


def test_a_second_fact_hides_no_variable_of_the_role(play: Player, host: HostileHost) -> None:
    tasks = host.says(token_delegate_to="host001", ansible_token_delegate_to="x") + ROLE % ""
    outcome = play(tasks, keep="role_said", variables=OPTIONS, env=host.env)
    assert outcome["role_said"].startswith(refused("token_delegate_to"))
    assert play.sim.requests == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token_delegate_to", "host001"),
        ("token_forticwp_company", "4711"),
        ("token_forticwp_resource_map", True),
        ("token_forticwp_options", {"server": "localhost:1"}),
        # Core takes keys like this one out of the variable, and leaves it in ansible_facts.
        ("token_forticwp_options", {"server": "localhost:1", "_ansible_x": 1, "credential": [{"_ansible_y": 1}]}),
    ],
)
def test_a_fact_is_no_variable_of_the_role(play: Player, host: HostileHost, name: str, value: object) -> None:
    outcome = play(host.says(**{name: value}) + ROLE % "", keep="role_said", variables=OPTIONS, env=host.env)
    assert outcome["role_said"].startswith(refused(name))
    assert play.sim.requests == []


@pytest.mark.parametrize("more", [{}, {"_ansible_x": 1}], ids=["plain", "with an internal key"])
def test_a_fact_does_not_say_what_the_role_revokes(play: Player, host: HostileHost, more: dict[str, int]) -> None:
    """The client's secret would go to the server of the fact."""
    evil = host.says(token_fac={"access_token": "abc", "server": f"https://{play.sim.host}", **more})
    outcome = play(evil + ROLE % ", tasks_from: revoke", keep="role_said", variables=OPTIONS, env=host.env)
    assert outcome["role_said"].startswith(refused("token_fac"))
    assert play.sim.requests == []


def test_gathered_facts_of_the_role_itself_are_fine(play: Player, host: HostileHost) -> None:
    """What the role sets is set_fact's, which the host cannot write."""
    tasks = host.says(other="x") + ROLE % "" + ROLE % ", tasks_from: revoke"
    outcome = play(tasks, keep="role_said token_fac", variables=OPTIONS, env=host.env)
    assert (outcome["role_said"] or None, outcome["token_fac"]) == (None, {})
    assert play.sim.counts["fac.revoke"] == 1
