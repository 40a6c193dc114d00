# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Redis Sentinel and the Redis Cluster of the tests do what real ones do: the library redis finds each new master."""

from __future__ import annotations

import pathlib
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any, Union

import pytest

from tests.tools.redis_cluster import RedisCluster
from tests.tools.redis_group import RedisGroup
from tests.tools.redis_sentinel import SENTINEL_PASSWORD, SERVICE, RedisSentinel
from tests.tools.redis_server import PASSWORD, program

pytest.importorskip("redis", reason="it needs redis, which is not installed")
if program() is None:
    pytest.skip("there is no redis-server and no valkey-server on this machine", allow_module_level=True)
import redis
import redis.cluster
import redis.sentinel

TIMEOUT: dict[str, Any] = {"socket_timeout": 1, "socket_connect_timeout": 1}
KEY = "kept{here}"
Kind = Union[type[RedisSentinel], type[RedisCluster]]


@pytest.fixture
def sentinel(tmp_path: pathlib.Path) -> Iterator[RedisSentinel]:
    with RedisSentinel(tmp_path) as running:
        yield running


@pytest.fixture
def cluster(tmp_path: pathlib.Path) -> Iterator[RedisCluster]:
    with RedisCluster(tmp_path) as running:
        yield running


def hosts(url: str) -> list[tuple[str, int]]:
    """Return the addresses in a URL."""
    places = urllib.parse.urlsplit(url).netloc.rpartition("@")[2].split(",")
    return [(host, int(port)) for host, _colon, port in (place.partition(":") for place in places)]


def asked(*places: tuple[str, int]) -> Any:
    """Return a client for the service of these sentinels."""
    known = redis.sentinel.Sentinel(places, sentinel_kwargs={"password": SENTINEL_PASSWORD, **TIMEOUT}, password=PASSWORD, **TIMEOUT)
    return known.master_for(SERVICE)


def of_cluster(cluster: RedisCluster) -> Any:
    """Return a client."""
    nodes = [redis.cluster.ClusterNode(host, port) for host, port in hosts(cluster.url)]
    return redis.cluster.RedisCluster(startup_nodes=nodes, password=PASSWORD, **TIMEOUT)


def in_time(question: Callable[[], Any]) -> Any:
    """Ask until there is an answer."""
    deadline = time.monotonic() + 15
    while True:
        try:
            return question()
        except redis.RedisError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def address(client: Any) -> int:
    """Return the port at which a client finds the master."""
    return int(client.connection_pool.get_master_address()[1])


def test_sentinels_start(sentinel: RedisSentinel) -> None:
    client = asked(*hosts(sentinel.url))
    client.set(KEY, "value", ex=100)
    assert client.wait(1, 1000) == 1
    assert [sentinel.keys(), sentinel.dump().split(), 0 < sentinel.seconds_left(KEY) <= 100] == [[KEY], [KEY, "value"], True]
    assert {sentinel.master, sentinel.replica} == {server.port for server in sentinel.servers}
    sentinel.flush()
    assert sentinel.keys() == []
    parts = urllib.parse.urlsplit(sentinel.url)
    assert [parts.scheme, parts.path, parts.query] == ["redis+sentinel", f"/{SERVICE}/0", f"sentinel_password={SENTINEL_PASSWORD}"]


@pytest.mark.long
def test_a_replica_takes_the_place_of_a_killed_master(sentinel: RedisSentinel) -> None:
    client = asked(*hosts(sentinel.url))
    client.set(KEY, "value")
    assert client.wait(1, 1000) == 1
    old = sentinel.kill_master()
    new = sentinel.failed_over()
    assert new is not old
    assert in_time(lambda: client.get(KEY)) == b"value"
    sentinel.restart(old)
    sentinel.settled()
    assert [sentinel.master, sentinel.replica, old.info("replication")["role"]] == [new.port, old.port, "slave"]


@pytest.mark.long
def test_a_stopped_master_comes_back_as_a_replica(sentinel: RedisSentinel) -> None:
    old = sentinel.stop_master(5)
    new = sentinel.failed_over(4)
    in_time(lambda: asked(*hosts(sentinel.url)).set(KEY, "value"))
    sentinel.settled()
    assert [sentinel.master, old.info("replication")["role"], old.keys()] == [new.port, "slave", [KEY]]


@pytest.mark.long
def test_a_sentinel_that_is_split_off_believes_what_is_old(sentinel: RedisSentinel) -> None:
    lone = sentinel.split_sentinel()
    old = sentinel.kill_master()
    new = sentinel.failed_over()
    assert [lone.master(), sentinel.master] == [old.port, new.port]
    with pytest.raises(redis.sentinel.MasterNotFoundError):
        asked(("127.0.0.1", lone.port)).ping()  # it names the master, and says that it is down
    sentinel.restart(old)
    sentinel.join_sentinel()
    assert lone.master() == new.port


@pytest.mark.long
def test_a_sentinel_that_is_split_off_with_the_master_leads_to_it(sentinel: RedisSentinel) -> None:
    lone = sentinel.split_sentinel(with_master=True)
    new = sentinel.failed_over()
    theirs, ours = asked(("127.0.0.1", lone.port)), asked(*hosts(sentinel.url)[:2])
    assert in_time(lambda: ours.set(KEY, "ours"))
    assert theirs.set(KEY, "theirs")
    assert [address(theirs), address(ours)] == [lone.master(), new.port]
    sentinel.join_sentinel()
    assert in_time(lambda: theirs.get(KEY)) == b"ours"
    assert address(theirs) == new.port


def test_a_cluster_starts(cluster: RedisCluster) -> None:
    client = of_cluster(cluster)
    for number in range(20):
        client.set(f"key{number}", "value", ex=100)
    assert sorted(cluster.keys()) == sorted(f"key{number}" for number in range(20))
    assert [len(cluster.masters()), cluster.dump().count("value"), 0 < cluster.seconds_left("key1") <= 100] == [3, 20, True]
    cluster.flush()
    assert cluster.keys() == []
    assert hosts(cluster.url) == [("127.0.0.1", server.port) for server in cluster.masters()]


@pytest.mark.long
@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_replica_takes_the_place_of_a_master_of_a_cluster(cluster: RedisCluster, how: str) -> None:
    client = of_cluster(cluster)
    client.set(KEY, "value")
    assert client.execute_command("WAIT", 1, 1000, target_nodes=client.get_node_from_key(KEY)) in (1, [1])
    old = cluster.kill_master(KEY) if how == "killed" else cluster.stop_master(6, KEY)
    cluster.failed_over(5)
    assert cluster.owner(KEY) is not old
    assert in_time(lambda: client.get(KEY)) == b"value"
    if how == "killed":
        cluster.restart(old)
    cluster.settled()
    assert old.info("replication")["role"] == "slave"


@pytest.mark.long
def test_a_slot_moves(cluster: RedisCluster) -> None:
    client = of_cluster(cluster)
    client.set(KEY, "value")
    old, slot = cluster.owner(KEY), cluster.slot(KEY)
    cluster.begin_move(slot)
    assert old.ask("GET", "none{here}").startswith(f"ASK {slot} ")
    assert client.set("new{here}", "value")
    new = cluster.move_slot(slot)
    assert old.ask("GET", KEY).startswith(f"MOVED {slot} ")
    assert [client.get(KEY), cluster.owner(KEY) is new, sorted(new.keys())] == [b"value", True, sorted([KEY, "new{here}"])]


@pytest.mark.parametrize("kind", [RedisSentinel, RedisCluster])
def test_tls(kind: Kind, tmp_path: pathlib.Path) -> None:
    pytest.importorskip("trustme", reason="it needs trustme, which is not installed")
    with kind(tmp_path, tls=True) as running:
        assert running.url.startswith("rediss+")
        assert redis.Redis.from_url(running.masters()[0].url).ping()


@pytest.mark.parametrize("kind", [RedisSentinel, RedisCluster])
def test_nothing_is_left_of_a_start_that_failed(kind: Kind, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: RedisGroup) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kind, "settled", fail)
    group = kind(tmp_path)
    with pytest.raises(KeyboardInterrupt), group:
        pass
    for server in group.servers:
        with pytest.raises(redis.ConnectionError):
            redis.Redis.from_url(server.url).ping()
