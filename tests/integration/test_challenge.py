# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second factor: answered at once, asked for first, in a second task, by push, or not at all."""

from __future__ import annotations

import json

import pytest

from tests.integration.harness import Player

ME = "username: {user}, password: '{{{{ secret.{user} }}}}'"


def task(user: str, more: str = "", *, may_fail: bool = False) -> str:
    """Return a task that logs a user in."""
    return f"- {{forti.oauth.fac_oauth_token: {{{ME.format(user=user)}{more}}}, register: r, ignore_errors: {str(may_fail).lower()}}}\n"


@pytest.mark.daily("ftm1-ftm")
@pytest.mark.parametrize(("user", "method"), [("ftm1", "ftm"), ("sms1", "sms"), ("email1", "email")])
def test_code_at_once_with_its_method(play: Player, user: str, method: str) -> None:
    outcome = play(task(user, f", method: {method}, otp: '{{{{ otp }}}}'"), keep="r", variables={"otp": play.sim.otp(user)})
    assert outcome["r"]["access_token"]
    assert (play.sim.counts["fac.token"], play.sim.counts["fac.challenge"]) == (1, 0)


@pytest.mark.daily("sms1", "radius1")
@pytest.mark.parametrize("user", ["ftm1", "sms1", "radius1", "push1"])
def test_code_asked_for_by_the_406(play: Player, user: str) -> None:
    outcome = play(task(user, ", challenge_response: '{{ otp }}'"), keep="r", variables={"otp": play.sim.otp(user)})
    assert outcome["r"]["access_token"]
    second = json.loads(play.sim.requests[1]["body"])
    assert second["username"] == user and second["password"]
    assert (play.sim.counts["fac.token"], play.sim.counts["fac.challenge"], play.sim.counts["fac.pushpoll"]) == (2, 1, 0)
    assert ("session" in second) == (user == "radius1")
    assert second.get("method") == {"ftm1": "ftm", "push1": "ftm", "sms1": "sms"}.get(user)


@pytest.mark.parametrize("user", ["sms1", "radius1"])
def test_no_code_at_hand_fails_with_the_challenge(play: Player, user: str) -> None:
    outcome = play(task(user, may_fail=True), keep="r", shows_session=True)
    result = outcome["r"]
    assert result["failed"]
    assert result["challenge"]["challenge"] == {"sms1": "otp", "radius1": "radius"}[user]
    assert "wants a second factor" in result["msg"] and "Give otp, or let on_challenge return it" in result["msg"]
    assert play.sim.counts["fac.token"] == 1


def test_answer_in_a_second_task(play: Player) -> None:
    outcome = play(
        task("radius1", ", on_challenge: return")
        + """
- forti.oauth.fac_oauth_token:
    username: radius1
    password: "{{ secret.radius1 }}"
    challenge: "{{ r.challenge.challenge }}"
    session: "{{ r.challenge.session }}"
    challenge_response: "{{ otp }}"
  register: second
""",
        keep="r second",
        variables={"otp": play.sim.otp("radius1")},
    )
    assert not outcome["r"].get("failed") and not outcome["r"]["changed"]
    assert outcome["r"]["challenge"]["message"] == "Enter the code from your token"
    assert outcome["second"]["access_token"]
    assert play.sim.counts["fac.token"] == 2


def test_used_code_is_sent_once_only(play: Player) -> None:
    otp = play.sim.otp("ftm1")
    once = ", method: ftm, otp: '{{ otp }}', cache: none"
    outcome = play(task("ftm1", once) + task("ftm1", once, may_fail=True), keep="r", variables={"otp": otp})
    assert (outcome["r"]["status"], outcome["r"]["error"]) == (401, "invalid_grant")
    assert play.sim.counts["fac.token"] == 2


def test_push_denied(play: Player) -> None:
    play.sim.phone("push1", "deny", after=0.5)
    outcome = play(task("push1", ", push_interval: 1", may_fail=True), keep="r")
    assert "the push was not approved (denied)" in outcome["r"]["msg"]
    assert play.sim.counts["fac.token"] == 1


def test_push_not_answered(play: Player) -> None:
    play.sim.phone("push1", "ignore")
    outcome = play(task("push1", ", push_interval: 1, push_timeout: 3", may_fail=True), keep="r", shows_session=True)
    assert "Nobody approved the push within 3 seconds." in outcome["r"]["msg"]
    assert outcome["r"]["challenge"]["method"] == "ftm-push"
    assert 2 <= play.sim.counts["fac.pushpoll"] <= 3


def test_push_is_not_waited_for_and_resumed(play: Player) -> None:
    outcome = play(
        task("push1", ", push_timeout: 0, on_challenge: return")
        + """
- forti.oauth.fac_oauth_token:
    username: push1
    password: "{{ secret.push1 }}"
    method: ftm-push
    session: "{{ r.challenge.session }}"
    push_interval: 1
  register: second
""",
        keep="r second",
    )
    assert "access_token" not in outcome["r"]
    assert outcome["second"]["access_token"]
    assert (play.sim.counts["fac.token"], play.sim.counts["fac.challenge"]) == (2, 1)


def test_push_in_a_lookup_tells_the_person(play: Player) -> None:
    outcome = play(
        "- set_fact: {header: \"{{ lookup('forti.oauth.fac_oauth_token', username='push1', password=secret.push1, return_as='authorization') }}\"}\n"
        "  no_log: true",
        keep="header",
    )
    assert outcome["header"].startswith("Bearer ")
    assert "push1: approve the sign-in to" in outcome.output
