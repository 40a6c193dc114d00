# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role: facts on every host, for one login, however it is used."""

from __future__ import annotations

import re

import pytest

from tests.integration.harness import PASSWORDS, Player

BOTH = {
    "token_fac_options": {"username": "luser1", "password": "{{ secret.luser1 }}"},
    "token_forticwp_options": {"credential": "{{ secret.credential }}"},
}
ROLE = "- {import_role: {name: forti.oauth.token}}\n"
REVOKE = "- {import_role: {name: forti.oauth.token, tasks_from: revoke}}\n"


@pytest.mark.daily("plain-include_role", "free-include_role")
@pytest.mark.parametrize("how", ["import_role", "include_role"])
@pytest.mark.parametrize(
    ("head", "arguments"),
    [("", ()), ("serial: 2", ()), ("strategy: free", ()), ("", ("--check",))],
    ids=["plain", "serial", "free", "check mode"],
)
def test_facts_on_every_host(play: Player, how: str, head: str, arguments: tuple[str, ...]) -> None:
    outcome = play(ROLE.replace("import_role", how), keep="token_fac token_forticwp", hosts=4, head=head, arguments=arguments, variables=BOTH)
    assert len({fact["access_token"] for fact in outcome.of_all("token_fac")}) == 1
    assert len({fact["authorization"] for fact in outcome.of_all("token_forticwp")}) == 1
    assert len(outcome.kept) == 4
    expected = {"access_token", "authorization", "token_type", "refresh_token", "scope", "expires_in", "expires_at", "source", "server"}
    assert set(outcome.of_all("token_fac")[0]) == expected
    assert (play.sim.counts["fac.token"], play.sim.counts["forticwp.credentials"]) == (1, 1)


def test_run_once_sets_all_hosts(play: Player) -> None:
    outcome = play(ROLE.replace("}}", "}, run_once: true}"), keep="token_fac", hosts=3, variables=BOTH)
    assert len([fact for fact in outcome.of_all("token_fac") if fact["access_token"]]) == 3
    assert play.sim.counts["fac.token"] == 1


def test_only_what_is_asked_for(play: Player) -> None:
    env = {"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"]}
    outcome = play(ROLE, keep="token_fac token_forticwp", variables={"token_fac_options": {}}, env=env)
    assert outcome["token_fac"]["access_token"]
    assert outcome["token_forticwp"] in (None, "")
    assert play.sim.counts["forticwp.credentials"] == 0


def test_two_tasks_on_each_host(play: Player) -> None:
    """Core would check the role's variables in a task of its own, which costs as much as the token does; see meta/argument_specs of the role."""
    outcome = play(ROLE, hosts=2, variables=BOTH)
    assert re.findall(r"^TASK \[(.*?)\]", outcome.output, re.MULTILINE)[:2] == [
        "forti.oauth.token : Get the tokens",
        "forti.oauth.token : Set token_fac and token_forticwp",
    ]


def test_a_variable_of_the_wrong_type_is_named(play: Player) -> None:
    outcome = play(ROLE, fails=True, variables={"token_fac_options": ["server"]})
    assert "token_fac_options must be a dictionary." in " ".join(outcome.output.split())
    assert play.sim.requests == []


def test_what_is_omitted_is_not_set(play: Player) -> None:
    options = {**BOTH["token_fac_options"], "realm": "{{ no_realm | default(omit) }}", "timeout": "{{ omit }}"}
    outcome = play(ROLE, keep="token_fac", variables={"token_fac_options": options})
    assert outcome["token_fac"]["source"] == "login"


def test_on_hosts_without_a_python(play: Player) -> None:
    outcome = play(ROLE, keep="token_fac", hosts=2, variables=BOTH, connection="elsewhere", env={"ANSIBLE_PYTHON_INTERPRETER": "/no/python"})
    assert all(fact["access_token"] for fact in outcome.of_all("token_fac"))


@pytest.mark.daily("one for all")
@pytest.mark.parametrize(("by_way_of", "logins"), [("jump", 1), ("{{ inventory_hostname }}", 2)], ids=["one for all", "each for itself"])
def test_by_way_of_another_host(play: Player, python39: str, by_way_of: str, logins: int) -> None:
    variables = {**BOTH, "token_delegate_to": by_way_of}
    env = {"ANSIBLE_PYTHON_INTERPRETER": python39}
    outcome = play(ROLE, keep="token_fac", hosts=2, variables=variables, connection="elsewhere", delegate_to=by_way_of, env=env)
    assert all(fact["access_token"] for fact in outcome.of_all("token_fac"))
    assert (play.sim.counts["fac.token"], play.sim.counts["forticwp.credentials"]) == (logins, logins)


def test_revoke(play: Player) -> None:
    info = "- {forti.oauth.fac_oauth_token_info: {access_token: '{{ before.access_token }}'}, register: info}\n"
    outcome = play(
        ROLE + "- {set_fact: {before: '{{ token_fac }}'}, no_log: true}\n" + REVOKE + info + REVOKE + ROLE,
        keep="token_fac token_forticwp before info",
        hosts=3,
        variables=BOTH,
    )
    assert not any(info["valid"] for info in outcome.of_all("info"))
    assert play.sim.counts["fac.revoke"] == 1
    # A token that was revoked is not handed out again.
    assert {fact["access_token"] for fact in outcome.of_all("token_fac")}.isdisjoint(fact["access_token"] for fact in outcome.of_all("before"))


def test_revoke_forgets(play: Player) -> None:
    outcome = play(ROLE + REVOKE, keep="token_fac token_forticwp", variables=BOTH)
    assert (outcome["token_fac"], outcome["token_forticwp"]) == ({}, {})


def test_revoke_in_check_mode_ends_nothing(play: Player) -> None:
    outcome = play(ROLE + REVOKE, keep="token_fac", variables=BOTH, arguments=("--check",))
    assert outcome["token_fac"]["access_token"]
    assert (play.sim.counts["fac.verify"], play.sim.counts["fac.revoke"]) == (1, 0)


def test_revoke_in_check_mode_of_its_task_alone_ends_nothing(play: Player) -> None:
    outcome = play(ROLE + REVOKE.replace("}}", "}, check_mode: true}"), keep="token_fac token_forticwp", variables=BOTH)
    assert outcome["token_fac"]["access_token"] and outcome["token_forticwp"]["access_token"]
    assert play.sim.counts["fac.revoke"] == 0


def test_revoke_with_another_client_is_refused_and_the_right_one_ends_it(play: Player) -> None:
    """The server would call the token of another client invalid, as if it had ended."""
    wrong = REVOKE.replace("}}", "}, vars: {token_fac_options: {client_id: flexvm}}, ignore_errors: true}")
    outcome = play(ROLE + wrong + "- {set_fact: {still: '{{ token_fac }}'}, no_log: true}\n" + REVOKE, keep="still token_fac", variables=BOTH, hosts=2)
    assert "access_token was issued to client_id ansible, and client_id is flexvm. Revoke it with client_id ansible." in " ".join(outcome.output.split())
    assert all(fact["access_token"] for fact in outcome.of_all("still"))
    assert outcome.of_all("token_fac") == [{}, {}]
    assert (play.sim.counts["fac.verify"], play.sim.counts["fac.revoke"]) == (1, 1)


def test_a_token_that_the_server_calls_invalid_may_be_of_another_client(play: Player) -> None:
    """A token that this run did not get: the warning says what it may be, and the right client may still end it."""
    end = "- {forti.oauth.fac_oauth_token: {state: absent, access_token: '{{ token }}', client_id: %s}, register: %s}\n"
    token = play(ROLE, keep="token_fac", variables=BOTH)["token_fac"]["access_token"]
    outcome = play(end % ("flexvm", "wrong") + end % ("ansible", "right"), keep="wrong right", variables={"token": token})
    said = f"{play.sim.url} says that access_token is not valid for client_id flexvm. It has ended, or another client_id got it: then revoke it with that one."
    assert said in " ".join(outcome.output.split())
    assert (outcome["wrong"]["changed"], outcome["right"]["changed"]) == (False, True)


def test_a_page_in_place_of_a_revocation_ends_nothing(play: Player) -> None:
    play.sim.fault("/api/v1/oauth/revoke_token/", status=200, body="<html>ok</html>")
    outcome = play(ROLE + REVOKE.replace("}}", "}, ignore_errors: true}"), keep="token_fac", variables=BOTH)
    assert "answered 200 with an HTML page." in outcome.output
    assert outcome["token_fac"]["access_token"]


def test_what_is_wrong_for_one_service_is_told_before_the_other_one_is_asked(play: Player) -> None:
    wrong = {**BOTH, "token_fac_options": {**BOTH["token_fac_options"], "tiemout": 3}}
    assert "Unknown option tiemout." in play(ROLE, fails=True, variables=wrong).output
    assert play.sim.requests == []
    revoke = REVOKE.replace("}}", "}, vars: {token_forticwp_options: {tiemout: 3}}, ignore_errors: true}")
    outcome = play(ROLE + revoke, keep="token_fac", variables=BOTH)
    assert outcome["token_fac"]["access_token"]
    assert play.sim.counts["fac.revoke"] == 0


def test_a_failure_that_is_ignored_brings_no_second_one(play: Player) -> None:
    ignored = "- {include_role: {name: forti.oauth.token%s, apply: {ignore_errors: true}}}\n"
    variables = {"token_fac_options": {"username": "luser1"}, "token_fac": {"access_token": "x", "server": "localhost:1"}}
    outcome = play(ignored % "" + ignored % ", tasks_from: revoke", keep="token_fac", variables=variables)
    assert outcome.output.count("...ignoring") == 2
    assert outcome["token_fac"]["access_token"] == "x"


@pytest.mark.parametrize("nowhere", [None, ""])
def test_nobody_to_delegate_to_is_the_controller(play: Player, nowhere: str | None) -> None:
    outcome = play(ROLE + REVOKE, keep="token_fac", variables={**BOTH, "token_delegate_to": nowhere})
    assert outcome["token_fac"] == {}


def test_a_label_keeps_the_items_of_a_loop_over_the_role_out_of_the_output(play: Player) -> None:
    """The line of the loop is core's own. Without a label it shows the item, but for ansible-core 2.16, which shows nothing."""
    loop = "loop: '{{ users }}', loop_control: {label: '{{ item.username }}'}"
    users = [{"username": name, "password": PASSWORDS[name]} for name in ("luser1", "luser1")]
    task = f"- {{include_role: {{name: forti.oauth.token}}, vars: {{token_fac_options: '{{{{ item }}}}'}}, {loop}}}\n"
    outcome = play(task, keep="token_fac", variables={"users": users}, arguments=("-vvv",))
    assert outcome["token_fac"]["access_token"]
    assert "(item=luser1)" in outcome.output or "(item=" not in outcome.output
    assert [user["username"] for user in users if user["password"] in outcome.output] == []


def test_an_unknown_option_is_named(play: Player) -> None:
    outcome = play(ROLE, fails=True, variables={"token_fac_options": {"usrname": "luser1", "password": "{{ secret.luser1 }}"}})
    assert "usrname" in outcome.output
    assert play.sim.requests == []


def test_failure_is_readable(play: Player) -> None:
    outcome = play(ROLE, fails=True, variables={"token_fac_options": {"username": "luser1", "password": "{{ secret.wrong }}"}})
    assert "answered 401 invalid_grant (Invalid credentials given.)." in " ".join(outcome.output.split())


DEFAULTS = """
module_defaults:
  group/forti.oauth.fac: {server: 'localhost:9', username: nobody, password: wrong-word, realm: corp, code: abc, state: absent, retries: 0}
  group/forti.oauth.forticwp: {server: 'localhost:9', credential: another, state: absent, company: nobody, retries: 0}
"""


@pytest.mark.long
def test_module_defaults_do_not_redirect_the_role(play: Player) -> None:
    variables = {"token_fac_options": {**BOTH["token_fac_options"], "server": play.sim.host, "client_id": "ansible"}}
    variables["token_forticwp_options"] = {**BOTH["token_forticwp_options"], "server": play.sim.host}
    outcome = play(ROLE, keep="token_fac token_forticwp", head=DEFAULTS, variables={**variables, "token_forticwp_resource_map": True})
    assert outcome["token_fac"]["server"] == outcome["token_forticwp"]["server"] == play.sim.url
    assert (play.sim.counts["fac.login"], play.sim.counts["forticwp.credentials"]) == (1, 1)
    play(ROLE + REVOKE, head=DEFAULTS, variables=variables)
    assert play.sim.counts["fac.revoke"] == 1


@pytest.mark.daily("Example")
@pytest.mark.parametrize("company", ["Example", "Nobody"])
def test_the_company_is_passed_on(play: Player, company: str) -> None:
    variables = {"token_forticwp_options": BOTH["token_forticwp_options"], "token_forticwp_company": company}
    outcome = play(ROLE, keep="token_forticwp", variables=variables, fails=company == "Nobody")
    if company == "Example":
        assert outcome["token_forticwp"]["company_name"] == company
    else:
        assert "lists no such company" in " ".join(outcome.output.split())
