# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 5: a managed host never steers. A variable that its facts set is refused as an option, by name, before anything is looked for or sent."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable

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


# name of the case -> the facts, the tasks, the variable that is named
REFUSED: dict[str, tuple[dict[str, object], str, str]] = {
    **{
        f"{name} for a {kind}": ({name: value}, tasks, name)
        for name, value in {
            "fac_oauth_server": "localhost:1",
            "fac_oauth_validate_certs": False,
            "fac_oauth_ca_path": "/etc/hostname",
            "forti_oauth_cache": "/tmp/theirs",
        }.items()
        for kind, tasks in {"lookup": FAC, "module": MODULE}.items()
    },
    # Core takes ansible_ out of the names in ansible_facts, where the second one takes the place of the first.
    **{
        f"{twin} beside it": ({"fac_oauth_server": "localhost:1", twin: "x"}, FAC, "fac_oauth_server")
        for twin in ("ansible_fac_oauth_server", "fac_ansible_oauth_server")
    },
    "the other lookup": ({"forticwp_server": "localhost:1"}, LOOKUP % ("forticwp_token", ", credential=secret.credential"), "forticwp_server"),
    "a task of the role": ({"fac_oauth_server": "localhost:1"}, ROLE % "", "fac_oauth_server"),
    "a store": (
        {"forti_oauth_cache": "/tmp/theirs"},
        "- {forti.oauth.token_store_info: , register: looked_up, ignore_errors: true}\n",
        "forti_oauth_cache",
    ),
    "set_fact with cacheable": ({}, "- {set_fact: {fac_oauth_server: 'localhost:1', cacheable: true}}\n" + FAC, "fac_oauth_server"),
    "a variable of the role": ({"token_delegate_to": "host001"}, ROLE % "", "token_delegate_to"),
    "a second one beside it": ({"token_delegate_to": "host001", "ansible_token_delegate_to": "x"}, ROLE % "", "token_delegate_to"),
    "the role's company": ({"token_forticwp_company": "4711"}, ROLE % "", "token_forticwp_company"),
    "the role's resource map": ({"token_forticwp_resource_map": True}, ROLE % "", "token_forticwp_resource_map"),
    "the role's options": ({"token_forticwp_options": {"server": "localhost:1"}}, ROLE % "", "token_forticwp_options"),
    # Core takes keys like these out of the variable, and leaves them in ansible_facts.
    "options with an internal key": (
        {"token_forticwp_options": {"server": "localhost:1", "_ansible_x": 1, "credential": [{"_ansible_y": 1}]}},
        ROLE % "",
        "token_forticwp_options",
    ),
    # The client's secret would go to the server of the fact.
    **{
        f"what the role revokes, {name}": (
            {"token_fac": {"access_token": "abc", "server": "https://SIMULATOR", **more}},
            ROLE % ", tasks_from: revoke",
            "token_fac",
        )
        for name, more in {"plain": {}, "with an internal key": {"_ansible_x": 1}}.items()
    },
}


class HostileHost:
    """A host that answers any module with facts of its choice."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._library = folder / "library"
        self._library.mkdir()
        self.env = {"ANSIBLE_LIBRARY": str(self._library)}
        self._answers = 0

    def says(self, **facts: object) -> str:
        """Return a task whose module the host answers with these facts."""
        self._answers += 1
        answer = json.dumps({"changed": False, "ansible_facts": facts})
        (self._library / f"look_around_{self._answers}.sh").write_text(f"#!/bin/sh\n# no_python\ncat <<'END'\n{answer}\nEND\n")
        return f"- look_around_{self._answers}:\n"


@pytest.fixture
def host(tmp_path: pathlib.Path) -> HostileHost:
    """A host whose modules return facts."""
    return HostileHost(tmp_path)


def refused(name: str, host: str = "host000") -> str:
    """Return the beginning of the message."""
    return f"{name} comes from the facts of {host}, or from set_fact with cacheable."


@pytest.fixture(scope="module")
def said(new_play: Callable[[], Player], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is said of each case, which has a host of its own, in one run. Nothing is sent."""
    play, host = new_play(), HostileHost(tmp_path_factory.mktemp("hostile"))
    say = "- {set_fact: {said: '{{ looked_up.msg | default(role_said | default(none)) }}'}}\n"
    asked = [host.says(**facts).replace("SIMULATOR", play.sim.host) + tasks + say for facts, tasks, _name in REFUSED.values()]
    outcome = play(asked, keep="said", variables=OPTIONS, env=host.env)
    assert play.sim.requests == []
    return {name: variables["said"] for name, variables in zip(REFUSED, outcome.kept.values(), strict=True)}


@pytest.mark.xdist_group("facts")
@pytest.mark.parametrize("name", REFUSED)
def test_a_fact_is_no_option(said: dict[str, str], name: str) -> None:
    number, variable = list(REFUSED).index(name), REFUSED[name][2]
    text = said[name]
    assert refused(variable, f"host{number:03}") in text
    assert "lookup" in REFUSED[name][1] or text.startswith(variable)


def test_it_is_refused_although_a_token_is_kept(play: Player, host: HostileHost) -> None:
    """Facts that come later make the same question, word for word: the kept answer must not be looked for first."""
    tasks = FAC + host.says(fac_oauth_server=play.sim.host) + FAC.replace("looked", "again")
    outcome = play(tasks, keep="looked again_up", env=host.env, variables={"fac_oauth_realm": ""})
    assert int(outcome["looked"]) > 0
    assert refused("fac_oauth_server") in outcome["again_up"]["msg"]


def test_what_the_call_itself_says_is_not_in_question(play: Player, host: HostileHost) -> None:
    own = LOOKUP % ("fac_oauth_token", f", server='{play.sim.host}', username='luser1', password=secret.luser1")
    outcome = play(host.says(fac_oauth_server="localhost:1") + own, keep="looked", env=host.env)
    assert int(outcome["looked"]) > 0


def test_set_fact_inventory_and_vars_are_fine(play: Player, host: HostileHost) -> None:
    """They win over the fact, with a value of their own. A fact of another name steers nothing."""
    tasks = host.says(fac_oauth_server="localhost:1", other_fact="x") + "- {set_fact: {fac_oauth_server: '{{ right }}'}}\n" + FAC
    outcome = play(tasks, keep="looked", env=host.env, variables={"right": play.sim.host, "fac_oauth_realm": ""})
    assert int(outcome["looked"]) > 0


def test_facts_that_are_not_injected_do_no_harm(play: Player, host: HostileHost) -> None:
    outcome = play(host.says(fac_oauth_server="localhost:1") + FAC, keep="looked", env={**host.env, "ANSIBLE_INJECT_FACT_VARS": "false"})
    assert int(outcome["looked"]) > 0


def test_gathered_facts_of_the_role_itself_are_fine(play: Player, host: HostileHost) -> None:
    """What the role sets is set_fact's, which the host cannot write."""
    tasks = host.says(other="x") + ROLE % "" + ROLE % ", tasks_from: revoke"
    outcome = play(tasks, keep="role_said token_fac", variables=OPTIONS, env=host.env)
    assert (outcome["role_said"] or None, outcome["token_fac"]) == (None, {})
    assert play.sim.counts["fac.revoke"] == 1


def test_a_fact_that_is_called_omit_steers_nothing(play: Player, host: HostileHost) -> None:
    """From ansible-core 2.19 on it takes the place of core's own omit: of each option with default(omit), and of what a role leaves out."""
    module = MODULE.replace("{username", "{server: '{{ nothing | default(omit) }}', username")
    forged = {"access_token": "EVIL-Token-1", "server": "https://localhost:1"}
    tasks = host.says(omit="localhost:1") + module + FAC.replace("looked", "again") + host.says(omit=forged) + ROLE % "" + ROLE % ", tasks_from: revoke"
    outcome = play(tasks, keep="looked_up again_up role_said token_fac token_forticwp", env=host.env, variables=OPTIONS)
    said = [outcome["looked_up"].get("msg"), outcome["again_up"].get("msg"), outcome["role_said"] or None]
    assert all(text is None or refused("omit") in text for text in said), said
    assert not outcome["token_forticwp"]
    assert not outcome["token_fac"]


def test_a_fact_that_is_called_omit_does_not_become_a_fact_of_the_role_that_failed(play: Player, host: HostileHost) -> None:
    ignored = "- {include_role: {name: forti.oauth.token%s, apply: {ignore_errors: true}}}\n"
    tasks = host.says(omit={"access_token": "EVIL-Token-1"}) + ignored % "" + ignored % ", tasks_from: revoke"
    outcome = play(tasks, keep="token_fac token_forticwp", env=host.env, variables={"token_fac_options": {"username": "luser1"}})
    assert not outcome["token_fac"]
    assert not outcome["token_forticwp"]


def test_a_fact_is_not_merged_into_a_dictionary_of_the_role(play: Player, host: HostileHost) -> None:
    """With hash_behaviour merge, core would add the host's server to the user's password."""
    evil = {"server": "localhost:1", "validate_certs": False}
    tasks = host.says(token_fac_options=evil) + ROLE % ""
    outcome = play(tasks, keep="role_said token_fac", env={**host.env, "ANSIBLE_HASH_BEHAVIOUR": "merge"}, variables=OPTIONS)
    assert refused("token_fac_options") in outcome["role_said"]
    assert play.sim.requests == []
