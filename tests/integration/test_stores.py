# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens kept by runs for other runs and other machines: a directory, Redis; what is kept, and what happens when a store fails."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import signal
import socket
import stat
import textwrap
import time

import pytest

from tests.integration.harness import PASSWORDS, Player
from tests.integration.running import Running
from tests.tools.python_path import python_path
from tests.tools.redis_server import PASSWORD, RedisServer

LOGIN = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: r}\n"
CWP = "- {forti.oauth.forticwp_token: {credential: '{{ secret.credential }}'}, register: w}\n"


@pytest.fixture(params=["directory", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> str:
    """A value of cache for each kind of store."""
    if request.param == "directory":
        return str(tmp_path / "tokens")
    server: RedisServer = request.getfixturevalue("redis_server")
    return server.url


def at(cache: str, **more: str) -> dict[str, str]:
    """Return the environment of a run that uses this store."""
    return {"FORTI_OAUTH_CACHE": cache, **more}


def _unwrapped(text: str) -> str:
    """Return a text without white space: some versions of core break a warning into lines, in the middle of a path."""
    return "".join(text.split())


@pytest.mark.daily("redis")
def test_the_next_run_needs_no_login(play: Player, store: str, tmp_path: pathlib.Path) -> None:
    first = play(LOGIN + CWP, keep="r w", hosts=3, env=at(store))
    other_home = tmp_path / "other-home"
    other_home.mkdir()
    second = play(LOGIN + CWP, keep="r w", hosts=3, env=at(store, HOME=str(other_home)))
    assert (play.sim.counts["fac.token"], play.sim.counts["forticwp.credentials"]) == (1, 1)
    tokens = {result["access_token"] for outcome in (first, second) for result in outcome.of_all("r")}
    assert len(tokens) == 1
    assert {result["source"] for result in second.of_all("r") + second.of_all("w")} == {"cache"}


@pytest.mark.daily("directory")
def test_two_runs_at_once_log_in_once(play: Player, store: str, tmp_path: pathlib.Path) -> None:
    play.sim.settings(latency=0.5)
    play(LOGIN, env=at(store), others=2)
    assert play.sim.counts["fac.login"] == 1


@pytest.mark.long
def test_a_lookup_and_a_changed_password(play: Player, store: str) -> None:
    play(LOGIN, env=at(store))
    lookup = "- {set_fact: {x: \"{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.%s) | length }}\"}}\n"
    play(lookup % "luser1", env=at(store))
    assert play.sim.counts["fac.login"] == 1
    outcome = play(lookup % "wrong", env=at(store), fails=True)
    assert "answered 401" in outcome.output


@pytest.mark.daily("directory")
def test_an_ended_token_is_refreshed_by_the_next_run(play: Player, store: str) -> None:
    short = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', client_id: short}, register: r}\n"
    first = play(short, keep="r", env=at(store))
    time.sleep(5)
    second = play(short, keep="r", env=at(store))
    assert (first["r"]["source"], second["r"]["source"]) == ("login", "refresh")
    assert second["r"]["refresh_token"] != first["r"]["refresh_token"]
    assert (play.sim.counts["fac.login"], play.sim.counts["fac.refresh"]) == (1, 1)


@pytest.mark.long
def test_a_refused_refresh_becomes_a_login(play: Player, store: str) -> None:
    short = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', client_id: short}, register: r}\n"
    first = play(short, keep="r", env=at(store))
    play.sim.expire(first["r"]["refresh_token"])
    time.sleep(5)
    assert play(short, keep="r", env=at(store))["r"]["source"] == "login"


@pytest.mark.long
def test_a_refresh_token_whose_answer_is_lost_is_never_sent_again(play: Player, store: str) -> None:
    short = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', client_id: short}, register: r}\n"
    play(short, env=at(store))
    time.sleep(5)
    play.sim.fault("/api/v1/oauth/token/", status=504, after_processing=True)
    outcome = play(short, keep="r", hosts=3, env=at(store))
    assert sorted(result["source"] for result in outcome.of_all("r")) == ["cache", "cache", "login"]
    time.sleep(5)
    assert play(short, keep="r", env=at(store))["r"]["source"] == "refresh"
    sent = [found[1] for request in play.sim.requests if (found := re.search('"refresh_token": ?"([^"]+)"', request["body"]))]
    assert len(sent) == len(set(sent)) == 2


@pytest.mark.long
def test_a_token_whose_end_was_not_answered_is_given_to_nobody_and_ended_by_the_next_try(play: Player, store: str) -> None:
    absent = LOGIN.replace("'}", "', state: absent, retries: 0}")
    first = play(LOGIN, keep="r", env=at(store))
    play.sim.fault("/api/v1/oauth/revoke_token/", status=504)
    assert "answered 504" in play(absent, env=at(store), fails=True).output
    assert play(absent, keep="r", env=at(store))["r"]["changed"]
    assert play(LOGIN, keep="r", env=at(store))["r"]["access_token"] != first["r"]["access_token"]


@pytest.mark.daily("directory")
def test_a_refresh_that_fails_keeps_a_good_token(play: Player, store: str) -> None:
    play(LOGIN, env=at(store))
    play.sim.fault("/api/v1/oauth/token/", status=503, body="", times=None)
    again = LOGIN.replace("'}", "', min_validity: 35990}")
    time.sleep(11)
    outcome = play(again, keep="r", hosts=3, env=at(store))
    assert {result["source"] for result in outcome.of_all("r")} == {"cache"}
    assert outcome.output.count("[WARNING]: The token was not renewed.") == 1
    assert len(play.sim.requests) == 2


@pytest.mark.daily("directory")
def test_revoke_forgets_it_everywhere(play: Player, store: str) -> None:
    play(LOGIN, env=at(store))
    ended = play(LOGIN.replace("'}", "', state: absent}"), keep="r", hosts=3, env=at(store))
    assert sum(result["changed"] for result in ended.of_all("r")) == 1
    assert play(LOGIN, keep="r", env=at(store))["r"]["source"] == "login"


@pytest.mark.long
def test_the_role_revokes_and_forgets_it_everywhere(play: Player, store: str) -> None:
    options = {
        "token_fac_options": {"username": "luser1", "password": "{{ secret.luser1 }}"},
        "token_forticwp_options": {"credential": "{{ secret.credential }}"},
    }
    role = "- {import_role: {name: forti.oauth.token}}\n"
    play(role + role.replace("token}", "token, tasks_from: revoke}"), hosts=2, env=at(store), variables=options)
    look = "- {forti.oauth.token_store_info: , register: store}\n"
    kinds = [entry["kind"] for entry in play(look, keep="store", env=at(store))["store"]["entries"]]
    assert kinds == ["ended"]


@pytest.mark.daily("directory")
def test_look_into_it_and_empty_it(play: Player, store: str) -> None:
    play(LOGIN + CWP, env=at(store))
    outcome = play(
        """
- {forti.oauth.token_store_info: , register: before}
- {forti.oauth.token_store: , check_mode: true, register: would}
- {forti.oauth.token_store: {server: https://other.example.com}, register: other}
- {forti.oauth.token_store: , register: emptied}
- {forti.oauth.token_store_info: , register: after}
""",
        keep="before would other emptied after",
        env=at(store),
    )
    assert outcome["before"]["count"] == 2
    assert {entry["server"] for entry in outcome["before"]["entries"]} == {f"https://{play.sim.host}"}
    assert {entry["kind"] for entry in outcome["before"]["entries"]} == {"token"}
    assert all(entry["expires_at"] < entry["kept_until"] for entry in outcome["before"]["entries"])
    assert (outcome["would"]["changed"], outcome["other"]["changed"], outcome["emptied"]["changed"]) == (True, False, True)
    assert (outcome["emptied"]["count"], outcome["after"]["count"]) == (2, 0)


def test_nothing_in_a_directory_tells_a_secret(play: Player, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "tokens"
    play(LOGIN + CWP, env=at(str(folder)))
    paths = [path for path in folder.rglob("*") if path.is_file()]
    kept = "\n".join(str(path.relative_to(folder)) + path.read_bytes().decode("latin-1") for path in paths)
    for secret in (*PASSWORDS.values(), *play.sim.secrets(), "luser1"):
        assert secret not in kept
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}


def test_nothing_in_redis_tells_a_secret_and_all_of_it_ends(play: Player, redis_server: RedisServer) -> None:
    play(LOGIN + CWP, env=at(redis_server.url))
    kept = redis_server.dump()
    for secret in (*PASSWORDS.values(), *play.sim.secrets(), "luser1"):
        assert secret not in kept
    assert len(redis_server.keys()) == 3
    assert all(redis_server.seconds_left(key) > 0 for key in redis_server.keys())  # noqa: SIM118


@pytest.mark.daily("another user")
@pytest.mark.parametrize("fault", ["open to others", "symbolic link", "another user"])
def test_a_directory_that_is_not_ours_is_not_used(play: Player, tmp_path: pathlib.Path, fault: str) -> None:
    folder = tmp_path / "tokens"
    if fault == "symbolic link":
        (tmp_path / "real").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "real")
    else:
        folder.mkdir(mode=0o755 if fault == "open to others" else 0o700)
    if fault == "another user":
        if os.geteuid() != 0:
            pytest.skip("only root can give a directory to another user")
        os.chown(folder, 12345, 12345)
    outcome = play(LOGIN, keep="r", hosts=3, env=at(str(folder)))
    assert play.sim.counts["fac.login"] == 1
    assert _unwrapped(outcome.output).count(_unwrapped(f"The directory {folder} is not used:")) == 1
    assert not list((tmp_path / "real" if fault == "symbolic link" else folder).glob("*.token"))


def test_a_full_disk_loses_nothing(play: Player, full_disk: pathlib.Path) -> None:
    outcome = play(LOGIN, keep="r", hosts=3, env=at(str(full_disk)))
    assert len({result["access_token"] for result in outcome.of_all("r")}) == 1
    assert play.sim.counts["fac.login"] == 1
    assert "cannot be used: No space left on device" in " ".join(outcome.output.split())


@pytest.mark.daily("cut")
@pytest.mark.parametrize(
    "damage", [b"", b"{", b"\xff" * 100, b'{"format": 1}\n', b'{"format": 2}\n' + b"x" * 100], ids=["empty", "cut", "noise", "head", "version"]
)
def test_a_corrupt_entry_is_none(play: Player, tmp_path: pathlib.Path, damage: bytes) -> None:
    folder = tmp_path / "tokens"
    play(LOGIN, env=at(str(folder)))
    (entry,) = folder.glob("*.token")
    entry.write_bytes(damage)
    assert play(LOGIN, keep="r", env=at(str(folder)))["r"]["source"] == "login"
    assert play(LOGIN, keep="r", env=at(str(folder)))["r"]["source"] == "cache"


def test_redis_that_is_down(play: Player, redis_server: RedisServer) -> None:
    outcome = play(LOGIN, keep="r", hosts=3, env=at(f"redis://:{PASSWORD}@127.0.0.1:1/0"))
    assert play.sim.counts["fac.login"] == 1
    assert "Redis at 127.0.0.1:1 cannot be used: no connection" in " ".join(outcome.output.split())
    assert PASSWORD not in outcome.output


def test_a_silent_redis_costs_the_role_and_its_revoke_one_wait(play: Player) -> None:
    """Two services, hosts one after the other, and their revocations: the run remembers that it is silent."""
    pytest.importorskip("redis", reason="it needs redis, which is not installed")
    role = "- {import_role: {name: forti.oauth.token}}\n- {import_role: {name: forti.oauth.token, tasks_from: revoke}}\n"
    options = {
        "token_fac_options": {"username": "luser1", "password": PASSWORDS["luser1"]},
        "token_forticwp_options": {"credential": "{{ secret.credential }}"},
    }
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        cache = f"redis://:{PASSWORD}@127.0.0.1:{silent.getsockname()[1]}/0"
        outcome = play(role, keep="token_fac", hosts=4, head="serial: 2", variables=options, env=at(cache))
        silent.setblocking(False)
        came = 0
        with contextlib.suppress(BlockingIOError):
            while silent.accept():
                came += 1
    assert outcome.of_all("token_fac") == [{}] * 4
    assert came == 1
    assert outcome.output.count("no answer within 3 seconds") == 1


def test_redis_with_a_wrong_password(play: Player, redis_server: RedisServer) -> None:
    outcome = play(LOGIN, env=at(redis_server.url.replace(PASSWORD, "wrong-redis-4711")))
    assert "it refuses the user or the password" in " ".join(outcome.output.split())
    assert "wrong-redis-4711" not in outcome.output


@pytest.mark.parametrize(
    ("cache", "says"),
    [
        ("memory", "redis://host:6379/0"),
        ("http://example.com/", "redis://host:6379/0"),
        ("redis://:secret-4711@host:port/x", "cache is not a URL of Redis."),
        ("redis://:secret-4711@host/x", "only the number of a database may follow, such as /0."),
    ],
)
def test_a_value_that_is_no_store(play: Player, cache: str, says: str) -> None:
    outcome = play(LOGIN, fails=True, env=at(cache))
    assert "cache" in outcome.output and says in " ".join(outcome.output.split())
    assert "secret-4711" not in outcome.output
    assert play.sim.requests == []


@pytest.mark.daily("directory")
def test_a_run_that_is_killed_leaves_no_lock(play: Player, store: str) -> None:
    """It is killed while it waits for the server's answer, with the lock in its hands."""
    play.sim.settings(latency=600)
    with play.started(LOGIN, env=at(store)) as run:
        run.wait_until(lambda: play.sim.requests, "the run asks for a token")
        run.send(signal.SIGKILL)
        assert run.end() == -signal.SIGKILL
    play.sim.settings(latency=0)
    started = time.monotonic()
    assert play(LOGIN, keep="r", env=at(store))["r"]["access_token"]
    assert time.monotonic() - started < 60  # a lock in Redis ends after 15; a run waits much longer for one that does not end


def wait_for_answers(play: Player, run: Running, count: int) -> None:
    """Wait until the server has so many answers ready."""
    run.wait_until(lambda: sum(request["status"] is not None for request in play.sim.requests) >= count, f"the server answers {count} requests")


@pytest.mark.long
def test_runs_that_are_killed_at_any_moment(play: Player, tmp_path: pathlib.Path) -> None:
    cache = at(str(tmp_path / "tokens"))
    forced = LOGIN.replace("'}", "', force: true}")
    for answered in range(1, 7):
        with play.started(forced, env=cache) as run:
            wait_for_answers(play, run, answered)
            time.sleep(answered % 6 * 0.01)  # the run stores the token meanwhile
            run.send(signal.SIGKILL)
    outcome = play(LOGIN, keep="r", hosts=3, env=cache)
    assert len({result["access_token"] for result in outcome.of_all("r")}) == 1
    info = "- {forti.oauth.fac_oauth_token_info: {access_token: '{{ r.access_token }}'}, register: info}\n"
    assert play(LOGIN + info, keep="info", env=cache)["info"]["valid"]


@pytest.mark.daily("set back")
@pytest.mark.parametrize(("hours", "source"), [(-48, "refresh"), (48, "login"), (1, "cache")], ids=["set back", "set forward", "an hour on"])
def test_a_clock_that_jumps(play: Player, tmp_path: pathlib.Path, hours: int, source: str) -> None:
    cache = at(str(tmp_path / "tokens"))
    play(LOGIN, env=cache)
    (tmp_path / "clock").mkdir()
    shift = f"import time\n_now = time.time\ntime.time = lambda: _now() + {hours * 3600}\n"
    (tmp_path / "clock" / "sitecustomize.py").write_text(shift)
    outcome = play(LOGIN, keep="r", env={**cache, **python_path(tmp_path / "clock")})
    assert outcome["r"]["source"] == source


def test_a_hit_imports_no_requests_and_opens_no_socket(play: Player, tmp_path: pathlib.Path) -> None:
    cache = at(str(tmp_path / "tokens"))
    play(LOGIN, env=cache)
    (tmp_path / "guard").mkdir()
    guard = """
        import socket, sys
        class Guard:
            def find_spec(self, name, path=None, target=None):
                if name in ("requests", "urllib3"):
                    raise RuntimeError("imported " + name)
        sys.meta_path.insert(0, Guard())
        def connect(self, address):
            raise RuntimeError("a socket was opened")
        socket.socket.connect = connect
    """
    (tmp_path / "guard" / "sitecustomize.py").write_text(textwrap.dedent(guard))
    lookup = "- {set_fact: {x: \"{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1) | length }}\"}}\n"
    # To verify the token of another run, which is one request for the run, is not a part of a hit.
    outcome = play(LOGIN + lookup, keep="r", hosts=2, env={**cache, "FAC_VERIFY": "never", **python_path(tmp_path / "guard")})
    assert {result["source"] for result in outcome.of_all("r")} == {"cache"}
    # The guard works: a miss runs into it.
    failed = play(LOGIN, fails=True, env=python_path(tmp_path / "guard"), traceback_ok=True)
    assert "imported " in failed.output


def test_every_folder_that_is_made_is_for_its_owner_alone(play: Player, tmp_path: pathlib.Path) -> None:
    """Whatever the umask is."""
    before = os.umask(0)
    try:
        play(LOGIN, env=at(str(tmp_path / "a" / "b" / "tokens")))
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "tokens")}
    assert modes == {"a": 0o700, "b": 0o700, "tokens": 0o700}


@pytest.mark.daily("4711/pa@ss")
@pytest.mark.parametrize("password", ["pa/ss-4711", "pa?ss-4711", "pa#ss-4711", "4711/pa@ss"])
def test_a_password_that_is_not_escaped_is_shown_in_no_part(play: Player, password: str) -> None:
    outcome = play(LOGIN.replace("}, register", "}, ignore_errors: true, register"), keep="r", env=at(f"redis://:{password}@localhost:1/0"))
    assert "If its password holds / ? # @ or :, write %2F %3F %23 %40 %3A for them." in outcome["r"]["msg"]
    assert "4711" not in outcome.output and "ss-" not in outcome.output
    assert play.sim.requests == []
