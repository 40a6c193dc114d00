# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any bytes in a store are an entry or a miss, and any value of the option cache names backends or is refused."""

from __future__ import annotations

import json
import math
import time
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, OptionError
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import BackendError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_redis import RedisBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backends import backends, shared_backend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import CacheRequest, Entry
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import decrypt, encrypt, read_header
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tier import Tier
from ansible_collections.forti.oauth.plugins.plugin_utils._store_action_base import shown

pytest.importorskip("hypothesis", reason="it needs hypothesis, which is not installed")
from hypothesis import example, given
from hypothesis import strategies as st

OPTION_ERRORS: dict[str, str] = {}
KEY = {"family": "fac", "server": "https://fac.example.com", "username": "u", "password": "p"}
NAME, ENTRY_KEY = "0a" * 16, b"k" * 32
CONTENT = {"access_token": "A30-A30", "expires_at": 12.5, "scope": "größe"}
ENTRY = encrypt(CONTENT, {"server": "https://fac.example.com", "kind": "token", "keep_until": 99.5}, NAME, ENTRY_KEY)

ANY_TEXT = st.text(st.characters(exclude_categories=()))
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([10**400, -(10**400), time.time()]) | ANY_TEXT
JSON = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(ANY_TEXT, inner, max_size=2), max_leaves=5)
HEADER = st.dictionaries(st.sampled_from(["kind", "service", "server", "client_id", "expires_at", "keep_until"]), JSON).map(
    lambda header: json.dumps({"format": 3, **header}).encode()
)
TOKEN = (
    *("access_token", "server", "token_type", "refresh_token", "scope", "id_token", "issued_at", "expires_at"),
    *("request_id", "refresh_failed_at", "verified_at"),
)
FAILURE = ("message", "details", "at", "request_id", "refused", "waited")
GOOD_TOKEN = {
    **dict.fromkeys(TOKEN),
    "access_token": "A",
    "server": "s",
    "token_type": "Bearer",
    "issued_at": 0.0,
    "refresh_failed_at": 0.0,
    "verified_at": 0.0,
}
GOOD_FAILURE = {"message": "m", "details": {}, "at": time.time(), "request_id": None, "refused": True, "waited": 5}
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
REDIS = ("redis://", "rediss://", "redis+sentinel://", "redis+cluster://", "rediss+cluster://")
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


WAITS = FortiAuthenticator.from_options(
    {"server": "fac.example.com", "client_id": "c", "username": "u", "password": "Pass-Word-12345678", "push_timeout": 45},
    explicit=(),
    warn=print,
    notify=print,
)


class OneContent:
    """An encrypted cache that finds the same content under every cache key."""

    def __init__(self, content: dict[str, Any], *kinds: str) -> None:
        self._content, self._kinds = content, kinds

    def get(self, _key: Any, kind: str, **_of: str) -> dict[str, Any] | None:
        return dict(self._content) if kind in self._kinds else None


def request(**more: Any) -> CacheRequest:
    return CacheRequest(**{"key": KEY, "min_validity": 60, "lock_timeout": 1, **more})


@given(at=st.integers(0, len(ENTRY) - 1), put=st.binary(max_size=3), cut=st.integers(0, 3))
@example(at=len(ENTRY) - 1, put=b"", cut=1)
@example(at=0, put=b"\xff\xfe", cut=0)
def test_a_changed_entry_is_a_miss(at: int, put: bytes, cut: int) -> None:
    changed = ENTRY[:at] + put + ENTRY[at + cut :]
    assert decrypt(changed, NAME, ENTRY_KEY) == (CONTENT if changed == ENTRY else None)
    assert read_header(changed) is None or isinstance(read_header(changed), dict)


@given(
    entry=st.binary() | HEADER | st.builds(lambda header, rest: header + b"\n" + rest, HEADER, st.binary()) | JSON.map(lambda value: json.dumps(value).encode())
)
@example(entry=b"[" * 100_000)
@example(entry=b'{"format":3,"expires_at":1e400}')
@example(entry=b'{"format":3,"keep_until":NaN}')
@example(entry=b'{"format":3,"keep_until":253402300800}')
@example(entry=b'{"format":3,"keep_until":100111114336555669}')
@example(entry=b'{"format":3,"keep_until":' + b"9" * 400 + b"}")
@example(entry=b'{"format":3,"keep_until":' + b"9" * 5000 + b"}")
@example(entry=b'{"format":3}\n\x00')
def test_any_bytes_are_a_miss_and_can_be_shown(entry: bytes) -> None:
    assert decrypt(entry, NAME, ENTRY_KEY) is None
    header = read_header(entry)
    assert header is None or header["format"] == 3
    assert set(shown(header or {})) == {"kind", "service", "server", "client_id", "expires_at", "kept_until"}


@given(content=KEPT, request_id=st.sampled_from([None, "task"]))
@example(content={**GOOD_TOKEN, "refresh_token": []}, request_id=None)
@example(content={**GOOD_TOKEN, "issued_at": None}, request_id=None)
@example(content={**GOOD_TOKEN, "refresh_failed_at": None}, request_id=None)
@example(content={**GOOD_TOKEN, "expires_at": "x"}, request_id=None)
@example(content={**GOOD_TOKEN, "expires_at": math.nan}, request_id=None)
@example(content={**GOOD_TOKEN, "expires_at": 10**400}, request_id=None)
@example(content={**GOOD_TOKEN, "expires_at": 1e300}, request_id=None)
@example(content={**GOOD_TOKEN, "issued_at": 10**400, "expires_at": 0.0}, request_id=None)
@example(content={**GOOD_TOKEN, "access_token": None}, request_id=None)
@example(content={**GOOD_TOKEN, "token_type": 1}, request_id=None)
def test_any_content_is_a_token_that_can_be_used_or_a_miss(content: dict[str, Any], request_id: str | None) -> None:
    entry = Tier(OneContent(content, "token")).get(KEY)  # type: ignore[arg-type]
    assert entry is None or isinstance(entry, Entry)
    if entry is not None and any(entry.serves(request(request_id=request_id), shared=shared) for shared in (False, True)):
        result = entry.token.as_result("cache")
        assert isinstance(result["access_token"], str)
        assert isinstance(result["token_type"], str)


@given(content=KEPT, request_id=st.sampled_from([None, "task"]))
@example(content={}, request_id=None)
@example(content={**GOOD_FAILURE, "at": 10**400}, request_id=None)
@example(content={name: GOOD_FAILURE[name] for name in ("message", "details", "at", "request_id")}, request_id=None)
@example(content={name: GOOD_FAILURE[name] for name in FAILURE if name != "waited"}, request_id=None)
@example(content={**GOOD_FAILURE, "waited": 0}, request_id=None)
@example(content={**GOOD_FAILURE, "waited": 0, "details": {"challenge": {}}}, request_id=None)
@example(content={**GOOD_FAILURE, "waited": 0, "details": {"challenge": {"challenge": 5, "method": [], "session": None}}}, request_id=None)
@example(content={**GOOD_FAILURE, "at": None}, request_id=None)
@example(content={**GOOD_FAILURE, "details": None}, request_id=None)
@example(content={**GOOD_FAILURE, "details": {"challenge": "x"}}, request_id=None)
@example(content={**GOOD_FAILURE, "details": {"message": "x"}}, request_id=None)
def test_any_content_is_a_failure_or_a_miss(content: dict[str, Any], request_id: str | None) -> None:
    content = {**content, "at": time.time()} if isinstance(content.get("at"), float) else content
    for resumes in (lambda _challenge: False, WAITS.resumes):
        tier, asked = Tier(OneContent(content, "failure")), request(request_id=request_id, resumes=resumes)  # type: ignore[arg-type]
        found, challenge = tier.negative.find(asked), tier.negative.pending_challenge(asked)
        assert found is None or isinstance(found, FortiError)
        assert found is None or challenge is None


@given(cache=ANY_TEXT | URL | st.builds("{}{}".format, st.sampled_from([*REDIS, "~", "~/", "/", "~\0", "REDIS://", "http://"]), ANY_TEXT))
@example(cache="~\0")
@example(cache="~\0/")
@example(cache="~\ud800/")
@example(cache="/\ud800/x")
@example(cache="redis://[")
@example(cache="redis://u:[@h")
def test_any_cache_names_backends_or_is_an_option_error_without_it(cache: str) -> None:
    try:
        assert len(backends(cache)) == {"run": 1, "none": 0}.get(cache, 2)
    except OptionError as exc:
        known = ("cache is not a URL of ", "cache names several servers.") if cache.startswith(REDIS) else "cache must be run (keep tokens for this run), none "
        assert str(exc).startswith(known)
        assert str(exc) == OPTION_ERRORS.setdefault(str(exc).partition("(")[0][:60], str(exc))  # no word of it depends on the value
        assert exc.__context__ is None


@pytest.mark.parametrize("name", ["\0", "\ud800", "x" * 300, "a/\0", "\n"])
def test_a_folder_that_cannot_be_is_a_backend_error(name: str, tmp_path: Any) -> None:
    try:
        opened = shared_backend(f"{tmp_path}/{name}")
    except OptionError:
        return
    try:
        assert isinstance(opened(), DirectoryBackend)
    except BackendError as exc:
        str(exc).encode()


@given(url=URL | st.builds("{}{}".format, st.sampled_from(REDIS), ANY_TEXT))
@example(url="redis://127.0.0.1:1?cache_config=1")
@example(url="redis://127.0.0.1:1?maint_notifications_config=1")
@example(url="redis://127.0.0.1:1?protocol=x")
@example(url="redis://127.0.0.1:1?max_connections=0")
@example(url="redis://127.0.0.1:99999")
def test_any_url_of_redis_is_a_client_or_an_option_error(url: str) -> None:
    try:
        where = RedisBackend(url).where
    except OptionError as exc:
        assert len(str(exc)) < 200
    else:
        assert where.startswith(("Redis at ", "Redis Sentinel at ", "Redis Cluster at "))


@given(url=URL.filter(lambda url: ":1" in url))
@example(url="redis://127.0.0.1:1?retry=1")
@example(url="redis://127.0.0.1:1?event_dispatcher=1")
@example(url="redis://127.0.0.1:1?x=1")
@example(url="rediss://127.0.0.1:1?ssl_cert_reqs=x")
def test_any_url_of_a_redis_that_is_not_there_is_a_backend_error(url: str) -> None:
    with pytest.raises((BackendError, OptionError)):
        RedisBackend(url).read(NAME)
