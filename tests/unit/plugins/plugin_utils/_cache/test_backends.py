# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option cache: which backends each value names, and the error for an invalid one."""

from __future__ import annotations

import functools
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from ansible import constants as C
from ansible_collections.forti.oauth.plugins.module_utils import _redaction
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._redaction import redact
from ansible_collections.forti.oauth.plugins.plugin_utils._cache import backends as factory
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import BackendError, NullBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backends import backends, existing_backend, shared_backend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.redis_url import passwords_in

from tests.tools.python_path import python_path

INVALID = (
    "cache must be run (keep tokens for this run), none (keep nothing), a directory such as ~/.cache/forti_oauth, "
    "or redis://host:6379/0 (rediss:// for TLS, redis+sentinel:// and redis+cluster:// for several servers)."
)


@pytest.fixture(autouse=True)
def home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A home of its own, which is the folder that the play stands in, too."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path / "local"))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    return home


def made(folder: pathlib.Path) -> list[str]:
    """Return the folders in which a backend has an entry."""
    return sorted(str(path.parent.relative_to(folder)) for path in folder.rglob("*.token"))


@pytest.mark.parametrize(
    ("cache", "folders"),
    [
        ("run", ["local/forti_oauth"]),
        ("none", []),
        ("~/tokens", ["home/tokens", "local/forti_oauth"]),
        ("./tokens", ["home/tokens", "local/forti_oauth"]),
        ("a/b/", ["home/a/b", "local/forti_oauth"]),
        ("~", ["home", "local/forti_oauth"]),
        ("../tokens", ["local/forti_oauth", "tokens"]),
        ("~/run", ["home/run", "local/forti_oauth"]),
    ],
)
def test_where_tokens_are_kept(cache: str, folders: list[str], tmp_path: pathlib.Path) -> None:
    found = backends(cache)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]
    for open_backend in found:
        open_backend().write("name", b"entry", keep_until=None)
    assert made(tmp_path) == folders


@pytest.mark.parametrize(
    "cache",
    [
        "tokens",
        "Run",
        "NONE",
        "redis",
        ".",
        "http://:hunter2@host:6379/0",
        "https://host/0",
        "unix:///run/redis.sock",
        "REDIS://host/0",
        "://host",
        "file:///tmp/tokens",
    ],
)
@pytest.mark.parametrize("use", [backends, shared_backend, existing_backend])
def test_an_invalid_value_is_refused_and_not_repeated(use: Callable[[str], Any], cache: str, home: pathlib.Path) -> None:
    with pytest.raises(OptionError) as caught:
        use(cache)
    assert str(caught.value) == INVALID
    assert made(home.parent) == []


@pytest.mark.parametrize("cache", ["~/file", "./file", "~/file/"])
def test_a_file_is_no_directory_and_says_so_when_it_is_used(cache: str, home: pathlib.Path) -> None:
    (home / "file").touch()
    _run, shared = backends(cache)
    for use in (shared, shared_backend(cache), functools.partial(existing_backend, cache)):
        with pytest.raises(BackendError) as caught:
            use()
        assert str(caught.value) == f"the directory {home}/file is not used: it is a symbolic link or not a directory. Name the directory itself."
    assert (home / "file").read_bytes() == b""


def test_cache_none_has_no_backend_to_look_into() -> None:
    assert backends("none") == []
    with pytest.raises(OptionError):
        existing_backend("none")


def test_a_directory_that_does_not_exist_is_not_made_to_look_into_it(home: pathlib.Path) -> None:
    backend = existing_backend("~/tokens")
    assert (type(backend), list(backend.entries()), backend.where) == (NullBackend, [], f"the directory {home}/tokens")
    assert not (home / "tokens").exists()


def test_a_backend_that_exists_is_opened() -> None:
    os.mkdir(os.path.join(os.environ["HOME"], "tokens"), 0o700)
    run, directory = existing_backend("run"), existing_backend("~/tokens")
    assert (type(run), type(directory)) == (RunBackend, DirectoryBackend)
    assert directory.where == f"the directory {os.environ['HOME']}/tokens"


@pytest.mark.parametrize("url", ["redis://:hunter2@host/0", "rediss://user:hunter2@host/0?ssl_ca_certs=/ca.pem"])
def test_redis_is_opened_when_it_is_used_and_its_password_is_a_secret(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    opened: list[str] = []
    monkeypatch.setattr(_redaction, "_register_secrets", told.extend)

    def open_redis(known: str, _budget: float) -> RunBackend:
        opened.append(known)
        return RunBackend()

    monkeypatch.setattr(factory, "_redis_backend", open_redis)
    _run, shared = backends(url)
    assert (told, opened) == (["hunter2"], [])
    shared()
    assert opened == [url]


@pytest.mark.parametrize("use", [backends, shared_backend, existing_backend])
@pytest.mark.parametrize(
    "url",
    [
        pytest.param("redis://:hunt/er2@host:6379/0", id="a slash"),
        pytest.param("redis://:hunt?er2@host:6379/0", id="a question mark"),
        pytest.param("redis://:hunt#er2@host:6379/0", id="a hash"),
        pytest.param("rediss://user:hunt/er2@host/0?ssl_ca_certs=/ca.pem", id="a slash, and options"),
        pytest.param("redis://:12/er2@host:6379/0", id="a slash after what could be a port"),
        pytest.param("redis://:/er2@host", id="a slash at its beginning"),
        pytest.param("redis://:hunter2#@host", id="a hash at its end"),
        pytest.param("redis://:hunt@er2?x@host:6379/0", id="an at sign and a question mark"),
        pytest.param("redis://host:6379/0#hunter2", id="a fragment"),
        pytest.param("redis://:hunter2@[::1/0", id="half a bracket"),
        pytest.param("redis://:hunt[er2@host/0", id="a bracket"),
        pytest.param("redis://:hunter2@host:99999/0", id="no port"),
        pytest.param("redis://:hunter2@host:er2/0", id="a name for a port"),
    ],
)
def test_a_url_that_ends_inside_its_password_is_refused_at_once_and_not_repeated(use: Callable[[str], Any], url: str) -> None:
    with pytest.raises(OptionError) as caught:
        use(url)
    assert str(caught.value) == "cache is not a URL of Redis. If its password holds / ? # @ or :, write %2F %3F %23 %40 %3A for them."
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("path", ["/x", "/0/1", "/hunter2", "/-1", "//0", "/0 "])
def test_a_url_with_more_than_the_number_of_a_database_is_refused(path: str) -> None:
    with pytest.raises(OptionError) as caught:
        backends(f"redis://:hunter2@host:6379{path}")
    assert str(caught.value) == "cache is not a URL of Redis: after the host and its port, only the number of a database may follow, such as /0."


@pytest.mark.parametrize(
    "url",
    [
        "redis://host",
        "redis://host:6379",
        "redis://host/",
        "redis://host:6379/15",
        "redis://:hunt%2Fer2@host:6379/0",
        "redis://user:hunt%3Fer%232%40@host",
        "redis://[::1]:6379/0",
        "redis+sentinel://one:26379,two:26379,[::1]/forti/0",
        "rediss+sentinel://user:hunt%2Fer2@one/forti?sentinel_password=other%23er2&ssl_ca_certs=/etc/ssl/ca.pem",
        "redis+cluster://:hunter2@one:6379,two:6380",
        "rediss+cluster://one/0?ssl_ca_certs=/etc/ssl/ca.pem",
        "rediss://user:hunter2@host/0?ssl_ca_certs=/etc/ssl/ca.pem",
    ],
)
def test_a_url_whose_password_is_escaped_is_fine(url: str) -> None:
    assert len(backends(url)) == 2


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("redis+sentinel://one:26379,two:26379", "cache is not a URL of Redis Sentinel. Write redis+sentinel://sentinel1:26379,sentinel2:26379/SERVICE/0"),
        ("redis+sentinel://:hunter2@one/", "cache is not a URL of Redis Sentinel."),
        ("redis+sentinel://:hunter2@one/forti/x", "cache is not a URL of Redis Sentinel."),
        ("redis+sentinel:///forti/0", "cache is not a URL of Redis Sentinel."),
        ("redis+cluster://:hunter2@one:6379/1", "cache is not a URL of a Redis Cluster."),
        ("redis+cluster://", "cache is not a URL of a Redis Cluster."),
        ("redis+cluster://:hunter2@one,", "cache is not a URL of a Redis Cluster."),
        ("redis+cluster://:hunter2@one, two", "cache is not a URL of a Redis Cluster."),
        ("redis+cluster://:hunter2@one:0", "cache is not a URL of a Redis Cluster."),
        ("redis+cluster://u:hunter2@one,u:hunter2@two", "cache is not a URL of Redis. If its password holds"),
        ("redis+sentinel://one,,two/forti", "cache is not a URL of Redis Sentinel."),
        ("redis+sentinel://one/forti;sentinel_password=hunter2", "cache is not a URL of Redis Sentinel."),
        ("redis+sentinel://one/forti&sentinel_password=hunter2", "cache is not a URL of Redis Sentinel."),
        ("redis+sentinel://one/forti%3Fsentinel_password=hunter2/0", "cache is not a URL of Redis Sentinel."),
        ("redis+sentinel:/:hunter2@one/forti/0", "cache must be run"),
        ("Rediss+Cluster:/:hunter2@one/", "cache must be run"),
        ("redis+cluster://:hunt/er2@one:6379,two", "cache is not a URL of Redis. If its password holds"),
        (
            "redis://:hunter2@one,two/0",
            "cache names several servers. Write redis+sentinel:// for sentinels and the service after them, or redis+cluster:// for",
        ),
        ("redis+sentinel://:hunter2@one/0", "cache is not a URL of Redis Sentinel."),
        ("redis+sentinel://:hunter2@one/15/0", "cache is not a URL of Redis Sentinel."),
        ("redis+sentinels://:hunter2@one/forti", "cache must be run"),
    ],
)
def test_a_url_of_several_servers_that_is_none_is_refused_and_not_repeated(url: str, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        backends(url)
    assert str(caught.value).startswith(message)
    assert "hunt" not in str(caught.value)


def test_the_password_of_the_sentinels_is_a_secret_too(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(_redaction, "_register_secrets", told.extend)
    backends("redis+sentinel://user:hunt%2Fer2@one:26379,two:26379/forti/0?sentinel_password=other%23er2")
    assert told == ["hunt/er2", "other#er2"]


@pytest.mark.parametrize(
    "cache",
    [
        "redis://u:hunter2/@one",
        "redis+cluster://u:hunter2[@one",
        "redis+sentinel://one/forti?sentinel_passwd=hunter2",
        "redis+sentinel://one/forti;sentinel_password=hunter2",
        "redis://hunter2@one",
        " redis+cluster://u:hunter2@one",
        "rediss://one?ssl_password=hunter2",
        "redis://one?pwd=hunter2",
        "rediss://one?ssl_pwd=hunter2",
        "rediss://one?ssl_key_secret=hunter2",
        "redis://:hunter2\t17@one/0",
        "redis-cli -h one -a hunter2",
        "Server=one;Pwd=hunter2",
        "one:6379/0?password=hunter2",
        "one:6379,password=hunter2",
        "redis://one?auth=hunter2&db=1",
        "redis://one?hunter2",
        "redis://one/0?hunter2=1",
        "redis+cluster://one?credential_provider=hunter2",
        "redis+sentinel:/u:hunter2@one/forti",
        "redis+cluster//:hunter2@one",
        "redis-sentinel://:hunter2@one/forti",
        "valkey://:hunter2@one",
        "u:hunter2@one",
    ],
)
def test_whatever_is_wrong_with_a_url_its_password_is_found(cache: str) -> None:
    """So that no item of a loop shows it, and that it does not become the name of a directory."""
    assert redact(f"a {cache} b", passwords_in(cache)).count("hunter2") == 0
    if not cache.startswith(("redis://h", "redis+sentinel://one/forti?")) and not any(part in cache for part in ("one?", "//one/0?", "\t")):
        with pytest.raises(OptionError):
            backends(cache)


@pytest.mark.parametrize(
    "cache", ["redis://:{}@one", "redis+sentinel://u:{}@one/forti", "redis:/u:{}@one", "redis+cluster//:{}@one", "valkey://:{}@one", "redis://one?password={}"]
)
@pytest.mark.parametrize("password", ["hun/ter2", "hun#ter2", "hun?ter2", "hun@ter2", "hun&ter2", "hunter2"])
def test_a_password_that_stands_alone_in_an_item_is_found(cache: str, password: str) -> None:
    assert redact(f"a {password} b", passwords_in(cache.format(password))) == redact("a hunter2 b", ["hunter2"])


def test_what_is_no_url_of_redis_has_no_password() -> None:
    assert passwords_in("~/redis") == passwords_in("run") == passwords_in("./redistribution") == []


def test_an_escaped_password_is_a_secret_as_it_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(_redaction, "_register_secrets", told.extend)
    backends("redis://:hunt%2Fer2@host/0?password=other%23er2")
    assert told == ["hunt/er2", "other#er2"]


def test_an_error_names_its_backend(home: pathlib.Path) -> None:
    (home / "tokens").mkdir()
    (home / "tokens").chmod(0o755)
    _run, shared = backends("~/tokens")
    with pytest.raises(BackendError, match=f"^the directory {home}/tokens is not used:"):
        shared()


@pytest.mark.parametrize("cache", ["run", "./tokens", "redis://127.0.0.1:1/0"])
def test_a_hit_in_the_runs_backend_imports_neither_redis_nor_requests(cache: str, tmp_path: pathlib.Path) -> None:
    code = f"""
import sys
from ansible import constants
constants.DEFAULT_LOCAL_TMP = {str(tmp_path / "local")!r}
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backends import backends
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import CacheRequest, Entry
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tier import Tier
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.token_cache import TokenCache
request = CacheRequest(key={{"server": "https://s", "password": "p"}}, lock_timeout=5)
Tier(EncryptedCache(backends("run")[0], warn=print)).put(Entry(Token("A1", "https://s")), request.key)
assert TokenCache(backends({cache!r}), warn=print).get_or_fetch(request, fetch=None, refresh=None).token.access_token == "A1"
print(sorted(name for name in sys.modules if name in ("redis", "requests") or name.endswith("backend_redis")))
"""
    collections = pathlib.Path(factory.__file__ or "").parents[6]
    environment = {**os.environ, **python_path(collections)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
