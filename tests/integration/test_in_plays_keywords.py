# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a play can say of a task: how often, in which order, as whom, after what. None of it costs a login, or a request, too many."""

from __future__ import annotations

import json
import pathlib

import pytest

from tests.integration.harness import PASSWORDS, Player

TOKEN = "/api/v1/oauth/token/"
ENVIRONMENT = {"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"]}
LOGIN = "forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}"
WRONG = "forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.wrong }}', retries: 0}"
ROLE = "include_role: {name: forti.oauth.token}"


def bodies(play: Player) -> list[dict[str, str]]:
    """Return what the token address was asked."""
    return [json.loads(request["body"]) for request in play.sim.requests if request["path"] == TOKEN]


ENDING = f"""
- {{{LOGIN.replace("'}", "', state: absent}")}, register: ended, notify: [was ended, get a token]}}
- meta: flush_handlers
"""


@pytest.mark.daily("linear")
@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_handlers_and_meta_tasks(play: Player, strategy: str) -> None:
    """A handler gets the run's token. What a task ends is told to the handlers of the one host that ended it, and all get the next one.

    With free no token is ended: a host that is ahead would end it for those that still use it.
    """
    ends = strategy == "linear"
    outcome = play(
        f"""
- {{{LOGIN}, register: r, throttle: 1}}
- {{debug: , changed_when: true, notify: get a token}}
- meta: flush_handlers
- {{set_fact: {{flushed: '{{{{ by_handler }}}}'}}, no_log: true}}
- {{{ROLE}}}
- meta: clear_facts
{ENDING if ends else ""}
- {{meta: end_host, when: inventory_hostname == 'host001'}}
- {{{LOGIN}, register: after}}
""",
        keep="r flushed token_fac ended told by_handler after",
        hosts=4,
        head=f"""
strategy: {strategy}
handlers:
  - {{name: get a token, {LOGIN}, register: by_handler}}
  - {{name: was ended, set_fact: {{told: true}}}}
""",
        variables={"token_fac_options": {"username": "luser1", "password": "{{ secret.luser1 }}"}},
    )
    assert sorted(outcome.kept) == ["host000", "host002", "host003"]
    for host in outcome.kept.values():
        first, after = {host[name]["access_token"] for name in ("r", "flushed", "token_fac")}, host["after"]["access_token"]
        assert len(first) == 1 and (after in first) != ends
        assert bool(host["told"]) == (ends and host["ended"]["changed"])
        assert host["by_handler"]["access_token"] in ({after} if host["told"] else first)
    assert len({result["access_token"] for result in outcome.of_all("after")}) == 1
    assert [play.sim.counts[name] for name in ("fac.login", "fac.token", "fac.revoke")] == ([2, 2, 1] if ends else [1, 1, 0])


def test_until(play: Player) -> None:
    """Each try after a failure asks once. A try after a refusal asks nothing."""
    play.sim.fault(TOKEN, status=503, body="", times=2)
    outcome = play(
        f"""
- {{{LOGIN.replace("'}", "', retries: 0}")}, register: down, until: down is success, retries: 4, delay: 0}}
- {{{LOGIN}, register: again, until: again is success, retries: 4, delay: 0}}
- {{{WRONG}, register: refused, until: refused is success, retries: 4, delay: 0, ignore_errors: true}}
""",
        keep="down again refused",
    )
    assert (outcome["down"]["attempts"], outcome["down"]["source"]) == (3, "login")
    assert (outcome["again"]["attempts"], outcome["again"]["source"]) == (1, "cache")
    assert (outcome["refused"]["attempts"], outcome["refused"]["status"]) == (4, 401)
    assert "; not asked again for " in outcome["refused"]["msg"]
    assert [request["status"] for request in play.sim.requests] == [503, 503, 200, 401]
    assert play.sim.state["locked"] == []


DOWN = "lookup('forti.oauth.fac_oauth_token', server='localhost:1', retries=0, errors='ignore')"
UP = "lookup('forti.oauth.fac_oauth_token')"
OTHER = "lookup('forti.oauth.fac_oauth_token', client_id='fcare')"


def test_a_second_server(play: Player) -> None:
    """C(default) asks both servers, as any filter does; C(or) asks the second one only if the first one has none."""
    log = pathlib.Path(play.environment["HOME"], "run.log")
    outcome = play(
        f"""
- set_fact:
    by_default: "{{{{ {DOWN} | default({UP}, true) }}}}"
    by_bare_default: "{{{{ {DOWN} | default({UP}) }}}}"
    by_or: "{{{{ {DOWN} or {UP} }}}}"
    all_the_same: "{{{{ {UP} | default({UP.replace(")", ", scope='read')")}, true) }}}}"
    not_needed: "{{{{ {UP} or {OTHER} }}}}"
  no_log: true
""",
        keep="by_default by_bare_default by_or all_the_same not_needed",
        hosts=3,
        env={**ENVIRONMENT, "ANSIBLE_LOG_PATH": str(log)},
    )
    assert len({value for host in outcome.kept.values() for name, value in host.items() if name != "by_bare_default"}) == 1
    assert set(outcome.of_all("by_bare_default")) <= {None, ""}  # core makes none of what failed, which is not undefined
    assert [(body["client_id"], body.get("scope")) for body in bodies(play)] == [("ansible", None), ("ansible", "read")]
    assert "https://localhost:1 could not be connected to" in " ".join(log.read_text().split())
    play.search_files()


def test_become_and_a_wrong_interpreter(play: Player) -> None:
    """The controller asks, as itself, whatever the host would need."""
    variables = {"ansible_become_exe": "/no/sudo", "ansible_become_password": "{{ " + UP + " }}", "ansible_python_interpreter": "/no/python"}
    outcome = play(
        f"""
- {{{LOGIN}, register: r}}
- {{forti.oauth.fac_oauth_token_info: {{access_token: '{{{{ r.access_token }}}}'}}, register: info}}
- {{forti.oauth.forticwp_token: {{credential: '{{{{ secret.credential }}}}'}}, register: cwp}}
- {{{ROLE}}}
- {{command: id, register: real, ignore_errors: true}}
""",
        keep="r info cwp token_fac real",
        hosts=2,
        head="become: true\nbecome_user: nobody\nbecome_method: sudo",
        variables={**variables, "token_fac_options": {}},
        connection="elsewhere",
        env=ENVIRONMENT,
    )
    assert all(host["info"]["valid"] and host["cwp"]["access_token"] for host in outcome.kept.values())
    assert len({host[name]["access_token"] for host in outcome.kept.values() for name in ("r", "token_fac")}) == 1
    assert all(host["real"]["failed"] for host in outcome.kept.values())  # so sudo and Python are really missing
    assert (play.sim.counts["fac.token"], play.sim.counts["forticwp.credentials"]) == (1, 1)


@pytest.mark.long
def test_the_role_in_a_loop(play: Player, tmp_path: pathlib.Path) -> None:
    """One token for each client, for one login each, on all hosts."""
    collect = 'tokens: "{{ tokens | default({}) | combine({client: token_fac.access_token}) }}"'
    (tmp_path / "one_client.yml").write_text(f"- {ROLE}\n- {{set_fact: {{{collect}}}, no_log: true}}\n")
    each = "loop: [ansible, fcare, ansible], loop_control: {loop_var: client}"
    outcome = play(
        f"- {{{ROLE}, {each}}}\n- {{set_fact: {{last: '{{{{ token_fac.access_token }}}}'}}, no_log: true}}\n- {{include_tasks: one_client.yml, {each}}}\n",
        keep="last tokens",
        hosts=3,
        variables={"token_fac_options": {"client_id": "{{ client }}", "username": "luser1", "password": "{{ secret.luser1 }}"}},
    )
    assert [body["client_id"] for body in bodies(play)] == ["ansible", "fcare"]
    for host in outcome.kept.values():
        assert set(host["tokens"]) == {"ansible", "fcare"}
        assert host["last"] == host["tokens"]["ansible"] != host["tokens"]["fcare"]


def test_async_is_refused_before_anything_is_sent(play: Player) -> None:
    """The results of such a task would lie in a file on the host."""
    background = "async: 60, poll: 0, ignore_errors: true"
    outcome = play(
        f"""
- {{{LOGIN}, register: fac, {background}}}
- {{forti.oauth.forticwp_token: {{credential: '{{{{ secret.credential }}}}'}}, register: cwp, {background}}}
- {{forti.oauth.fac_oauth_token_info: {{access_token: abc}}, register: info, {background}}}
- {{forti.oauth.forticwp_resource_map_info: {{access_token: abc}}, register: map, {background}}}
- {{forti.oauth.token_store_info: , register: store, {background}}}
""",
        keep="fac cwp info map store",
    )
    for name, result in outcome.kept["host000"].items():
        assert result["failed"] and "async" in result["msg"], name
    assert play.sim.requests == []
