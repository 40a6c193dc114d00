# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person sees of a task: no secret, without no_log; everything else where core can mask, and a failure always."""

from __future__ import annotations

import importlib.util

import pytest

from tests.integration.harness import PASSWORDS, Player

MASKED_BY_CORE = importlib.util.find_spec("ansible.module_utils.secrets") is not None
LOGIN = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: r}\n"


@pytest.mark.parametrize("connection", ["local", "elsewhere"])
def test_a_result_is_hidden_or_masked(play: Player, connection: str) -> None:
    outcome = play(LOGIN, keep="r", connection=connection)
    assert outcome["r"]["access_token"] in play.sim.secrets()
    if MASKED_BY_CORE:
        assert '"access_token": "$REDACTED$"' in outcome.output
        assert '"expires_at": "20' in outcome.output
    else:
        assert '"censored"' in outcome.output
        assert '"expires_at"' not in outcome.output


@pytest.mark.parametrize("connection", ["local", "elsewhere"])
@pytest.mark.parametrize(
    "setting",
    ["ANSIBLE_DEBUG=1", "ANSIBLE_LOG_PATH=run.log", "ANSIBLE_DISPLAY_ARGS_TO_STDOUT=1", "ANSIBLE_KEEP_REMOTE_FILES=1", "ANSIBLE_CALLBACKS_ENABLED=junit"],
)
def test_whatever_is_switched_on(play: Player, connection: str, setting: str) -> None:
    """The play's output is searched for every secret; so is what it wrote beside."""
    name, value = setting.split("=")
    challenged = "- {forti.oauth.fac_oauth_token: {username: push1, password: '{{ secret.push1 }}', push_interval: 1}}\n"
    refresh = "- {forti.oauth.fac_oauth_token: {grant_type: refresh_token, refresh_token: '{{ r.refresh_token }}'}}\n"
    revoke = "- {forti.oauth.fac_oauth_token: {state: absent, access_token: '{{ r.access_token }}'}}\n"
    cwp = "- {forti.oauth.forticwp_token: {credential: '{{ secret.credential }}'}}\n"
    play(LOGIN + challenged + cwp + refresh + revoke, keep="r", connection=connection, env={name: value})
    play.search_files()


@pytest.mark.skipif(not MASKED_BY_CORE, reason="this ansible-core has no register_secret: a later task that prints the token is the user's to hide")
def test_later_tasks_are_masked_too(play: Player) -> None:
    outcome = play(
        LOGIN + "- {debug: {var: r.access_token}}\n- {command: 'echo {{ r.access_token }}'}\n- {debug: {msg: 'it is {{ r.refresh_token }}'}}\n",
        keep="r",
    )
    assert outcome.output.count("$REDACTED$") >= 3


def test_a_failure_is_readable_and_holds_no_secret(play: Player) -> None:
    outcome = play(LOGIN.replace("secret.luser1", "secret.wrong").replace("register: r", "loop: [1], register: r, ignore_errors: true"), keep="r")
    assert "answered 401 invalid_grant (Invalid credentials given.)." in " ".join(outcome.output.split())
    assert PASSWORDS["wrong"] not in outcome.output


def test_nothing_is_said_of_a_lookup(play: Player) -> None:
    play("- {set_fact: {x: \"{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1) | length }}\"}}")
