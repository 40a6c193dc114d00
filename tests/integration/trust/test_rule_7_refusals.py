# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 7: a refusal is remembered for who was refused. Who does not wait for a push refuses nobody who does."""

from __future__ import annotations

import json
import re
import time

import pytest

from tests.integration.harness import Player

TASK = "- {forti.oauth.fac_oauth_token: {username: %s, password: '{{ secret.%s }}', push_interval: 1%s}, register: %s, ignore_errors: true}\n"
REMEMBERED = re.compile(r"\(refused \d+ s ago; not asked again for \d+ s; force: true asks anew\)\Z")


def task(user: str, register: str, more: str = "", secret: str | None = None) -> str:
    """Return a task that logs a user in."""
    return TASK % (user, secret or user, more, register)


def test_who_waits_goes_on_with_the_push_of_who_did_not(play: Player) -> None:
    outcome = play(task("push1", "first", ", push_timeout: 0") + task("push1", "second"), keep="first second", shows_session=True)
    assert outcome["first"]["failed"] and outcome["first"]["challenge"]["method"] == "ftm-push"
    assert outcome["second"]["access_token"]
    sessions = [json.loads(request["body"]).get("session") for request in play.sim.requests if request["path"] == "/api/v1/oauth/token/"]
    assert sessions == [None, outcome["first"]["challenge"]["session"]]
    assert play.sim.counts["fac.challenge"] == 1


def test_a_push_that_is_over_is_asked_anew(play: Player) -> None:
    play.sim.fault("/api/v1/pushpoll/", status=404, body="")
    outcome = play(task("push1", "first", ", push_timeout: 0") + task("push1", "second"), keep="first second", shows_session=True)
    assert outcome["second"]["access_token"]
    assert play.sim.counts["fac.challenge"] == 2


def test_a_denied_push_refuses_all(play: Player) -> None:
    """Also those who would not wait: their login would ring the phone again."""
    play.sim.phone("push1", "deny", after=0)
    tasks = task("push1", "first", ", push_timeout: 0") + task("push1", "second") + task("push1", "third") + task("push1", "fourth", ", push_timeout: 0")
    outcome = play(tasks, keep="first second third fourth", shows_session=True)
    assert "the push was not approved (denied)" in outcome["second"]["msg"]
    assert not REMEMBERED.search(outcome["second"]["msg"])
    assert REMEMBERED.search(outcome["third"]["msg"]) and REMEMBERED.search(outcome["fourth"]["msg"])
    assert play.sim.counts["fac.challenge"] == play.sim.counts["fac.token"] == 1


def test_who_waited_in_vain_refuses_the_next_host(play: Player) -> None:
    play.sim.phone("push1", "ignore")
    outcome = play(task("push1", "r", ", push_timeout: 2"), keep="r", hosts=4, head="serial: 1", shows_session=True)
    said = [result["msg"] for result in outcome.of_all("r")]
    assert all("Nobody approved the push within 2 seconds." in text for text in said)
    assert [bool(REMEMBERED.search(text)) for text in said] == [False, True, True, True]
    assert play.sim.counts["fac.token"] == 1


def test_who_waits_for_longer_goes_on_with_it(play: Player) -> None:
    """One second is as good as none."""
    play.sim.phone("push1", "approve", after=4)
    outcome = play(task("push1", "first", ", push_timeout: 1") + task("push1", "second"), keep="first second", shows_session=True)
    assert "Nobody approved the push within 1 seconds." in outcome["first"]["msg"]
    assert outcome["second"]["access_token"]
    assert play.sim.counts["fac.challenge"] == 1


def test_waiting_helps_against_no_other_refusal(play: Player) -> None:
    """A wrong password is sent once, and a code is asked for once, with the will to wait and without."""
    tasks = "".join(
        task(user, f"{user}_{number}", more, secret)
        for user, secret in (("luser1", "wrong"), ("sms1", "sms1"))
        for number, more in enumerate((", push_timeout: 0", "", ", push_timeout: 5"))
    )
    names = [f"{user}_{number}" for user in ("luser1", "sms1") for number in range(3)]
    outcome = play(tasks, keep=" ".join(names))
    assert [bool(REMEMBERED.search(outcome[name]["msg"])) for name in names] == [False, True, True] * 2
    assert play.sim.counts["fac.token"] == 2


def test_force_asks_anew(play: Player) -> None:
    outcome = play(task("luser1", "a", "", "wrong") + task("luser1", "b", ", force: true", "wrong"), keep="a b")
    assert not REMEMBERED.search(outcome["b"]["msg"])
    assert play.sim.counts["fac.token"] == 2


@pytest.mark.long
def test_another_run_is_told_the_time_that_is_left(play: Player, tmp_path: object) -> None:
    """The minute does not begin anew in a run that finds the refusal in a store, and its words are told once."""
    env = {"FORTI_OAUTH_CACHE": f"{tmp_path}/tokens"}
    play(task("luser1", "r", "", "wrong"), env=env)
    time.sleep(2)
    outcome = play(task("luser1", "r", "", "wrong") + task("luser1", "s", "", "wrong"), keep="r s", env=env)
    assert play.sim.counts["fac.token"] == 1
    for name in "rs":
        assert outcome[name]["msg"].count("not asked again for") == 1
        ago, left = re.findall(r"refused (\d+) s ago; not asked again for (\d+) s", outcome[name]["msg"])[0]
        assert int(ago) >= 2 and int(ago) + int(left) == 60
