# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookups where a play's hosts come from: variables of connections, hostvars, an inventory's own sources; and what a cache of facts keeps."""

from __future__ import annotations

import importlib.metadata
import json
import pathlib
from collections import Counter

import pytest
import yaml

from tests.integration.harness import PASSWORDS, Player, written_forms

CORE = tuple(int(part) for part in importlib.metadata.version("ansible-core").split(".")[:2])
LOGIN = {"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"]}
LOOKUP = "lookup('forti.oauth.fac_oauth_token')"
ANSWER = "lookup('forti.oauth.fac_oauth_token', return_as='dict')"
CLIENTS = ("ansible", "fcare")
HOSTS = 8


@pytest.mark.long
def test_connections_and_hostvars(play: Player, tmp_path: pathlib.Path) -> None:
    """Each host's connection is told the token of its client, also if a task is delegated to it. Each host reads the tokens of all."""
    noted = tmp_path / "noted"
    noted.mkdir()
    variables = {
        "answer": "{{ lookup('forti.oauth.fac_oauth_token', client_id=client, return_as='dict') }}",
        "ansible_noted_in": str(noted),
        "ansible_host": "{{ client }}.{{ answer.token_type }}.example.com",
        "ansible_user": "{{ answer.token_type }}",
        "ansible_password": "{{ answer.access_token }}",
        "ansible_httpapi_session_key": {"Authorization": "{{ lookup('forti.oauth.fac_oauth_token', client_id=client, return_as='authorization') }}"},
    }
    hosts = {f"host{number:03}": {"client": CLIENTS[number % 2]} for number in range(HOSTS)}
    source = tmp_path / "connections.yml"
    source.write_text(yaml.safe_dump({"all": {"vars": variables, "hosts": hosts}}))
    outcome = play(
        """
- raw: "true"
- raw: "true"
  delegate_to: host001
- {forti.oauth.fac_oauth_token: {client_id: '{{ client }}'}, register: r}
- {set_fact: {seen: "{{ groups.all | map('extract', hostvars, 'ansible_password') }}"}, no_log: true}
""",
        keep="client r seen",
        hosts=HOSTS,
        connection="noting",
        arguments=("-i", str(source)),
        env=LOGIN,
    )
    assert play.sim.counts["fac.login"] == play.sim.counts["fac.token"] == len(CLIENTS)
    token = {host["client"]: host["r"]["access_token"] for host in outcome.kept.values()}
    assert len(set(token.values())) == len(CLIENTS)
    assert outcome.of_all("seen") == [[token[host["client"]] for host in hosts.values()]] * HOSTS
    told = Counter(json.dumps(json.loads(path.read_text()), sort_keys=True) for path in noted.iterdir())
    expected = {
        client: {
            "host": f"{client}.Bearer.example.com",
            "remote_user": "Bearer",
            "password": token[client],
            "session_key": {"Authorization": f"Bearer {token[client]}"},
        }
        for client in CLIENTS
    }
    half = HOSTS // 2
    assert told == {json.dumps(expected["ansible"], sort_keys=True): half, json.dumps(expected["fcare"], sort_keys=True): half + HOSTS}


def test_sources_of_an_inventory(play: Player, tmp_path: pathlib.Path) -> None:
    """A source that makes hosts, and one that composes variables and groups, log in while the inventory is read, and the play uses their token."""
    made, constructed = tmp_path / "made.yml", tmp_path / "constructed.yml"
    group = {"name": f"{{{{ 'made' if {LOOKUP} else 'not_made' }}}}", "vars": {"of_source": f"{{{{ {LOOKUP} }}}}"}}
    made.write_text(
        yaml.safe_dump(
            {
                "plugin": "ansible.builtin.generator",
                "hosts": {"name": f"host_{{{{ {LOOKUP} | length > 0 }}}}_{{{{ site }}}}", "parents": [group]},
                "layers": {"site": ["a", "b", "c"]},
            }
        )
    )
    # Before 2.19 core lets no compose look anything up.
    composed = {"of_source": LOOKUP} if CORE >= (2, 19) else {"of_source": "of_source | default(none)"}
    groups = {"has_token": f"{LOOKUP} | length > 0", "has_none": f"not {LOOKUP}"}
    keyed = [{"prefix": "via", "key": f"{ANSWER}.token_type"}] if CORE >= (2, 19) else []
    constructed.write_text(
        yaml.safe_dump({"plugin": "ansible.builtin.constructed", "strict": True, "compose": composed, "groups": groups, "keyed_groups": keyed})
    )
    outcome = play(
        "- {forti.oauth.fac_oauth_token: , register: r}\n",
        keep="r of_source group_names",
        hosts=2,
        arguments=("-i", str(made), "-i", str(constructed)),
        env=LOGIN,
    )
    assert play.sim.counts["fac.login"] == play.sim.counts["fac.token"] == 1
    assert set(outcome.kept) == {"host000", "host001", *(f"host_True_{site}" for site in "abc")}
    assert {result["source"] for result in outcome.of_all("r")} == {"cache"}
    for name, host in outcome.kept.items():
        made_here, via = name.startswith("host_"), CORE >= (2, 19)
        assert host["group_names"] == ["has_token", *["made"] * made_here, *["via_Bearer"] * via]
        assert (host["of_source"] or None) == (host["r"]["access_token"] if made_here or via else None)


ROLE = "- {import_role: {name: forti.oauth.token}}\n"
CACHED = "- {set_fact: {%s, cacheable: true}, no_log: true}\n"


@pytest.mark.long
def test_a_cache_of_facts(play: Player, tmp_path: pathlib.Path) -> None:
    """It keeps no secret that the user does not put there. What it keeps steers the next run no more than any fact does, until it is cleared."""
    folder = tmp_path / "facts"
    env = {**LOGIN, "ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder)}
    options = {"token_fac_options": {}, "token_forticwp_options": {"credential": "{{ secret.credential }}"}}
    first = play(
        f"""
- {{forti.oauth.fac_oauth_token: , register: r}}
- {{set_fact: {{looked: "{{{{ {LOOKUP} }}}}"}}, no_log: true}}
{ROLE}
{CACHED % "colour: blue, fac_oauth_realm: nobody"}
""",
        keep="r looked token_fac token_forticwp",
        hosts=2,
        variables=options,
        env=env,
    )
    assert (play.sim.counts["fac.token"], play.sim.counts["forticwp.credentials"]) == (1, 1)
    for host in first.kept.values():
        assert host["token_fac"]["access_token"] == host["looked"] == host["r"]["access_token"] and host["token_forticwp"]["access_token"]
    kept = [path.read_text() for path in sorted(folder.iterdir())]
    assert len(kept) == 2 and all("blue" in text for text in kept)
    secrets = {*PASSWORDS.values(), *play.sim.secrets()}
    assert [form for form in written_forms(secrets) if any(form in text for text in kept)] == []
    second = play(
        f"""
- {{set_fact: {{old: "{{{{ token_fac is defined or token_forticwp is defined or looked is defined }}}}"}}}}
- {{set_fact: {{looked: "{{{{ {LOOKUP} }}}}"}}, register: refused, ignore_errors: true}}
- meta: clear_facts
- {{set_fact: {{looked: "{{{{ {LOOKUP} }}}}"}}, no_log: true}}
{CACHED % "mine: '{{ looked }}'"}
""",
        keep="old refused looked colour",
        hosts=2,
        variables=options,
        env=env,
    )
    assert [str(value) for value in second.of_all("old")] == ["False"] * 2
    assert all("fac_oauth_realm comes from the facts of host00" in result["msg"] for result in second.of_all("refused"))
    assert set(second.of_all("colour")) <= {None, ""}
    assert play.sim.counts["fac.token"] == 2
    assert [token in path.read_text() for token, path in zip(second.of_all("looked"), sorted(folder.iterdir()))] == [True, True]
