# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 9: a shared store can cost a login, never a play, whatever holds its locks. The run's own lock ends with a clear error."""

from __future__ import annotations

import os
import pathlib
import signal
import time

import pytest
import redis

from tests.integration.harness import Player
from tests.integration.running import Running
from tests.integration.trust.hanging import held, lock_of
from tests.tools.redis_server import RedisServer

# The bound of the wait is push_timeout + (retries + 1) x timeout + 30 seconds: here, 32.
QUICK = "username: luser1, password: '{{ secret.luser1 }}', client_id: short, push_timeout: 0, retries: 0, timeout: 2"
LOGIN = f"- {{forti.oauth.fac_oauth_token: {{{QUICK}}}, register: r}}\n"
BOUND = 32
SLACK = 25  # seconds that a slow machine may need for the rest of the play


def holder_of(path: pathlib.Path) -> int | None:
    """Return the process that holds an flock, as the kernel tells; None while there is none."""
    inode = str(path.stat().st_ino)
    for line in pathlib.Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == inode:
            return int(fields[4])
    return None


def unwrapped(text: str) -> str:
    """Return a text in one line."""
    return " ".join(text.split())


def test_a_lock_that_hangs_in_a_directory(play: Player, tmp_path: pathlib.Path) -> None:
    """Its token has ended and could be refreshed. Who goes on without the lock logs in, because the holder may be refreshing."""
    store = tmp_path / "tokens"
    env = {"FORTI_OAUTH_CACHE": str(store)}
    lock = lock_of(play, LOGIN, store, env)
    time.sleep(5)  # the life of this client's tokens
    with held(lock):
        began = time.monotonic()
        outcome = play(LOGIN, keep="r", hosts=4, env=env)
        waited = time.monotonic() - began
    assert BOUND <= waited < BOUND + SLACK
    assert len({result["access_token"] for result in outcome.of_all("r")}) == 1
    assert (play.sim.counts["fac.login"], play.sim.counts["fac.refresh"]) == (2, 0)
    warning = f"The directory {store}: another run has been getting the same token for {BOUND} seconds; look for one that hangs. The play goes on without it"
    assert "".join(outcome.output.split()).count("".join(warning.split())) == 1


@pytest.mark.long
def test_a_lock_without_an_end_in_redis(play: Player, redis_server: RedisServer) -> None:
    client = redis.Redis.from_url(redis_server.url)
    env = {"FORTI_OAUTH_CACHE": redis_server.url}
    play.sim.fault("/api/v1/oauth/token/", delay=1.5)
    with play.started(LOGIN, env=env) as run:
        run.wait_until(lambda: client.keys("forti_oauth:lock:*"), "the lock is held")
        (name,) = client.keys("forti_oauth:lock:*")
        assert run.end() == 0, run.output[-3000:]
    time.sleep(5)
    client.set(name, b"somebody")
    began = time.monotonic()
    outcome = play(LOGIN, keep="r", env=env)
    assert BOUND <= time.monotonic() - began < BOUND + SLACK
    assert outcome["r"]["source"] == "login"
    assert f"another run has been getting the same token for {BOUND} seconds" in unwrapped(outcome.output)
    assert client.get(name) == b"somebody"


def test_who_lost_the_lock_of_redis_does_not_write(play: Player, redis_server: RedisServer) -> None:
    """Somebody else has taken it over meanwhile, as happens to a process that was stopped for longer than the lock lives."""
    client = redis.Redis.from_url(redis_server.url)
    play.sim.fault("/api/v1/oauth/token/", delay=1.5)
    with play.started(LOGIN, env={"FORTI_OAUTH_CACHE": redis_server.url}) as run:
        run.wait_until(lambda: client.keys("forti_oauth:lock:*"), "the lock is held")
        (name,) = client.keys("forti_oauth:lock:*")
        client.set(name, b"somebody else")
        assert run.end() == 0, run.output[-3000:]
    assert "the lock was lost meanwhile" in unwrapped(run.output)
    assert client.keys("forti_oauth:token:*") == []
    assert client.get(name) == b"somebody else"


@pytest.mark.long
def test_a_stopped_process_of_the_run_itself(play: Player) -> None:
    """Two hosts want the same token. The one that gets it is stopped in the middle of its login."""
    play.sim.fault("/api/v1/oauth/token/", delay=1.5)
    home = pathlib.Path(play.environment["HOME"])
    with play.started(LOGIN, env={"PYTHONUNBUFFERED": "1"}, hosts=2) as run:
        holder = _stopped_holder(run, home)
        began = time.monotonic()
        run.wait_for("Another task of this run has been getting the same token for")
        waited = time.monotonic() - began
        os.kill(holder, signal.SIGCONT)
        assert run.end() == 2
    assert waited < BOUND + SLACK
    assert f"Another task of this run has been getting the same token for {BOUND} seconds. Look for one that hangs." in unwrapped(run.output)
    assert "Traceback" not in run.output


def _stopped_holder(run: Running, home: pathlib.Path) -> int:
    """Wait until a process holds the lock of a token of the run, and until another one waits for it; stop the first and return it."""
    found: list[int] = []

    def is_held() -> bool:
        for path in home.glob(".ansible/tmp/ansible-local-*/forti_oauth/locks/*"):
            holder = holder_of(path)
            if holder is not None:
                found.append(holder)
        return bool(found)

    run.wait_until(is_held, "a process holds the lock")
    os.kill(found[0], signal.SIGSTOP)
    return found[0]


@pytest.mark.parametrize("trouble", ["a file in its place", "not ours to write"])
def test_a_directory_that_cannot_be_used(play: Player, tmp_path: pathlib.Path, trouble: str) -> None:
    store = tmp_path / "tokens"
    if trouble == "not ours to write":
        store.mkdir(mode=0o755)
    else:
        store.write_text("")
    outcome = play(LOGIN, keep="r", hosts=2, env={"FORTI_OAUTH_CACHE": str(store)})
    assert all(result["access_token"] for result in outcome.of_all("r"))
    assert play.sim.counts["fac.login"] == 1
    assert "The play goes on without it" in unwrapped(outcome.output)
