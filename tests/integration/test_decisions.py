# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What -vv tells, one line for each decision: which store, why no token of it serves, and what was done then. The player finds a secret in any output."""

from __future__ import annotations

import pathlib
import re

import pytest

from tests.integration.harness import Player

TOKEN = "/api/v1/oauth/token/"
BUSY = 8  # seconds for the first login; a busy machine needs fewer to start a second task
RUN = "the temporary folder of this run"
LOGIN = "asking for a new one (grant_type password)"


def task(register: str, more: str = "", user: str = "luser1") -> str:
    return f"- {{forti.oauth.fac_oauth_token: {{username: {user}, password: '{{{{ secret.{user} }}}}'{more}}}, register: {register}}}\n"


def told(output: str, server: str) -> list[str]:
    """Return what was decided, with a mark in the place of each number of seconds."""
    lines = [line.partition(f"forti.oauth: {server}: ")[2] for line in output.splitlines() if f"forti.oauth: {server}: " in line]
    return [re.sub(r"\d+(\.\d+)? s\b", "# s", line).strip() for line in lines]


@pytest.mark.long
def test_one_line_for_each_decision(play: Player, tmp_path: pathlib.Path) -> None:
    store = f"the directory {tmp_path / 'tokens'}"
    env = {"FORTI_OAUTH_CACHE": str(tmp_path / "tokens")}
    good = "a token that is good for # s"
    miss, behind = f"no token in {RUN}: none is kept", f"no token in {store}: none is kept"

    play.sim.fault(TOKEN, delay=BUSY)
    first = play(task("r"), keep="r", hosts=2, env=env, verbosity=2)
    lines = told(first.output, play.sim.url)
    assert sorted(lines) == sorted([miss, miss, behind, LOGIN, f"waited # s for another task or template of this run, which got {good}"])

    lookup = "- {set_fact: {x: \"{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1) | length }}\"}}\n"
    second = play(
        task("r")
        + task("again")
        + lookup
        + lookup
        + task("other", ", realm: corp", user="remote1")
        + "- {pause: {seconds: 3}}\n"
        + task("refreshed", ", min_validity: 35998")
        + task("forced", ", force: true")
        + task("ended", ", state: absent")
        + task("after"),
        keep="r again refreshed forced after",
        env=env,
        verbosity=2,
    )
    others = "none is kept for these options, and 1 for others of this server"
    short = f"{good}, and min_validity is 35998"
    assert told(second.output, play.sim.url) == [
        *(miss, f"{good} in {store}", f"verified {good}: it is live"),
        *(f"{good} in {RUN}",) * 2,
        *(f"no token in {RUN}: {others}", f"no token in {store}: {others}", LOGIN),
        *(f"no token in {RUN}: {short}", f"no token in {store}: {short}", f"{good}: refreshing it"),
        *(f"no token in {RUN}: force is set", f"no token in {store}: force is set", LOGIN),
        *(f"no token in {RUN}: {others}", f"no token in {store}: {others}", LOGIN),  # who ends a token forgets it
    ]
    assert second.output.count("a lookup with the same options has its token in the temporary folder of this run") == 1
    assert [second[name]["source"] for name in ("r", "again", "refreshed", "forced", "after")] == ["cache", "cache", "refresh", "login", "login"]

    play.sim.expire(second["after"]["access_token"])
    third = play(task("r"), keep="r", env=env, verbosity=2)
    ended = f"verified {good}: it was ended elsewhere, so a new one is requested"
    assert told(third.output, play.sim.url) == [miss, f"{good} in {store}", ended, f"no token in {store}: {others}", LOGIN]
    assert third["r"]["source"] == "login"
