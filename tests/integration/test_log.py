# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person sees of a task: no secret, without no_log; everything else where core can mask, and a failure always."""

from __future__ import annotations

import pathlib

import pytest

from tests.integration.harness import PASSWORDS, Player
from tests.integration.printing import ALL_KINDS, KEEP, MASKED_BY_CORE, only_masked_by_core, variables

LOGIN = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: r}\n"


@pytest.mark.parametrize("delegate_to", ["", "jump"], ids=["here", "delegated"])
def test_a_result_is_hidden_or_masked(play: Player, delegate_to: str) -> None:
    outcome = play(LOGIN, keep="r", delegate_to=delegate_to)
    assert outcome["r"]["access_token"] in play.sim.secrets()
    if MASKED_BY_CORE:
        assert '"access_token": "$REDACTED$"' in outcome.output
        assert '"expires_at": "20' in outcome.output
    else:
        assert '"censored"' in outcome.output
        assert '"expires_at"' not in outcome.output


@pytest.mark.daily("ANSIBLE_DEBUG=1-here", "ANSIBLE_LOG_PATH=run.log-here")
@pytest.mark.parametrize("delegate_to", ["", "jump"], ids=["here", "delegated"])
@pytest.mark.parametrize(
    "setting",
    ["ANSIBLE_DEBUG=1", "ANSIBLE_LOG_PATH=run.log", "ANSIBLE_DISPLAY_ARGS_TO_STDOUT=1", "ANSIBLE_KEEP_REMOTE_FILES=1", "ANSIBLE_CALLBACKS_ENABLED=junit"],
)
def test_whatever_is_switched_on(play: Player, delegate_to: str, setting: str) -> None:
    """The play's output is searched for every secret; so is what it wrote beside."""
    name, value = setting.split("=")
    challenged = "- {forti.oauth.fac_oauth_token: {username: push1, password: '{{ secret.push1 }}', push_interval: 1}}\n"
    refresh = "- {forti.oauth.fac_oauth_token: {grant_type: refresh_token, refresh_token: '{{ r.refresh_token }}'}}\n"
    revoke = "- {forti.oauth.fac_oauth_token: {state: absent, access_token: '{{ r.access_token }}'}}\n"
    cwp = "- {forti.oauth.forticwp_token: {credential: '{{ secret.credential }}'}}\n"
    play(LOGIN + challenged + cwp + refresh + revoke, keep="r", delegate_to=delegate_to, env={name: value})
    play.search_files()


@only_masked_by_core
@pytest.mark.parametrize("delegate_to", ["", "jump"], ids=["here", "delegated"])
def test_later_tasks_are_masked_too(play: Player, tmp_path: pathlib.Path, delegate_to: str) -> None:
    """Also a token that an earlier run has kept, and a lookup's. The output and the log are searched for every secret."""
    known = variables(play.sim.host, kept_in=str(tmp_path / "tokens"))
    first = play(KEEP, keep="kept", variables=known)
    outcome = play(ALL_KINDS, keep="kept cwp looked", delegate_to=delegate_to, variables=known, env={"ANSIBLE_LOG_PATH": "run.log", "ANSIBLE_DEBUG": "1"})
    assert outcome["kept"]["access_token"] == first["kept"]["access_token"]
    assert {outcome["cwp"]["access_token"], outcome["looked"]} < set(play.sim.secrets())
    assert outcome.output.count("$REDACTED$") >= ALL_KINDS.count("\n- ") - 4
    play.search_files()


def test_a_failure_is_readable_and_holds_no_secret(play: Player) -> None:
    outcome = play(LOGIN.replace("secret.luser1", "secret.wrong").replace("register: r", "loop: [1], register: r, ignore_errors: true"), keep="r")
    assert "answered 401 invalid_grant (Invalid credentials given.)." in " ".join(outcome.output.split())
    assert PASSWORDS["wrong"] not in outcome.output


def test_nothing_is_said_of_a_lookup(play: Player) -> None:
    play("- {set_fact: {x: \"{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1) | length }}\"}}")
