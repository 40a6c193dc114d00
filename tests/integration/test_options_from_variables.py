# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One name for one setting, in modules, lookups and the role; and what a person reads where an option is missing, mistyped or no text."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from tests.integration.harness import PASSWORDS, Player, without_age

TOKEN, VERIFY = "/api/v1/oauth/token/", "/api/v1/oauth/verify_token/"
NOTHING_SET = dict.fromkeys(("FAC_SERVER", "FAC_CA_PATH", "FAC_CLIENT_ID", "FORTICWP_SERVER", "FORTICWP_CA_PATH"), "")
USER = "username: luser1, password: '{{ secret.luser1 }}'"
HOSTS = 30


def test_one_name_serves_modules_lookups_and_the_role(play: Player, tmp_path: pathlib.Path) -> None:
    """The environment holds nothing. Templates in the variables are filled in."""
    at_simulator = {"server": play.sim.host, "ca_path": str(play.sim.ca)}
    of_fac = {**at_simulator, "client_id": "ansible", "username": "luser1", "password": "{{ secret.luser1 }}", "scope": "{{ ['read', 'write'] | join(' ') }}"}
    of_forticwp = {**at_simulator, "credential": "{{ secret.credential }}"}
    variables = {
        **{f"fac_oauth_{name}": value for name, value in of_fac.items()},
        **{f"forticwp_{name}": value for name, value in of_forticwp.items()},
        "forti_oauth_cache": f"{tmp_path}/{{{{ 'tokens' }}}}",
        "token_fac_options": {},
        "token_forticwp_options": {},
    }
    outcome = play(
        """
- {forti.oauth.fac_oauth_token: , register: fac}
- {forti.oauth.fac_oauth_token_info: {access_token: "{{ fac.access_token }}"}, register: info}
- {forti.oauth.forticwp_token: , register: forticwp}
- {forti.oauth.forticwp_resource_map_info: , register: map}
- {set_fact: {of_lookups: ["{{ lookup('forti.oauth.fac_oauth_token') }}", "{{ lookup('forti.oauth.forticwp_token') }}"]}, no_log: true}
- {import_role: {name: forti.oauth.token}}
- {forti.oauth.token_store_info: , register: store}
- {forti.oauth.token_store: , register: removed}
""",
        keep="fac info forticwp map of_lookups token_fac token_forticwp store removed",
        hosts=2,
        env=NOTHING_SET,
        variables=variables,
    )
    for host in outcome.kept.values():
        assert host["of_lookups"] == [host["fac"]["access_token"], host["forticwp"]["access_token"]]
        assert [host["token_fac"]["access_token"], host["token_forticwp"]["access_token"]] == host["of_lookups"]
        assert (host["info"]["valid"], host["info"]["username"], host["fac"]["scope"]) == (True, "luser1", "read write")
        assert host["map"]["companies"]
        assert host["store"]["where"] == f"the directory {tmp_path / 'tokens'}"
        kept = [(entry["kind"], entry["service"], entry["client_id"]) for entry in host["store"]["entries"]]
        assert {("token", "fac", "ansible"), ("token", "forticwp", None)} <= set(kept)
        assert "msg" not in host["store"]
    assert any(removed["changed"] for removed in outcome.of_all("removed"))
    assert (play.sim.counts["fac.login"], play.sim.counts["forticwp.credentials"]) == (1, 1)


def test_the_order_is_call_variable_environment_and_facts_are_refused(play: Player) -> None:
    """What stands in module_defaults is the call's own."""
    tasks = """
- vars: {fac_oauth_scope: "{{ 'from' ~ '-variable' }}"}
  module_defaults: {forti.oauth.fac_oauth_token: {scope: from-defaults}}
  block:
    - {forti.oauth.fac_oauth_token: {USER, scope: from-call}, register: by_call}
    - {forti.oauth.fac_oauth_token: {USER}, register: by_defaults}
- vars: {fac_oauth_scope: "{{ 'from' ~ '-variable' }}"}
  environment: {FAC_SCOPE: from-task}
  block:
    - {forti.oauth.fac_oauth_token: {USER}, register: by_variable}
    - {forti.oauth.fac_oauth_token: {USER, scope: ''}, register: by_empty_call}
    - {forti.oauth.fac_oauth_token: {USER}, register: by_task, vars: {fac_oauth_scope: ''}}
- {forti.oauth.fac_oauth_token: {USER}, register: by_environment}
- {set_fact: {fac_oauth_scope: from-fact, cacheable: true}}
- {forti.oauth.fac_oauth_token: {USER, scope: from-call}, register: by_own}
- {forti.oauth.fac_oauth_token: {USER}, register: fact, ignore_errors: true}
"""
    expected = {
        "by_call": "from-call",
        "by_defaults": "from-defaults",
        "by_variable": "from-variable",
        "by_empty_call": "from-variable",
        "by_task": "from-task",
        "by_environment": "from-environment",
        "by_own": "from-call",
    }
    outcome = play(tasks.replace("USER", USER), keep=" ".join([*expected, "fact"]), env={"FAC_SCOPE": "from-environment"})
    assert {name: outcome[name]["scope"] for name in expected} == expected
    assert outcome["fact"]["msg"].startswith("fac_oauth_scope comes from the facts of host000, or from set_fact with cacheable. A host must not choose it.")
    assert play.sim.counts["fac.login"] == 5  # one for each scope


def test_the_groups_defaults_serve_all_its_modules(play: Player, tmp_path: pathlib.Path) -> None:
    outcome = play(
        """
- {forti.oauth.fac_oauth_token: , register: r}
- {forti.oauth.fac_oauth_token_info: {access_token: "{{ r.access_token }}"}, register: info}
- {forti.oauth.fac_oauth_token_info: {access_token: "{{ r.access_token }}", psuh_timeout: 5}, register: mistyped, ignore_errors: true}
- {forti.oauth.fac_oauth_token_info: {access_token: "{{ r.access_token }}", push_timeout: soon}, register: no_number, ignore_errors: true}
""",
        keep="r info mistyped no_number",
        head=f"""
module_defaults:
  group/forti.oauth.fac:
    {{{USER}, cache: '{tmp_path}/tokens', verify: always, push_timeout: 5, min_validity: 30, scope: read, method: ftm}}
""",
    )
    assert (outcome["info"]["valid"], outcome["info"]["username"]) == (True, "luser1")
    assert (tmp_path / "tokens").is_dir()
    assert outcome["mistyped"]["msg"] == "Unknown option psuh_timeout. Did you mean push_timeout?"
    assert "push_timeout" in outcome["no_number"]["msg"] and outcome["no_number"]["failed"]
    verifies = [request for request in play.sim.requests if request["path"] == VERIFY]
    assert [request["query"] for request in verifies] == ["client_id=ansible"]
    assert PASSWORDS["luser1"] not in json.dumps(verifies)


MISSING = (
    "server, username, password and client_id are missing: grant_type password needs them, or iam_account with iam_user in place of username. "
    "Set them, or the variables fac_oauth_server, fac_oauth_username, fac_oauth_password and fac_oauth_client_id, "
    "or the environment variables FAC_SERVER, FAC_USERNAME, FAC_PASSWORD and FAC_CLIENT_ID."
)
NO_TEXT = "{} must be text. Put it in quotes: YAML turned it into {}, as it turns 016514 into 7500."
# options of a task as they are written -> how the message begins
WRITTEN = {
    "username: luser1, password: x, otp: 016514": NO_TEXT.format("otp", "a number"),
    "username: luser1, password: 012345": NO_TEXT.format("password", "a number"),
    "username: luser1, password: 2026-11-26": NO_TEXT.format("password", "a date"),
    "username: luser1, password: yes": NO_TEXT.format("password", "a boolean"),
    "username: luser1, password: [x]": NO_TEXT.format("password", "a list"),
    "username: 4711, password: x": NO_TEXT.format("username", "a number"),
    f"{USER}, timeout: true": "timeout must be a whole number, such as 30.",
    f"{USER}, validate_certs: 2026-11-26": "validate_certs must be true or false. YAML turned it into a date.",
    "username: luser1, password: '{{ secret.luser1 ~ two_lines }}'": "password holds a line end, a control character or a line separator inside.",
    "username: luser1, pasword: x": "Unknown option pasword. Did you mean password?",
    f"{USER}, host: fac.example.com": "Unknown option host. Did you mean server? server takes host, host:port or https://host:port.",
    f"{USER}, verify_ssl: false": "Unknown option verify_ssl. Did you mean validate_certs?",
}


def task(options: str, register: str, more: str = "") -> str:
    return f"- {{forti.oauth.fac_oauth_token: {{{options}}}, register: {register}, ignore_errors: true{more}}}\n"


def test_what_a_person_reads_before_anything_is_sent(play: Player) -> None:
    role = """
- block:
    - {import_role: {name: forti.oauth.token}}
  rescue:
    - {set_fact: {role_said: '{{ ansible_failed_result.msg }}'}}
"""
    tasks = "".join(task(options, f"r{number}") for number, options in enumerate(WRITTEN))
    tasks += task("", "missing", ", environment: {FAC_SERVER: '', FAC_CLIENT_ID: ''}") + role
    outcome = play(tasks, keep=" ".join([*(f"r{number}" for number in range(len(WRITTEN))), "missing", "role_said"]), variables={"two_lines": "\nx"})
    said = {options: outcome[f"r{number}"]["msg"] for number, options in enumerate(WRITTEN)}
    assert {options: said[options][: len(expected)] for options, expected in WRITTEN.items()} == WRITTEN
    assert outcome["missing"]["msg"] == MISSING
    assert outcome["role_said"].startswith("Neither token_fac_options nor token_forticwp_options is defined, so the role has no token to get.")
    assert "An empty dictionary ({}) is enough" in outcome["role_said"]
    assert play.sim.requests == []


def test_a_line_end_at_the_end_of_a_secret_is_not_sent(play: Player) -> None:
    """As a block scalar leaves one, and echo | ansible-vault encrypt_string."""
    outcome = play(
        """
- forti.oauth.fac_oauth_token:
    timeout: "30"
    username: luser1
    password: |
      {{ secret.luser1 }}
  register: r
- {forti.oauth.fac_oauth_token: {username: ftm1, password: '{{ line }}', method: ftm, otp: '{{ otp }}'}, register: second, no_log: true}
""",
        keep="r second",
        variables={"line": PASSWORDS["ftm1"] + "\n", "otp": play.sim.otp("ftm1") + "\r\n"},
    )
    assert (outcome["r"]["source"], outcome["second"]["source"]) == ("login", "login")
    assert [json.loads(request["body"])["password"] for request in play.sim.requests] == [PASSWORDS["luser1"], PASSWORDS["ftm1"]]


@pytest.mark.long
def test_a_success_that_says_no_is_a_refusal_for_all_hosts(play: Player) -> None:
    play.sim.fault(TOKEN, status=200, body={"status": "fail", "message": "Account is locked out"}, times=None)
    outcome = play(task(USER, "r"), keep="r", hosts=HOSTS, arguments=("--forks", "10"), verbosity=1)
    results: list[dict[str, Any]] = outcome.of_all("r")
    assert len(play.sim.requests) == 1
    assert {without_age(result["msg"]) for result in results} == {
        f"{play.sim.url} answered 200 fail (Account is locked out). "
        "The account is locked: the server refuses the right password, too. Wait until the lock ends, or have the user unlocked."
    }
    assert sum(result["msg"].endswith("; force: true asks anew)") and " (refused " in result["msg"] for result in results) == HOSTS - 1
    assert {(result["status"], result["error"], result["failed"]) for result in results} == {(200, "access_denied", True)}
    assert "forti.oauth: https://" not in outcome.output  # that is for -vv


def test_a_variable_that_is_omitted_is_not_set(play: Player) -> None:
    """In a module and in a lookup."""
    outcome = play(
        """
- vars:
    fac_oauth_username: luser1
    fac_oauth_password: "{{ secret.luser1 }}"
    fac_oauth_realm: "{{ no_such_realm | default(omit) }}"
    fac_oauth_client_secret: "{{ no_such_secret | default(omit) }}"
  block:
    - {forti.oauth.fac_oauth_token: , register: r}
    - {set_fact: {looked: "{{ lookup('forti.oauth.fac_oauth_token') }}"}, no_log: true}
""",
        keep="r looked",
    )
    assert outcome["looked"] == outcome["r"]["access_token"]
    (login,) = [json.loads(request["body"]) for request in play.sim.requests]
    assert set(login) == {"grant_type", "username", "password", "client_id"}
