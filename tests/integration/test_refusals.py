# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was refused is not asked again: one request for all hosts, and each fails with the reason."""

from __future__ import annotations

import pytest

from tests.integration.harness import Player, without_age

HOSTS = 12
DOWN = 15  # seconds until the server that is down answers; a busy machine needs fewer to start six tasks


def task(options: str) -> str:
    """Return a task that may fail."""
    return f"- {{forti.oauth.fac_oauth_token: {{{options}}}, register: r, ignore_errors: true}}\n"


WRONG = task("username: luser1, password: '{{ secret.wrong }}'")


def test_one_wrong_password_is_tried_once(play: Player) -> None:
    outcome = play(WRONG + WRONG, keep="r", hosts=HOSTS, arguments=("--forks", "6"))
    assert play.sim.counts["fac.token"] == 1
    assert len({without_age(result["msg"]) for result in outcome.of_all("r")}) == 1
    assert all("; not asked again for " in result["msg"] for result in outcome.of_all("r"))
    assert {(result["status"], result["error"]) for result in outcome.of_all("r")} == {(401, "invalid_grant")}
    assert play.sim.state["locked"] == []


def test_a_lookup_shares_it(play: Player) -> None:
    lookup = "- {set_fact: {x: \"{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.wrong) }}\"}, ignore_errors: true}\n"
    outcome = play(WRONG + lookup, hosts=3)
    assert play.sim.counts["fac.token"] == 1
    assert outcome.output.count("answered 401 invalid_grant") >= 3


def test_a_denied_push_is_sent_once(play: Player) -> None:
    play.sim.phone("push1", "deny", after=0.3)
    outcome = play(task("username: push1, password: '{{ secret.push1 }}', push_interval: 1"), keep="r", hosts=HOSTS)
    assert play.sim.counts["fac.challenge"] == 1
    assert {result["error"] for result in outcome.of_all("r")} == {"access_denied"}


def test_an_unanswered_push_is_sent_once(play: Player) -> None:
    play.sim.phone("push1", "ignore")
    outcome = play(task("username: push1, password: '{{ secret.push1 }}', push_interval: 1, push_timeout: 2"), keep="r", hosts=4, shows_session=True)
    assert play.sim.counts["fac.challenge"] == 1
    assert all(result["challenge"]["method"] == "ftm-push" for result in outcome.of_all("r"))


@pytest.mark.long
def test_a_wrong_code_is_tried_once_and_another_anew(play: Player) -> None:
    first = task("username: ftm1, password: '{{ secret.ftm1 }}', method: ftm, otp: '000000'")
    second = task("username: ftm1, password: '{{ secret.ftm1 }}', method: ftm, otp: '{{ otp }}'")
    outcome = play(first + second, keep="r", hosts=HOSTS, variables={"otp": play.sim.otp("ftm1")})
    assert play.sim.counts["fac.token"] == 2
    assert len({result["access_token"] for result in outcome.of_all("r")}) == 1


def test_one_challenge_for_all_hosts(play: Player) -> None:
    asked = task("username: sms1, password: '{{ secret.sms1 }}', on_challenge: return")
    outcome = play(asked, keep="r", hosts=5)
    assert play.sim.counts["fac.challenge"] == 1
    assert [result["challenge"]["method"] for result in outcome.of_all("r")] == ["sms"] * 5


def test_force_asks_anew_once(play: Player) -> None:
    forced = WRONG.replace("'}", "', force: true}")
    play(WRONG + forced, hosts=6)
    assert play.sim.counts["fac.token"] == 2


@pytest.mark.daily("here")
@pytest.mark.parametrize("delegate_to", ["", "jump"], ids=["here", "delegated"])
def test_a_server_that_is_down_is_tried_once_by_those_who_wait(play: Player, delegate_to: str) -> None:
    """The server answers only after every host has started to ask, so all of them wait for the one request."""
    play.sim.fault("/api/v1/oauth/token/", status=503, body="", delay=DOWN, times=None)
    down = task("username: luser1, password: '{{ secret.luser1 }}', retries: 0")
    outcome = play(down, keep="r", hosts=6, arguments=("--forks", "8"), delegate_to=delegate_to)
    assert len(play.sim.requests) == 1
    assert {(result["failed"], result["status"]) for result in outcome.of_all("r")} == {(True, 503)}
    assert len(outcome.kept) == 6
    told = [result["msg"] for result in outcome.of_all("r")]
    (message,) = {without_age(text) for text in told}
    assert f"https://{play.sim.host} answered 503." in message
    assert sum("s ago for another task or host" in text for text in told) == 5
