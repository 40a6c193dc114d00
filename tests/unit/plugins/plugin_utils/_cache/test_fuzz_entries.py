# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever lies in a store, and whatever the option cache says: an entry is read or is none, a store is one or is refused."""

from __future__ import annotations

import json
import math
import time
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, OptionError
from ansible_collections.forti.oauth.plugins.plugin_utils._kept import Entry, Kept, Request
from ansible_collections.forti.oauth.plugins.plugin_utils._keyring import quick_keyring
from ansible_collections.forti.oauth.plugins.plugin_utils._sealing import read_about
from ansible_collections.forti.oauth.plugins.plugin_utils._store import StoreFailed
from ansible_collections.forti.oauth.plugins.plugin_utils._store_action import shown
from ansible_collections.forti.oauth.plugins.plugin_utils._store_directory import DirectoryStore
from ansible_collections.forti.oauth.plugins.plugin_utils._store_redis import RedisStore, _connected
from ansible_collections.forti.oauth.plugins.plugin_utils._stores import shared_store, shelves
from hypothesis import example, given
from hypothesis import strategies as st

IDENTITY = {"family": "fac", "server": "https://fac.example.com", "username": "u", "password": "p"}
SEAL = quick_keyring(IDENTITY, b"s" * 32).seal("token")
CONTENT = {"access_token": "A30-A30", "expires_at": 12.5, "scope": "größe"}
ENTRY = SEAL.close(CONTENT, server="https://fac.example.com", kind="token", keep_until=99.5)

ANY_TEXT = st.text(st.characters(exclude_categories=()))
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([10**400, -(10**400), time.time()]) | ANY_TEXT
JSON = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(ANY_TEXT, inner, max_size=2), max_leaves=5)
HEAD = st.dictionaries(st.sampled_from(["kind", "server", "expires_at", "keep_until"]), JSON).map(lambda about: json.dumps({"format": 1, **about}).encode())
TOKEN = ("access_token", "server", "token_type", "refresh_token", "scope", "id_token", "issued_at", "expires_at", "forced_by", "not_refreshed_at")
FAILURE = ("message", "details", "at", "forced_by", "refused")
GOOD_TOKEN = {**dict.fromkeys(TOKEN), "access_token": "A", "server": "s", "token_type": "Bearer", "issued_at": 0.0, "not_refreshed_at": 0.0}
GOOD_FAILURE = {"message": "m", "details": {}, "at": time.time(), "forced_by": None, "refused": True}
NOW = st.just(time.time())
KEPT = (
    st.dictionaries(st.sampled_from(TOKEN + FAILURE), JSON | NOW)
    | st.dictionaries(st.sampled_from(TOKEN), JSON | NOW, max_size=2).map(lambda wrong: {**GOOD_TOKEN, **wrong})
    | st.dictionaries(st.sampled_from(FAILURE), JSON | NOW, max_size=2).map(lambda wrong: {**GOOD_FAILURE, **wrong})
)
QUERY = st.sampled_from(
    [
        "db",
        "username",
        "password",
        "socket_timeout",
        "socket_keepalive",
        "retry",
        "retry_on_error",
        "retry_on_timeout",
        "max_connections",
        "protocol",
        "cache_config",
        "cache",
        "decode_responses",
        "encoding",
        "encoding_errors",
        "health_check_interval",
        "client_name",
        "lib_name",
        "driver_info",
        "ssl_cert_reqs",
        "ssl_ca_certs",
        "ssl_min_version",
        "timeout",
        "credential_provider",
        "parser_class",
        "connection_class",
        "redis_connect_func",
        "event_dispatcher",
        "maint_notifications_config",
        "socket_type",
        "x",
    ]
)
URL = st.builds(
    lambda scheme, user, host, rest, query: (
        f"{scheme}://{user}{host}{rest}" + ("?" + "&".join(f"{name}={quote(value, errors='replace')}" for name, value in query.items()) if query else "")
    ),
    st.sampled_from(["redis", "rediss"]),
    st.sampled_from(["", "u:p@", ":p@", "@", "%ff:%00@", "u:[@"]),
    st.sampled_from(["127.0.0.1:1", "localhost:1", "[::1]:1", ""]),
    st.sampled_from(["", "/", "/0", "/x", "/99999", "/0/1", "#x"]),
    st.dictionaries(QUERY, st.sampled_from(["", "0", "1", "3", "-1", "yes", "true", "none", "x", "1e400", "nan"]) | ANY_TEXT, max_size=2),
)


class OneContent:
    """A shelf on which the same content lies, whatever one looks for."""

    def __init__(self, content: dict[str, Any], *kinds: str) -> None:
        self._content, self._kinds = content, kinds

    def read(self, _identity: Any, kind: str, **_of: str) -> dict[str, Any] | None:
        return dict(self._content) if kind in self._kinds else None


def request(**more: Any) -> Request:
    known: dict[str, Any] = {"identity": IDENTITY, "once": {}, "min_validity": 60, "forced_by": None, "patience": 1}
    return Request(**{**known, "login": dict, "refresh": lambda _token: {}, **more})


@given(at=st.integers(0, len(ENTRY) - 1), put=st.binary(max_size=3), cut=st.integers(0, 3))
@example(at=len(ENTRY) - 1, put=b"", cut=1)
@example(at=0, put=b"\xff\xfe", cut=0)
def test_a_changed_entry_is_none(at: int, put: bytes, cut: int) -> None:
    changed = ENTRY[:at] + put + ENTRY[at + cut :]
    assert SEAL.open(changed) == (CONTENT if changed == ENTRY else None)
    assert read_about(changed) is None or isinstance(read_about(changed), dict)


@given(entry=st.binary() | HEAD | st.builds(lambda head, rest: head + b"\n" + rest, HEAD, st.binary()) | JSON.map(lambda value: json.dumps(value).encode()))
@example(entry=b"[" * 100_000)
@example(entry=b'{"format":1,"expires_at":1e400}')
@example(entry=b'{"format":1,"keep_until":NaN}')
@example(entry=b'{"format":1,"keep_until":253402300800}')
@example(entry=b'{"format":1,"keep_until":100111114336555669}')
@example(entry=b'{"format":1,"keep_until":' + b"9" * 400 + b"}")
@example(entry=b'{"format":1,"keep_until":' + b"9" * 5000 + b"}")
@example(entry=b'{"format":1}\n\x00')
def test_any_bytes_are_no_entry_and_can_be_shown(entry: bytes) -> None:
    assert SEAL.open(entry) is None
    about = read_about(entry)
    assert about is None or about["format"] == 1
    assert set(shown(about or {})) == {"kind", "server", "expires_at", "kept_until"}


@given(content=KEPT, forced_by=st.sampled_from([None, "task"]))
@example(content={**GOOD_TOKEN, "refresh_token": []}, forced_by=None)
@example(content={**GOOD_TOKEN, "issued_at": None}, forced_by=None)
@example(content={**GOOD_TOKEN, "not_refreshed_at": None}, forced_by=None)
@example(content={**GOOD_TOKEN, "expires_at": "x"}, forced_by=None)
@example(content={**GOOD_TOKEN, "expires_at": math.nan}, forced_by=None)
@example(content={**GOOD_TOKEN, "expires_at": 10**400}, forced_by=None)
@example(content={**GOOD_TOKEN, "expires_at": 1e300}, forced_by=None)
@example(content={**GOOD_TOKEN, "issued_at": 10**400, "expires_at": 0.0}, forced_by=None)
@example(content={**GOOD_TOKEN, "access_token": None}, forced_by=None)
@example(content={**GOOD_TOKEN, "token_type": 1}, forced_by=None)
def test_any_content_is_a_token_that_can_be_used_or_none(content: dict[str, Any], forced_by: str | None) -> None:
    entry = Kept(OneContent(content, "token")).entry(IDENTITY)  # type: ignore[arg-type]
    assert entry is None or isinstance(entry, Entry)
    if entry is not None and entry.serves(request(forced_by=forced_by)):
        result = entry.token.as_result("cache")
        assert isinstance(result["access_token"], str)
        assert isinstance(result["token_type"], str)


@given(content=KEPT, forced_by=st.sampled_from([None, "task"]))
@example(content={}, forced_by=None)
@example(content={**GOOD_FAILURE, "at": 10**400}, forced_by=None)
@example(content={name: GOOD_FAILURE[name] for name in ("message", "details", "at", "forced_by")}, forced_by=None)
@example(content={**GOOD_FAILURE, "at": None}, forced_by=None)
@example(content={**GOOD_FAILURE, "details": None}, forced_by=None)
@example(content={**GOOD_FAILURE, "details": {"challenge": "x"}}, forced_by=None)
@example(content={**GOOD_FAILURE, "details": {"message": "x"}}, forced_by=None)
def test_any_content_is_a_failure_or_none(content: dict[str, Any], forced_by: str | None) -> None:
    content = {**content, "at": time.time()} if isinstance(content.get("at"), float) else content
    found = Kept(OneContent(content, "failure")).failure(request(forced_by=forced_by))  # type: ignore[arg-type]
    assert found is None or isinstance(found, FortiError)


@given(cache=ANY_TEXT | URL | st.builds("{}{}".format, st.sampled_from(["~", "~/", "/", "~\0", "redis://", "REDIS://", "rediss://", "http://"]), ANY_TEXT))
@example(cache="~\0")
@example(cache="~\0/")
@example(cache="~\ud800/")
@example(cache="/\ud800/x")
@example(cache="redis://[")
@example(cache="redis://u:[@h")
def test_any_cache_is_shelves_or_an_option_error_without_it(cache: str) -> None:
    try:
        assert len(shelves(cache, warn=pytest.fail)) == 2
    except OptionError as exc:
        with pytest.raises(OptionError) as known:
            shelves("nothing-known", warn=pytest.fail)
        assert str(exc) == str(known.value)
        assert exc.__context__ is None


@pytest.mark.parametrize("name", ["\0", "\ud800", "x" * 300, "a/\0", "\n"])
def test_a_folder_that_cannot_be_is_a_store_that_failed(name: str, tmp_path: Any) -> None:
    try:
        opened = shared_store(f"{tmp_path}/{name}")
    except OptionError:
        return
    try:
        assert isinstance(opened(), DirectoryStore)
    except StoreFailed as exc:
        str(exc).encode()


@given(url=URL | ANY_TEXT.map("redis://{}".format))
@example(url="redis://127.0.0.1:1?cache_config=1")
@example(url="redis://127.0.0.1:1?maint_notifications_config=1")
@example(url="redis://127.0.0.1:1?protocol=x")
@example(url="redis://127.0.0.1:1?max_connections=0")
@example(url="redis://127.0.0.1:99999")
def test_any_url_of_redis_is_a_client_or_an_option_error(url: str) -> None:
    try:
        _redis, _client, where = _connected(url)
    except OptionError as exc:
        assert len(str(exc)) < 200
    else:
        assert where.startswith("Redis at ")


@given(url=URL.filter(lambda url: ":1" in url))
@example(url="redis://127.0.0.1:1?retry=1")
@example(url="redis://127.0.0.1:1?event_dispatcher=1")
@example(url="redis://127.0.0.1:1?x=1")
@example(url="rediss://127.0.0.1:1?ssl_cert_reqs=x")
def test_any_url_of_a_redis_that_is_not_there_is_a_store_that_failed(url: str) -> None:
    with pytest.raises((StoreFailed, OptionError)):
        RedisStore(url)
