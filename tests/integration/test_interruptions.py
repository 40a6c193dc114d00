# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are cut off: they leave no lock and no half of an entry, and the next run works. A person sees in time what to approve."""

from __future__ import annotations

import pathlib
import signal
import time

import pytest

from tests.integration.harness import Player

PUSH = "- {forti.oauth.fac_oauth_token: {username: push1, password: '{{ secret.push1 }}', push_interval: 1}, register: r}\n"
LOOK = "- {forti.oauth.token_store_info: , register: store}\n"


LOOKUP = "- {set_fact: {x: \"{{ lookup('forti.oauth.fac_oauth_token', username='push1', password=secret.push1, push_interval=1) | length }}\"}}\n"
LOCK_STAYS = 60  # seconds, far below those for which a run waits for a lock that nobody frees
NOTICE = "push1: approve the sign-in to"


@pytest.mark.daily("pipe-module", "file-lookup")
@pytest.mark.parametrize("tasks", [PUSH, LOOKUP], ids=["module", "lookup"])
@pytest.mark.parametrize("into", ["pipe", "file"])
def test_the_notice_is_seen_while_the_push_waits(play: Player, tmp_path: pathlib.Path, into: str, tasks: str) -> None:
    """Python buffers stdout if it is a pipe or a file. If the notice were in that buffer, nobody could approve the push in time."""
    assert "PYTHONUNBUFFERED" not in play.environment
    play.sim.phone("push1", "ignore")
    with play.started(tasks, env={}, into=tmp_path / "output" if into == "file" else None) as run:
        run.wait_for(NOTICE)
        play.sim.phone("push1", "approve", after=0)
        assert run.end() == 0, run.output[-6000:]
    assert play.sim.counts["fac.login"] == 1


@pytest.mark.daily("Ctrl-C")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["Ctrl-C", "terminated", "killed"])
def test_in_the_middle_of_a_push(play: Player, tmp_path: pathlib.Path, by: signal.Signals) -> None:
    cache = {"FORTI_OAUTH_CACHE": str(tmp_path / "tokens")}
    play.sim.phone("push1", "ignore")
    with play.started(PUSH, env=cache) as run:
        run.wait_for(NOTICE)
        # Who ends a worker of Ansible while it hands on the notice may find that Ansible waits for the lock of that queue for good.
        run.wait_until(lambda: play.sim.counts["fac.pushpoll"], "the worker asks whether the push is approved")
        run.send(by)
        assert run.end() != 0
        assert "Nobody approved the push" not in run.output, "The run waited for its push to the end."
    play.sim.phone("push1", "approve", after=0.5)
    started = time.monotonic()
    outcome = play(PUSH + LOOK, keep="r store", env=cache)
    assert time.monotonic() - started < LOCK_STAYS
    assert outcome["r"]["source"] == "login"
    assert [entry["kind"] for entry in outcome["store"]["entries"]] == ["token"]


def test_a_connection_that_is_lost_while_the_push_waits(play: Player) -> None:
    play.sim.fault("/api/v1/pushpoll/", close=True)
    outcome = play(PUSH, keep="r", hosts=3)
    assert len({result["access_token"] for result in outcome.of_all("r")}) == 1
    assert play.sim.counts["fac.challenge"] == 1


@pytest.mark.long
def test_the_network_is_lost_between_challenge_and_answer(play: Player, tmp_path: pathlib.Path) -> None:
    cache = {"FORTI_OAUTH_CACHE": str(tmp_path / "tokens")}
    code = "- {forti.oauth.fac_oauth_token: {username: sms1, password: '{{ secret.sms1 }}', otp: '{{ otp }}'}, register: r, ignore_errors: true}\n"
    play.sim.fault("/api/v1/oauth/token/", after_processing=True)  # the challenge arrives as it is
    play.sim.fault("/api/v1/oauth/token/", close=True)
    lost = play(code, keep="r", env=cache, variables={"otp": play.sim.otp("sms1")})
    assert "closed the connection before its answer was complete." in lost["r"]["msg"]
    again = play(code, keep="r", env=cache, variables={"otp": play.sim.otp("sms1")})
    assert again["r"]["access_token"]
