# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redis as others set it up: users, databases, TLS; and what is said where it fails. No message holds a password."""

from __future__ import annotations

import pathlib
import socket
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import BackendError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_redis import RedisBackend

from tests.tools.redis_server import PASSWORD, RedisServer, program

pytest.importorskip("redis", reason="it needs redis, which is not installed")
pytest.importorskip("trustme", reason="it needs trustme, which is not installed")
import redis
import trustme

NAME = "0a" * 16
ACL = ["--user", "keeper", "on", ">Keeper-Word-1", "~forti_oauth:*", "+@all", "--user", "reader", "on", ">Reader-Word-1", "~forti_oauth:*", "+@read"]
Started = Callable[..., RedisServer]

needs_redis = pytest.mark.skipif(program() is None, reason="there is no redis-server and no valkey-server on this machine")
TLS_FAILED = "TLS failed: check ssl_ca_certs in the URL, and the server's certificate"


@pytest.fixture
def started(tmp_path: pathlib.Path) -> Iterator[Started]:
    servers: list[RedisServer] = []

    def start(*arguments: str) -> RedisServer:
        servers.append(RedisServer(tmp_path, *arguments))
        return servers[-1].start()

    yield start
    for server in servers:
        server.stop()


def failure(work: Callable[[], Any]) -> str:
    """Return what a store says that fails."""
    with pytest.raises(BackendError) as caught:
        work()
    assert caught.value.__cause__ is caught.value.__context__ is None
    return str(caught.value)


def opened(url: str) -> RedisBackend:
    """Return a backend at which a salt was agreed on, as every user of a backend does first."""
    backend = RedisBackend(url)
    backend.agree("salt", b"s" * 32)
    return backend


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@needs_redis
@pytest.mark.parametrize(
    ("user", "said"),
    [
        (":Wrong-Word-1@", "it refuses the user or the password"),
        ("", "it wants a password, and its URL has none: write redis://:PASSWORD@host, with the colon"),
        (f"{PASSWORD}@", "it wants a password, and its URL has none: write redis://:PASSWORD@host, with the colon"),
        ("nobody:Wrong-Word-1@", "it refuses the user or the password"),
        ("reader:Reader-Word-1@", "this user does not have the permission"),
    ],
    ids=["wrong", "missing", "without its colon", "unknown user", "may only read"],
)
def test_who_is_not_let_in(started: Started, user: str, said: str) -> None:
    server = started(*ACL)
    assert failure(lambda: opened(f"redis://{user}127.0.0.1:{server.port}/0")) == f"Redis at 127.0.0.1:{server.port} cannot be used: {said}"


@needs_redis
def test_a_user_of_its_own_and_a_database(started: Started) -> None:
    server = started(*ACL)
    backend = RedisBackend(f"redis://keeper:Keeper-Word-1@127.0.0.1:{server.port}/3")
    with backend.lock(NAME, timeout=0):
        backend.write(NAME, b"one", keep_until=None)
    assert backend.where == f"Redis at 127.0.0.1:{server.port}"
    assert RedisBackend(server.url).read(NAME) is None
    third = redis.Redis.from_url(server.url.removesuffix("/0") + "/3")
    assert third.get(f"forti_oauth:token:{NAME}") == b"one"
    assert failure(lambda: opened(server.url.removesuffix("/0") + "/99")) == f"{backend.where} cannot be used: it has no database of this number"


@needs_redis
def test_a_password_with_letters_that_a_url_quotes(started: Started) -> None:
    server = started("--user", "keeper", "on", ">p@ss/w:rd%", "~*", "+@all")
    RedisBackend(f"redis://keeper:p%40ss%2Fw%3Ard%25@127.0.0.1:{server.port}/0").write(NAME, b"one", keep_until=None)


@needs_redis
def test_a_server_that_is_full(started: Started) -> None:
    server = started()
    backend = RedisBackend(server.url)
    client = redis.Redis.from_url(server.url)
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", "1mb")
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        for number in range(100):
            client.set(f"filler-{number}", b"x" * 100_000)
    assert failure(lambda: backend.write(NAME, b"one", keep_until=None)) == f"{backend.where} cannot be used: it is full"
    assert backend.read(NAME) is None


@needs_redis
def test_a_replica(started: Started) -> None:
    server = started("--replicaof", "127.0.0.1", "1")
    assert failure(lambda: opened(server.url)) == f"Redis at 127.0.0.1:{server.port} cannot be used: it is a read-only replica"


@needs_redis
def test_a_server_that_goes_half_way(started: Started) -> None:
    server = started()
    backend = RedisBackend(server.url)
    with backend.lock(NAME, timeout=0):
        backend.write(NAME, b"one", keep_until=None)
        server.stop()
        for work in (lambda: backend.read(NAME), lambda: backend.write(NAME, b"", keep_until=None), lambda: backend.remove(NAME), backend.entries):
            assert failure(work) == f"{backend.where} cannot be used: no connection"
    assert failure(lambda: backend.lock(NAME, timeout=0).__enter__()) == f"{backend.where} cannot be used: no connection"


@needs_redis
def test_a_connection_that_ended_while_it_was_not_used(started: Started) -> None:
    server = started()
    backend = RedisBackend(server.url)
    redis.Redis.from_url(server.url).client_kill_filter(_type="normal", skipme=True)
    backend.write(NAME, b"one", keep_until=None)
    assert backend.read(NAME) == b"one"


def test_nobody_there() -> None:
    port = free_port()
    assert failure(lambda: opened(f"redis://:{PASSWORD}@127.0.0.1:{port}/0")) == f"Redis at 127.0.0.1:{port} cannot be used: no connection"


def test_a_server_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port, began = silent.getsockname()[1], time.monotonic()
        said = failure(lambda: opened(f"redis://:{PASSWORD}@127.0.0.1:{port}/0"))
        assert time.monotonic() - began <= 4
    assert said == f"Redis at 127.0.0.1:{port} cannot be used: no answer within 3 seconds"


@pytest.mark.parametrize(
    "option",
    ["no_such_option=1", "protocol=9", "credential_provider=x", "ssl_ca_certs=/x", "db=x", "socket_timeout=x", "health_check_interval=x"],
)
def test_an_option_of_redis_that_is_none_is_told_before_anything_is_sent(option: str) -> None:
    with pytest.raises(OptionError) as caught:
        RedisBackend(f"redis://user:{PASSWORD}@host/0?{option}")
    assert str(caught.value) == "cache is a URL with an option after its question mark that is unknown, or has a wrong value."
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_the_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(BackendError) as caught:
        RedisBackend("redis://host/0")
    assert str(caught.value) == "Redis cannot be used: the Python library redis is missing on the controller (pip install redis)"


@pytest.fixture
def authority(tmp_path: pathlib.Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return authority


def with_tls(started: Started, authority: trustme.CA, folder: pathlib.Path, name: str) -> int:
    certificate, port = authority.issue_cert(name), free_port()
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    files = ["--tls-cert-file", str(folder / "cert.pem"), "--tls-key-file", str(folder / "key.pem"), "--tls-ca-cert-file", str(folder / "ca.pem")]
    started("--tls-port", str(port), "--tls-auth-clients", "no", *files)
    return port


@needs_redis
def test_tls(started: Started, authority: trustme.CA, tmp_path: pathlib.Path) -> None:
    port = with_tls(started, authority, tmp_path, "127.0.0.1")
    backend = RedisBackend(f"rediss://:{PASSWORD}@127.0.0.1:{port}/0?ssl_ca_certs={tmp_path / 'ca.pem'}")
    with backend.lock(NAME, timeout=0):
        backend.write(NAME, b"one", keep_until=None)
    assert backend.read(NAME) == b"one"


@needs_redis
@pytest.mark.parametrize(
    ("name", "address", "reason"),
    [
        pytest.param("127.0.0.1", "rediss://{}/0", TLS_FAILED, id="unknown authority"),
        pytest.param("other.example.com", "rediss://{}/0?ssl_ca_certs={}/ca.pem", TLS_FAILED, id="another host's certificate"),
        pytest.param("127.0.0.1", "rediss://{}/0?ssl_ca_certs={}/no-such.pem", TLS_FAILED, id="no file of the authority"),
        pytest.param("127.0.0.1", "redis://{}/0", "no connection", id="no TLS"),
    ],
)
def test_tls_that_does_not_hold(started: Started, authority: trustme.CA, tmp_path: pathlib.Path, name: str, address: str, reason: str) -> None:
    port = with_tls(started, authority, tmp_path, name)
    url = address.format(f":{PASSWORD}@127.0.0.1:{port}", tmp_path)
    assert failure(lambda: opened(url)) == f"Redis at 127.0.0.1:{port} cannot be used: {reason}"
