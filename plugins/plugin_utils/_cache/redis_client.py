# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""A client of the library redis for one server, for the master that sentinels name, or for a cluster; and its errors in our own words."""

from __future__ import annotations

import contextlib
import functools
import ssl
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import BackendError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.redis_url import CLUSTER, CLUSTER_PREFIX, SENTINEL, SERVER, RedisUrl

_WRONG_OPTION = "cache is a URL with an option after its question mark that is unknown, or has a wrong value."
TIMEOUT = 3  # seconds to wait for an answer
_OF_SEVERAL = 1  # the same for one of several servers: if one is silent, there is time for the others
_NO_MASTER = (
    "no sentinel names a master. Check the hosts and ports of the sentinels, the name of the service, and, if they want them, sentinel_password "
    "and ssl_ca_certs"
)
_SENTINELS_REFUSE = "the sentinels refuse their user or password: check sentinel_username and sentinel_password in the URL, and that these are sentinels"
_IS_CLUSTER = "it is a Redis Cluster: write redis+cluster:// in its URL"
_SLOTS_MISSING = "the cluster is down: not all of its slots have a master"
_NO_PASSWORD = "it wants a password, and its URL has none: write redis://:PASSWORD@host, with the colon"
_NOT_HERE = {"db index": "it has no database of this number", "same slot": _IS_CLUSTER}
# What stands in the text of a server that refuses a command -> what that means for the kind of the URL.
_REFUSED = {
    SERVER: {**_NOT_HERE, "unknown command": "it is no server but a sentinel, or too old: for sentinels, write redis+sentinel:// in its URL"},
    SENTINEL: {**_NOT_HERE, "unknown command": "it is no sentinel: name the sentinels and their port, which is 26379 in most cases"},
    CLUSTER: _NOT_HERE,
}
_REFUSALS = ("AuthenticationError", "NoPermissionError")  # the library puts the errors of the sentinels into the text of its own
_UNCOVERED = "not covered"  # in the library's text of slots without a master
_AFTER_FAILOVER = 1  # retries: the client then asks anew which server is the master. There are no others: a play does not wait for a cache


class Opened(NamedTuple):
    """The library redis, what makes a client, and what tells how many replicas may take over. To make the client of a cluster asks its servers."""

    library: Any
    client: Callable[[], Any]
    replicas: Callable[[Any], int]


def silent(url: RedisUrl, seconds: float) -> str:
    """Return the reason of who has waited so long."""
    about_tls = "; if its port speaks no TLS, write redis in place of rediss in the URL" if url.of_first.startswith("rediss:") else ""
    return f"no answer within {seconds:g} second{'' if seconds == 1 else 's'}{about_tls}"


def opened(url: RedisUrl) -> Opened:
    """Return what makes a client. Nothing is sent yet.

    :raises OptionError: an option of the URL is invalid.
    :raises BackendError: the library redis is missing.
    """
    redis = _library()
    try:
        client = {SERVER: _of_server, SENTINEL: _of_sentinels, CLUSTER: _of_cluster}[url.kind](redis, url)
    except (ValueError, TypeError, AttributeError, redis.RedisError):  # TypeError and AttributeError for unknown options after the question mark
        client = None
    if client is None:
        raise OptionError(_WRONG_OPTION)
    return Opened(redis, client, functools.partial(_replicas, redis, url))


def reason(redis: Any, exc: BaseException, url: RedisUrl) -> str:
    """Return why Redis failed, in words of our own, because its text may hold what was sent."""
    if isinstance(exc, redis.exceptions.RedisClusterException) and isinstance(exc.__cause__, redis.RedisError):
        exc = exc.__cause__  # why the last of the nodes could not be asked
    if isinstance(exc.__cause__ or exc.__context__, (ssl.SSLError, FileNotFoundError)):
        return "TLS failed: check ssl_ca_certs in the URL, and the server's certificate"
    if isinstance(exc, redis.sentinel.MasterNotFoundError) and any(name in str(exc) for name in _REFUSALS):
        return _SENTINELS_REFUSE
    if isinstance(exc, redis.exceptions.RedisClusterException) and _UNCOVERED in str(exc):
        return _SLOTS_MISSING
    known = redis.exceptions
    kinds = [
        ((TypeError, AttributeError), "its URL has an option that is unknown"),
        (UnicodeError, "its host name is invalid"),
        (redis.AuthenticationError, "it refuses the user or the password" if url.has_password else _NO_PASSWORD),
        (known.NoPermissionError, "this user does not have the permission"),
        (redis.TimeoutError, silent(url, _patience(url))),
        (known.OutOfMemoryError, "it is full"),
        (known.ReadOnlyError, "it is a read-only replica"),
        (known.LockError, "the lock was lost"),
        (redis.sentinel.MasterNotFoundError, _NO_MASTER),
        ((known.MovedError, known.CrossSlotTransactionError), _IS_CLUSTER),
        ((known.ClusterDownError, known.SlotNotCoveredError), _SLOTS_MISSING),
        (known.ClusterError, "the cluster is moving the slot of the keys"),
        (known.RedisClusterException, "none of these servers answers as a node of a cluster"),
        (redis.ConnectionError, "no connection"),
        (redis.ResponseError, next((said for text, said in _REFUSED[url.kind].items() if text in str(exc).lower()), "it refuses the command")),
    ]
    return next((text for kind, text in kinds if isinstance(exc, kind)), "its answer is invalid")


def _library() -> Any:
    try:
        import redis
        import redis.backoff
        import redis.cluster
        import redis.connection
        import redis.retry
        import redis.sentinel
    except ImportError:
        raise BackendError("Redis cannot be used: the Python library redis is missing on the controller (pip install redis)") from None
    return redis


def _retry(redis: Any, times: int) -> Any:
    return redis.retry.Retry(redis.backoff.NoBackoff(), times)


def _of_server(redis: Any, url: RedisUrl) -> Callable[[], Any]:
    client = redis.Redis.from_url(url.of_first, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=_retry(redis, 0))
    client.connection_pool.make_connection()  # it refuses an option that it does not know, and connects to nothing
    known = client.connection_pool.connection_kwargs
    known["decode_responses"] = False  # entries are bytes, whatever the URL says
    if url.of_first.startswith("rediss:"):
        known.setdefault("ssl_check_hostname", True)  # versions of redis before 6 did not
    return lambda: client


def _of_sentinels(redis: Any, url: RedisUrl) -> Callable[[], Any]:
    servers = _for_many(redis, url)
    both = {name: value for name, value in servers.items() if name.startswith("ssl")}
    own = redis.connection.parse_url(f"redis://?{urlencode(url.sentinel_options)}")  # it makes numbers of the texts
    sentinels = {**both, "socket_timeout": _OF_SEVERAL, "socket_connect_timeout": _OF_SEVERAL, "retry": _retry(redis, 0), **own}
    client = redis.sentinel.Sentinel(url.servers, sentinel_kwargs=sentinels).master_for(url.service, retry=_retry(redis, _AFTER_FAILOVER), **servers)
    return lambda: client


def _of_cluster(redis: Any, url: RedisUrl) -> Callable[[], Any]:
    servers = {name: value for name, value in _for_many(redis, url).items() if name != "db"}
    nodes = [redis.cluster.ClusterNode(host, port) for host, port in url.servers]
    return lambda: redis.cluster.RedisCluster(startup_nodes=nodes, retry=_retry(redis, _AFTER_FAILOVER), **servers)


def _replicas(redis: Any, url: RedisUrl, client: Any) -> int:
    """Return how many replicas the master of the keys has, as far as is known: those that are down, too."""
    if url.kind == CLUSTER:
        master = client.get_redis_connection(client.get_node_from_key(CLUSTER_PREFIX))
        nodes = master.execute_command("CLUSTER NODES").values()
        (own_id,) = (node["node_id"] for node in nodes if "myself" in node["flags"])
        return sum(node["master_id"] == own_id for node in nodes)
    for sentinel in client.connection_pool.sentinel_manager.sentinels if url.kind == SENTINEL else ():
        with contextlib.suppress(redis.RedisError):
            return int(sentinel.sentinel_masters()[url.service]["num-slaves"])
    return 0 if url.kind == SERVER else 1


def _patience(url: RedisUrl) -> float:
    """Return the seconds for an answer of a server that has the keys."""
    return _OF_SEVERAL if url.kind == CLUSTER else TIMEOUT


def _for_many(redis: Any, url: RedisUrl) -> dict[str, Any]:
    """Return the options for servers whose addresses others tell: all of the URL but its address."""
    options = {
        "socket_timeout": _patience(url),
        "socket_connect_timeout": _patience(url),
        **redis.connection.parse_url(url.of_first),
        "decode_responses": False,
    }
    connection = options.pop("connection_class", redis.connection.Connection)
    kept = {name: value for name, value in options.items() if name not in ("host", "port")}
    connection(**kept)  # it refuses an option that it does not know, and connects to nothing; the client of a cluster would leave it out
    return kept if connection is redis.connection.Connection else {"ssl": True, "ssl_check_hostname": True, **kept}
