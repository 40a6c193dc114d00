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


NOT_SET = {"no server": {"FAC_SERVER": ""}}  # what the environment says in a case of its own


IN_ONE_PLAY = {name: case for name, case in {**CASES, **TASKS_ONLY}.items() if name not in NOT_SET}
ONE_WORKER = pytest.mark.xdist_group("bad options of modules")  # it runs the play once


@dataclasses.dataclass(frozen=True)
class Refused:
    """What came of all cases of the modules, and the requests that the simulator saw."""

    results: dict[str, dict[str, Any]]
    requests: list[dict[str, Any]]


@pytest.fixture(scope="module")
def refused(new_play: Callable[[], Player]) -> Refused:
    """Run all cases of the modules in one play."""
    play = new_play()
    tasks = "".join(
        f"- {{forti.oauth.{module}: '{{{{ options[{number}] }}}}', register: r{number}, ignore_errors: true}}\n"
        for number, (module, *_rest) in enumerate(IN_ONE_PLAY.values())
    )
    kept = " ".join(f"r{number}" for number in range(len(IN_ONE_PLAY)))
    outcome = play(tasks, keep=kept, variables={"options": [options for _module, options, _says in IN_ONE_PLAY.values()]})
    return Refused({name: outcome[f"r{number}"] for number, name in enumerate(IN_ONE_PLAY)}, play.sim.requests)


@ONE_WORKER
@pytest.mark.parametrize("name", IN_ONE_PLAY)
def test_modules(refused: Refused, name: str) -> None:
    result = refused.results[name]
    assert result["failed"]
    assert IN_ONE_PLAY[name][2] in result["msg"]
    assert "\n" not in result["msg"]


@ONE_WORKER
def test_modules_send_nothing(refused: Refused) -> None:
    assert refused.requests == []


@pytest.mark.parametrize("name", NOT_SET)
def test_modules_without_an_option_from_the_environment(play: Player, name: str) -> None:
    module, options, says = CASES[name]
    task = f"- {{forti.oauth.{module}: '{{{{ options }}}}', register: r, ignore_errors: true}}"
    assert says in play(task, keep="r", variables={"options": options}, env=NOT_SET[name])["r"]["msg"]


@pytest.mark.parametrize("name", CASES)
def test_lookups_say_the_same(play: Player, name: str) -> None:
    module, options, says = CASES[name]
    outcome = play(
        f"- set_fact: {{x: \"{{{{ lookup('forti.oauth.{module}', **options) }}}}\"}}",
        fails=True,
        variables={"options": options},
        env=NOT_SET.get(name),
    )
    assert says in " ".join(outcome.output.split())
    assert play.sim.requests == []


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("'x', username='luser1'", "This lookup takes no terms"),
        ("usrname='luser1'", "Unknown option usrname."),
        ("state='absent'", "Unknown option state."),
    ],
)
def test_lookups_own(play: Player, call: str, says: str) -> None:
    outcome = play(f"- debug: {{msg: \"{{{{ lookup('forti.oauth.fac_oauth_token', {call}) }}}}\"}}", fails=True)
    assert says in outcome.output
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
