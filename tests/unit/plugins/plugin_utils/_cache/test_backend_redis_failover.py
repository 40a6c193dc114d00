# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Redis Sentinel and a real Redis Cluster as a backend: what is kept, the lock, and a failover while it is held."""

from __future__ import annotations

import pathlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Union

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import BackendError, LockTimeout
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_redis import RedisBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import Entry
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tier import Tier

from tests.tools.redis_cluster import RedisCluster
from tests.tools.redis_sentinel import SENTINEL_PASSWORD, RedisSentinel
from tests.tools.redis_server import PASSWORD, RedisServer, program

pytest.importorskip("redis", reason="it needs redis, which is not installed")
if program() is None:
    pytest.skip("there is no redis-server and no valkey-server on this machine", allow_module_level=True)

NAME, OTHER = "0a" * 16, "0b" * 16
Group = Union[RedisSentinel, RedisCluster]
KINDS = (RedisSentinel, RedisCluster)
NO_MASTER = (
    "no sentinel names a master. Check the hosts and ports of the sentinels, the name of the service, and, if they want them, sentinel_password "
    "and ssl_ca_certs"
)
TLS_FAILED = "TLS failed: check ssl_ca_certs in the URL, and the server's certificate"
PREFIXES = {RedisSentinel: "forti_oauth:", RedisCluster: "{forti_oauth}:"}


def kill_master(group: Group) -> None:
    """Kill the server that has the keys."""
    if isinstance(group, RedisCluster):
        group.kill_master(PREFIXES[RedisCluster])
    else:
        group.kill_master()


@pytest.fixture(scope="module", params=KINDS, ids=["sentinel", "cluster"])
def group(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Group]:
    """One that no test breaks."""
    with request.param(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(params=KINDS, ids=["sentinel", "cluster"])
def breakable(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Group]:
    with request.param(tmp_path) as running:
        yield running


@pytest.fixture
def backend(group: Group) -> RedisBackend:
    group.flush()
    backend = RedisBackend(group.url)
    backend.agree("salt", b"s" * 32)
    return backend


def failure(url: str) -> str:
    """Return what a store says that fails."""
    with pytest.raises(BackendError) as caught:
        RedisBackend(url).read(NAME)
    assert PASSWORD not in str(caught.value) and SENTINEL_PASSWORD not in str(caught.value)
    return str(caught.value).partition(" cannot be used: ")[2]


def test_what_is_kept_and_what_it_is_called(group: Group, backend: RedisBackend) -> None:
    with backend.lock(NAME, timeout=1) as is_held:
        assert is_held()
        backend.write(NAME, b"one", keep_until=time.time() + 100)
        backend.write(OTHER, b"other", keep_until=None)
        assert sorted(group.keys()) == sorted(PREFIXES[type(group)] + rest for rest in (f"lock:{NAME}", "salt", f"token:{NAME}", f"token:{OTHER}"))
        assert all(group.seconds_left(key) > 0 for key in group.keys())  # noqa: SIM118
    assert (backend.read(NAME), list(backend.entries())) == (b"one", [(NAME, b"one"), (OTHER, b"other")])
    backend.remove(NAME)
    assert backend.read(NAME) is None
    backend.disagree("salt", b"s" * 32)
    assert backend.agree("salt", b"t" * 32) == b"t" * 32


def test_more_entries_than_one_answer_holds(backend: RedisBackend) -> None:
    for number in range(1100):
        backend.write(f"{number:032x}", b"x", keep_until=None)
    assert len(list(backend.entries())) == 1100


def test_the_keys_of_a_cluster_are_in_one_slot(group: Group, backend: RedisBackend) -> None:
    """So one script can look at the lock and write the entry."""
    with backend.lock(NAME, timeout=1):
        backend.write(OTHER, b"other", keep_until=None)
        assert not isinstance(group, RedisCluster) or len({group.slot(key) for key in group.keys()}) == 1  # noqa: SIM118


def test_one_at_a_time(group: Group, backend: RedisBackend) -> None:
    with backend.lock(NAME, timeout=1):
        with pytest.raises(LockTimeout), RedisBackend(group.url).lock(NAME, timeout=0.2):
            raise AssertionError("two hold it")
        with RedisBackend(group.url).lock(OTHER, timeout=0.2) as is_held:
            assert is_held()


def test_a_sentinel_or_a_node_that_is_down_is_passed_over(group: Group, backend: RedisBackend) -> None:
    backend.write(NAME, b"one", keep_until=None)
    assert RedisBackend(group.url.replace("@", "@127.0.0.1:1,")).read(NAME) == b"one"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda url: url.replace(PASSWORD, "Wrong-Word-1"), "it refuses the user or the password", id="password"),
        pytest.param(
            lambda url: url.replace(f":{PASSWORD}@", ""),
            "it wants a password, and its URL has none: write redis://:PASSWORD@host, with the colon",
            id="no password",
        ),
    ],
)
def test_who_is_not_let_in(group: Group, change: Callable[[str], str], said: str) -> None:
    assert failure(change(group.url)) == said


def test_what_is_another_kind_of_redis(group: Group) -> None:
    """The message says what it is, or what to look at."""
    server, first = group.servers[0].port, group.url.partition("@")[2].partition(",")[0]
    if isinstance(group, RedisCluster):
        said = {failure_of_names(f"redis://:{PASSWORD}@{first}/0")}
        assert said == {"it is a Redis Cluster: write redis+cluster:// in its URL"}
        with pytest.raises(BackendError, match="it is a Redis Cluster"):
            RedisBackend(f"redis://:{PASSWORD}@{first}/0").write(NAME, b"x", keep_until=None)
    else:
        no_master = NO_MASTER
        assert failure(group.url.replace("/forti/", "/other/")) == no_master
        refused = "the sentinels refuse their user or password: check sentinel_username and sentinel_password in the URL, and that these are sentinels"
        assert failure(group.url.replace(SENTINEL_PASSWORD, "Wrong-Word-1")) == refused
        assert failure(group.url.partition("?")[0]) == refused
        assert failure(f"redis+cluster://:{PASSWORD}@127.0.0.1:{server}") == "none of these servers answers as a node of a cluster"
        is_sentinel = "it is no server but a sentinel, or too old: for sentinels, write redis+sentinel:// in its URL"
        assert failure(f"redis://:{SENTINEL_PASSWORD}@{first}/0") == is_sentinel
        no_sentinel = "it is no sentinel: name the sentinels and their port, which is 26379 in most cases"
        assert failure(f"redis+sentinel://127.0.0.1:{server}/forti/0?sentinel_password={PASSWORD}") == no_sentinel


def test_a_node_of_a_cluster_that_is_not_built_yet(tmp_path: pathlib.Path) -> None:
    with RedisServer(tmp_path, "--cluster-enabled", "yes") as node:
        assert failure(f"redis+cluster://:{PASSWORD}@127.0.0.1:{node.port}") == "the cluster is down: not all of its slots have a master"


def failure_of_names(url: str) -> str:
    """Return what a store says that has one of many names elsewhere."""
    backend = RedisBackend(url)
    with pytest.raises(BackendError) as caught:
        for number in range(100):
            backend.read(f"{number:032x}")
    return str(caught.value).partition(" cannot be used: ")[2]


@pytest.mark.parametrize(
    "option", ["no_such_option=1", "sentinel_no_such_option=1", "socket_timeout=x", "single_connection_client=true", "protocol=9", "credential_provider=x"]
)
def test_an_option_that_is_none(group: Group, option: str) -> None:
    mark = "&" if "?" in group.url else "?"
    with pytest.raises(OptionError) as caught:
        RedisBackend(f"{group.url}{mark}{option}")
    assert str(caught.value) == "cache is a URL with an option after its question mark that is unknown, or has a wrong value."


def test_an_option_of_the_sentinels_that_is_a_number(group: Group) -> None:
    if isinstance(group, RedisSentinel):
        assert RedisBackend(f"{group.url}&sentinel_socket_timeout=2&sentinel_socket_connect_timeout=2").read("0c" * 16) is None
        with pytest.raises(OptionError):
            RedisBackend(f"{group.url}&sentinel_socket_timeout=x")


def test_a_failover_while_the_lock_is_held(breakable: Group) -> None:
    """The replica has the lock, too. Its holder goes on, and writes into the new master what the others then find."""
    backend = RedisBackend(breakable.url)
    backend.agree("salt", b"s" * 32)
    with backend.lock(NAME, timeout=1) as is_held:
        backend.write(NAME, b"one", keep_until=None)
        wait_for_replica(breakable, backend)
        kill_master(breakable)
        breakable.failed_over()
        assert is_held()
        backend.write(NAME, b"two", keep_until=None)
        with pytest.raises(LockTimeout), RedisBackend(breakable.url).lock(NAME, timeout=0.2):
            raise AssertionError("two hold it")
    assert RedisBackend(breakable.url).read(NAME) == b"two"
    with RedisBackend(breakable.url).lock(NAME, timeout=0.2):
        pass


def test_a_lock_that_was_lost_with_its_master_is_told_and_nothing_is_written(breakable: Group) -> None:
    """The replica does not get the lock any more. Then another process takes it at the new master."""
    backend, warnings = RedisBackend(breakable.url), list[str]()
    key = {"server": "https://s", "refresh_token": "R1"}
    cache = EncryptedCache(lambda: backend, warn=warnings.append)
    other = EncryptedCache(lambda: RedisBackend(breakable.url), warn=warnings.append)
    with cache.lock(key, timeout=1):
        assert cache.put({"access_token": "A0"}, key, "token", keep_until=None)
        kill_master(breakable)
        breakable.failed_over()
        for lock in [name for name in breakable.keys() if ":lock:" in name]:  # noqa: SIM118
            breakable.owner(lock).ask("DEL", lock)
        with other.lock(key, timeout=1):
            assert other.put({"access_token": "A2"}, key, "token", keep_until=None)
            assert not cache.put({"access_token": "A1"}, key, "token", keep_until=None)
    assert other.get(key, "token") == {"access_token": "A2"}
    (warning,) = warnings
    assert warning.endswith("the lock was lost meanwhile. The play goes on without it; tokens are not shared by it.")


@pytest.mark.daily("sentinel")
def test_until_there_is_a_new_master_it_fails_at_once(breakable: Group) -> None:
    backend = RedisBackend(breakable.url)
    backend.write(NAME, b"one", keep_until=None)
    wait_for_replica(breakable, backend)
    kill_master(breakable)
    began = time.monotonic()
    assert failure(breakable.url) in ("no connection", NO_MASTER)
    assert time.monotonic() - began <= 2
    breakable.failed_over()
    assert RedisBackend(breakable.url).read(NAME) == b"one"


@pytest.mark.long
def test_a_master_that_stands_still_costs_no_more_than_one_that_is_silent(breakable: Group) -> None:
    """When it goes on it is a replica, which nobody writes to."""
    backend = RedisBackend(breakable.url)
    backend.write(NAME, b"one", keep_until=None)
    wait_for_replica(breakable, backend)
    stopped: Any = (5, PREFIXES[RedisCluster]) if isinstance(breakable, RedisCluster) else (5,)
    breakable.stop_master(*stopped)
    began = time.monotonic()
    assert failure(breakable.url).startswith("no answer within ")
    assert time.monotonic() - began <= 4
    breakable.failed_over()
    backend.write(NAME, b"two", keep_until=None)
    time.sleep(6)
    backend.write(NAME, b"three", keep_until=None)
    assert RedisBackend(breakable.url).read(NAME) == b"three"


@pytest.mark.long
def test_many_ask_while_it_fails_over(breakable: Group) -> None:
    """Each answer is right or is an error; no entry is corrupt."""
    RedisBackend(breakable.url).write(NAME, b"one" * 1000, keep_until=None)
    wait_for_replica(breakable, RedisBackend(breakable.url))
    answers, over = list[Any](), threading.Event()

    def ask() -> None:
        while not over.is_set():
            try:
                answers.append(RedisBackend(breakable.url).read(NAME))
            except BackendError as exc:
                answers.append(exc)
            time.sleep(0.05)

    threads = [threading.Thread(target=ask) for _each in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    kill_master(breakable)
    breakable.failed_over()
    time.sleep(0.5)
    over.set()
    for thread in threads:
        thread.join()
    assert {answer for answer in answers if not isinstance(answer, BackendError)} == {b"one" * 1000}
    assert [answer for answer in answers if isinstance(answer, BackendError)]


@pytest.mark.parametrize("kind", KINDS, ids=["sentinel", "cluster"])
def test_tls(kind: type[Group], tmp_path: pathlib.Path) -> None:
    with kind(tmp_path, tls=True) as group:
        with RedisBackend(group.url).lock(NAME, timeout=1):
            RedisBackend(group.url).write(NAME, b"one", keep_until=None)
        assert RedisBackend(group.url).read(NAME) == b"one"
        authority = f"ssl_ca_certs={tmp_path / 'tls-ca.pem'}"
        assert authority in group.url
        without = group.url.replace(authority, "ssl_cert_reqs=required")
        # A client of Sentinel does not tell why no sentinel answers.
        expected = NO_MASTER
        assert failure(without) == (expected if kind is RedisSentinel else TLS_FAILED)


def test_a_slot_that_moves(tmp_path: pathlib.Path) -> None:
    with RedisCluster(tmp_path) as cluster:
        backend = RedisBackend(cluster.url)
        backend.agree("salt", b"s" * 32)
        with backend.lock(NAME, timeout=1) as is_held:
            backend.write(NAME, b"one", keep_until=None)
            slot = cluster.slot(PREFIXES[RedisCluster])
            cluster.begin_move(slot)
            assert (RedisBackend(cluster.url).read(NAME), RedisBackend(cluster.url).read(OTHER)) == (b"one", None)
            cluster.move_slot(slot)
            assert is_held()
            backend.write(NAME, b"two", keep_until=None)
        assert list(RedisBackend(cluster.url).entries()) == [(NAME, b"two")]


def wait_for_replica(group: Group, backend: RedisBackend) -> None:
    """Wait until a replica has what was written; Redis replicates without waiting for it."""
    backend._ask(lambda: backend._server().wait(1, 2000))


def test_a_replica_confirms_what_was_written(group: Group, backend: RedisBackend) -> None:
    backend.write(NAME, b"one", keep_until=None)
    assert backend.is_replicated()


def test_a_refresh_token_is_not_spent_at_a_master_that_was_replaced(tmp_path: pathlib.Path) -> None:
    """It is cut off with one sentinel, and takes what is written to it. The others have a new master, which would give the refresh token to the next one."""
    key = {"family": "fac", "server": "https://fac.example.com", "client_id": "c", "username": "u", "password": "p"}
    with RedisSentinel(tmp_path) as sentinel:
        tier = Tier(EncryptedCache(lambda: RedisBackend(sentinel.url), warn=lambda _text: None), nearer=Tier(EncryptedCache(RunBackend, warn=print)))
        with tier.lock(key, timeout=1):
            assert tier.put(Entry(Token("A1", "https://fac.example.com", refresh_token="R1", issued_at=time.time())), key)
            assert tier.spend("R1", key, lock_timeout=1) == [key]
            assert tier.put(Entry(Token("A2", "https://fac.example.com", refresh_token="R2", issued_at=time.time())), key)
            sentinel.split_sentinel(with_master=True)
            sentinel.failed_over()
            assert tier.spend("R2", key, lock_timeout=1) == []
