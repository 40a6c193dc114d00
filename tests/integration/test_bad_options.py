# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What bad input gets: one line that names the option, before any byte is sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.harness import PASSWORDS, Player

USER = {"username": "luser1", "password": PASSWORDS["luser1"]}
CREDENTIAL = PASSWORDS["credential"]

# name of the case -> module or lookup, options, what the line says
CASES = {
    "http server": (
        "fac_oauth_token",
        {**USER, "server": "http://fac.example.com"},
        "server must be an https address: secrets are never sent over plain http.",
    ),
    "user in server": ("fac_oauth_token", {**USER, "server": "https://me:pw@fac.example.com"}, "server must not hold a user or a password."),
    "path in server": (
        "fac_oauth_token",
        {**USER, "server": "https://fac.example.com/api/v1"},
        "server must be a host, host:port or https://host:port, without a path, in ASCII.",
    ),
    "no port": (
        "fac_oauth_token",
        {**USER, "server": "fac.example.com:https"},
        "server must be a host, host:port or https://host:port, without a path, in ASCII.",
    ),
    "no server": (
        "fac_oauth_token",
        {**USER, "server": ""},
        "server is missing. Set it, or the variable fac_oauth_server, or the environment variable FAC_SERVER.",
    ),
    "no password": (
        "fac_oauth_token",
        {"username": "luser1"},
        "password is missing: grant_type password needs it. Set it, or the variable fac_oauth_password, or the environment variable FAC_PASSWORD.",
    ),
    "empty password": ("fac_oauth_token", {"username": "luser1", "password": ""}, "password is missing"),
    "no user": (
        "fac_oauth_token",
        {"password": PASSWORDS["luser1"]},
        "username is missing: grant_type password needs it, or iam_account with iam_user in place of username. "
        "Set it, or the variable fac_oauth_username, or the environment variable FAC_USERNAME.",
    ),
    "half an iam user": (
        "fac_oauth_token",
        {"password": PASSWORDS["robot"], "iam_user": "robot"},
        "iam_account is missing: grant_type password needs it. iam_account and iam_user are needed together; only iam_user is set. "
        "Set it, or the variable fac_oauth_iam_account, or the environment variable FAC_IAM_ACCOUNT.",
    ),
    "two users": ("fac_oauth_token", {**USER, "iam_account": "acme", "iam_user": "robot"}, "username and iam_account do not go together"),
    "code with password": (
        "fac_oauth_token",
        {**USER, "code": "a-code-of-4711"},
        "code does not go with grant_type password. Set grant_type to authorization_code",
    ),
    "refresh with password": (
        "fac_oauth_token",
        {**USER, "refresh_token": "a-refresh-token-4711"},
        "refresh_token does not go with grant_type password. Set grant_type to refresh_token, or leave it out.",
    ),
    "refresh with code": (
        "fac_oauth_token",
        {"grant_type": "authorization_code", "code": "a-code-of-4711", "refresh_token": "a-refresh-token-4711"},
        "refresh_token does not go with grant_type authorization_code. Set grant_type to refresh_token, or leave it out.",
    ),
    "no code": ("fac_oauth_token", {"grant_type": "authorization_code"}, "code is missing: grant_type authorization_code needs it."),
    "otp with refresh": (
        "fac_oauth_token",
        {"grant_type": "refresh_token", "refresh_token": "a-refresh-token-4711", "otp": "471147"},
        "otp does not go with grant_type refresh_token. Set grant_type to password, or leave it out.",
    ),
    "unknown grant": ("fac_oauth_token", {**USER, "grant_type": "client_credentials"}, "value of grant_type must be one of"),
    "unknown method": ("fac_oauth_token", {**USER, "method": "pigeon"}, "value of method must be one of"),
    "no time": ("fac_oauth_token", {**USER, "timeout": 0}, "timeout must be from 1 to 3600, it is 0."),
    "a word for a password": ("fac_oauth_token", {**USER, "password": True}, "password must be text. Put it in quotes"),
    "unknown cache": ("fac_oauth_token", {**USER, "cache": "memory"}, "cache must be run"),
    "no such ca": ("fac_oauth_token", {**USER, "ca_path": "/no/such/ca.pem"}, "ca_path: there is no file /no/such/ca.pem on"),
    "key without certificate": ("fac_oauth_token", {**USER, "client_key": "/dev/null"}, "client_key needs client_cert beside it."),
    "no credential": (
        "forticwp_token",
        {},
        "credential is missing: grant_type client_credentials needs it. "
        "Set it, or the variable forticwp_credential, or the environment variable FORTICWP_CREDENTIAL.",
    ),
    "credential and user": (
        "forticwp_token",
        {"credential": CREDENTIAL, **USER},
        "username does not go with grant_type client_credentials. Set grant_type to password",
    ),
    "credential with password": (
        "forticwp_token",
        {"grant_type": "password", "credential": CREDENTIAL, **USER},
        "credential does not go with grant_type password. Set grant_type to client_credentials, or leave it out.",
    ),
    "line in credential": ("forticwp_token", {"credential": CREDENTIAL + "\nX-Other: 1"}, "credential holds a line end, a control character"),
    "tab in credential": ("forticwp_token", {"credential": "a-tab\t4711"}, "credential holds a line end, a control character"),
    "blank credential": ("forticwp_token", {"credential": " \n"}, "credential is missing"),
}
TASKS_ONLY = {
    "token with present": ("fac_oauth_token", {**USER, "access_token": "a-token-of-4711"}, "access_token goes with state absent only"),
    "absent, nothing kept": ("fac_oauth_token", {"state": "absent", "cache": "none", **USER}, "access_token is missing: with cache none"),
    "unknown option": ("fac_oauth_token", {**USER, "usrname": "x"}, "Unknown option usrname. Did you mean username?"),
    "two lines in token": ("fac_oauth_token_info", {"access_token": "a-token\nof-4711"}, "access_token holds a line end, a control character"),
}

LOOKUPS_ONLY = {
    "terms": ("'x', username='luser1'", "This lookup takes no terms"),
    "unknown option": ("usrname='luser1'", "Unknown option usrname."),
    "state": ("state='absent'", "Unknown option state."),
}
WITHOUT_ENVIRONMENT = {"no server": {"FAC_SERVER": ""}}  # what the environment says in a case of its own
IN_ONE_PLAY = {name: case for name, case in CASES.items() if name not in WITHOUT_ENVIRONMENT}
OF_TASKS = {**IN_ONE_PLAY, **TASKS_ONLY}
TASK = "- {{forti.oauth.{module}: '{{{{ options[{number}] }}}}', register: r{number}, ignore_errors: true}}\n"
LOOKUP = "- {{set_fact: {{x: \"{{{{ lookup('forti.oauth.{module}', {arguments}) }}}}\"}}, register: {name}, ignore_errors: true}}\n"


@dataclasses.dataclass(frozen=True)
class Refused:
    """What came of all cases, which one play has asked for, and the requests that the simulator saw."""

    results: dict[str, dict[str, Any]]
    requests: list[dict[str, Any]]


def refuse(play: Player, tasks: str, cases: dict[str, Any], options: list[dict[str, Any]]) -> Refused:
    """Run the tasks, of which each registers the result of a case."""
    outcome = play(tasks, keep=" ".join(f"r{number}" for number in range(len(cases))), variables={"options": options})
    return Refused({name: outcome[f"r{number}"] for number, name in enumerate(cases)}, play.sim.requests)


@pytest.fixture(scope="module")
def of_tasks(new_play: Callable[[], Player]) -> Refused:
    """All cases of the modules."""
    tasks = "".join(TASK.format(module=module, number=number) for number, (module, *_rest) in enumerate(OF_TASKS.values()))
    return refuse(new_play(), tasks, OF_TASKS, [options for _module, options, _says in OF_TASKS.values()])


@pytest.fixture(scope="module")
def of_lookups(new_play: Callable[[], Player]) -> Refused:
    """All cases of the lookups."""
    calls = [(module, f"**options[{number}]") for number, (module, *_rest) in enumerate(IN_ONE_PLAY.values())]
    calls += [("fac_oauth_token", arguments) for arguments, _says in LOOKUPS_ONLY.values()]
    tasks = "".join(LOOKUP.format(module=module, arguments=arguments, name=f"r{number}") for number, (module, arguments) in enumerate(calls))
    return refuse(new_play(), tasks, {**IN_ONE_PLAY, **{f"lookup: {name}": None for name in LOOKUPS_ONLY}}, [case[1] for case in IN_ONE_PLAY.values()])


@pytest.mark.xdist_group("bad options of modules")
class TestModules:
    """One worker runs these, and so the play once."""

    @pytest.mark.parametrize("name", OF_TASKS)
    def test_one_line_names_the_option(self, of_tasks: Refused, name: str) -> None:
        result = of_tasks.results[name]
        assert result["failed"]
        assert OF_TASKS[name][2] in result["msg"]
        assert "\n" not in result["msg"]

    def test_nothing_is_sent(self, of_tasks: Refused) -> None:
        assert of_tasks.requests == []


@pytest.mark.xdist_group("bad options of lookups")
class TestLookups:
    """One worker runs these, and so the play once."""

    @pytest.mark.parametrize("name", IN_ONE_PLAY)
    def test_they_say_the_same(self, of_lookups: Refused, name: str) -> None:
        assert of_lookups.results[name]["failed"]
        assert IN_ONE_PLAY[name][2] in of_lookups.results[name]["msg"]

    @pytest.mark.parametrize("name", LOOKUPS_ONLY)
    def test_their_own(self, of_lookups: Refused, name: str) -> None:
        assert LOOKUPS_ONLY[name][1] in of_lookups.results[f"lookup: {name}"]["msg"]

    def test_nothing_is_sent(self, of_lookups: Refused) -> None:
        assert of_lookups.requests == []


@pytest.mark.parametrize("name", WITHOUT_ENVIRONMENT)
def test_without_an_option_from_the_environment(play: Player, name: str) -> None:
    module, options, says = CASES[name]
    tasks = TASK.format(module=module, number=0) + LOOKUP.format(module=module, arguments="**options[0]", name="r1")
    outcome = play(tasks, keep="r0 r1", variables={"options": [options]}, env=WITHOUT_ENVIRONMENT[name])
    assert says in outcome["r0"]["msg"] and says in outcome["r1"]["msg"]
    assert play.sim.requests == []


def test_a_lookup_that_fails_says_so_on_the_screen(play: Player) -> None:
    outcome = play("- debug: {msg: \"{{ lookup('forti.oauth.fac_oauth_token', usrname='luser1') }}\"}", fails=True)
    assert "Unknown option usrname." in " ".join(outcome.output.split())
    assert play.sim.requests == []


def test_no_secret_of_the_options_in_a_message(play: Player) -> None:
    """Core's own messages quote values: of a choice, of a number that is none."""
    outcome = play(
        """
- forti.oauth.fac_oauth_token: {username: luser1, password: "{{ secret.luser1 }}", grant_type: "{{ secret.luser1 }}"}
  register: r
  ignore_errors: true
- forti.oauth.fac_oauth_token: {username: luser1, password: "{{ secret.luser1 }}", timeout: "{{ secret.luser1 }}"}
  register: r
  ignore_errors: true
""",
        keep="r",
    )
    assert "timeout" in outcome["r"]["msg"]
