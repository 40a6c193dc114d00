# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The encrypted cache: entries of a backend that is opened at its first use, and given up if it fails."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils._cache import encrypted
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache

from tests.unit.plugins.plugin_utils._cache.memory import CONTENT, KEY, OTHER, WARNING, MemoryBackend, lock, put

Use = Callable[[EncryptedCache], Any]


USES = [
    pytest.param("open", lambda cache: cache.get(KEY, "token"), id="open"),
    pytest.param("agree", lambda cache: cache.get(KEY, "token"), id="agree"),
    pytest.param("read", lambda cache: cache.get(KEY, "token"), id="read"),
    pytest.param("write", put, id="write"),
    pytest.param("remove", lambda cache: cache.delete(KEY, "token"), id="remove"),
    pytest.param("lock", lock, id="lock"),
]


def test_an_entry_is_stored_and_removed(cache: EncryptedCache) -> None:
    assert cache.get(KEY, "token") is None
    put(cache)
    assert cache.get(KEY, "token") == CONTENT
    assert [cache.get(*other) for other in ((OTHER, "token"), (KEY, "failure"))] == [None, None]
    assert cache.get(KEY, "token", code="k") is None
    cache.delete(KEY, "token")
    assert cache.get(KEY, "token") is None


def test_the_header_holds_no_secret(cache: EncryptedCache, backend: MemoryBackend) -> None:
    put(cache)
    (entry,) = backend.entries_.values()
    assert entry.partition(b"\n")[0] == (
        b'{"client_id": null, "expires_at": 12.5, "format": 3, "keep_until": 99.5, "kind": "token", "server": "https://s", "service": null}'
    )
    assert "write 99.5" in backend.asked


def test_a_backend_is_opened_at_its_first_use_and_the_salt_agreed_on_once(cache: EncryptedCache, backend: MemoryBackend) -> None:
    assert backend.asked == []
    for _each in range(2):
        put(cache)
        lock(cache)
        cache.get(dict(reversed(KEY.items())), "failure", code="k")
    cache.get(OTHER, "token")
    assert backend.asked[:2] == ["open", "agree salt"]
    assert [backend.asked.count(question) for question in ("open", "agree salt")] == [1, 1]


def test_a_key_is_derived_once_and_no_dictionary_has_a_secret_as_its_key(
    cache: EncryptedCache, backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived: list[bytes] = []

    def scrypt(secret: bytes, salt: bytes) -> bytes:
        derived.append(secret)
        return hashlib.sha256(secret + salt).digest()

    monkeypatch.setattr(encrypted, "scrypt", scrypt)
    backend.private = False
    for _each in range(3):
        put(cache)
        cache.get(KEY, "failure")
    cache.get(OTHER, "token")
    assert len(derived) == 2
    assert not [digest for digest in cache._masters if digest == b"p" or b"password" in digest or len(digest) != 32]


@pytest.mark.parametrize(
    ("private", "key", "slow"),
    [
        pytest.param(True, KEY, False, id="private"),
        pytest.param(False, KEY, True, id="password"),
        pytest.param(False, {"server": "s", "credential": "c"}, True, id="credential"),
        pytest.param(False, {"server": "s", "refresh_token": "R1"}, False, id="refresh token"),
        pytest.param(False, {"server": "s", "access_token": "A1"}, False, id="tombstone"),
    ],
)
def test_a_secret_that_could_be_guessed_is_derived_slowly_if_others_may_get_at_the_backend(
    cache: EncryptedCache, backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch, private: bool, key: dict[str, str], slow: bool
) -> None:
    derived: list[bytes] = []

    def scrypt(secret: bytes, _salt: bytes) -> bytes:
        derived.append(secret)
        return b"k" * 32

    monkeypatch.setattr(encrypted, "scrypt", scrypt)
    backend.private = private
    cache.get(key, "token")
    assert bool(derived) is slow


def test_scrypt_takes_the_parameters_that_are_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.hazmat.primitives.kdf import scrypt

    seen: list[dict[str, Any]] = []

    class Recorded:
        def __init__(self, **parameters: Any) -> None:
            seen.append(parameters)

        def derive(self, secret: bytes) -> bytes:
            return secret

    with monkeypatch.context() as changed:
        changed.setattr(scrypt, "Scrypt", Recorded)
        assert encrypted.scrypt(b"secret", b"salt") == b"secret"
    assert seen == [{"salt": b"salt", "length": 32, "n": 2**15, "r": 8, "p": 3}]
    expected = hashlib.scrypt(b"secret", salt=b"salt", n=2**15, r=8, p=3, dklen=32, maxmem=2**26)
    assert encrypted.scrypt(b"secret", b"salt") == expected


def test_without_scrypt_the_backend_is_given_up(backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.hazmat.primitives.kdf import scrypt

    def unsupported(**_parameters: Any) -> Any:
        raise MemoryError

    warnings: list[str] = []
    monkeypatch.setattr(scrypt, "Scrypt", unsupported)
    backend.private = False
    assert EncryptedCache(backend.open, warn=warnings.append).get(KEY, "token") is None
    assert [warning.partition(". ")[0] for warning in warnings] == ["Tokens cannot be shared: this Python cannot derive a key with scrypt (MemoryError)"]


@pytest.mark.parametrize("damaged", [b"", b"short", bytes(33)], ids=len)
def test_a_damaged_salt_is_replaced(backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch, damaged: bytes) -> None:
    salts = [damaged, b"t" * 32]
    monkeypatch.setattr(backend, "agree", lambda _name, _proposal: salts.pop(0))
    cache = EncryptedCache(backend.open, warn=pytest.fail)
    put(cache)
    assert cache.get(KEY, "token") == CONTENT
    assert [question for question in backend.asked if question.startswith("disagree")] == [f"disagree salt {len(damaged)}"]


def test_a_backend_that_keeps_no_salt_is_given_up(backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(backend, "agree", lambda _name, _proposal: b"")
    assert EncryptedCache(backend.open, warn=warnings.append).get(KEY, "token") is None
    assert warnings == ["Memory cannot be used: it does not keep what is written to it. The play goes on without it; tokens are not shared by it."]


@pytest.mark.parametrize(("fails_at", "use"), USES)
def test_a_failing_backend_costs_one_warning_and_is_given_up(backend: MemoryBackend, fails_at: str, use: Use) -> None:
    warnings: list[str] = []
    cache = EncryptedCache(backend.open, warn=warnings.append)
    backend.fails_at = fails_at
    assert use(cache) is None
    assert warnings == [WARNING]
    asked = list(backend.asked)
    backend.fails_at = ""
    for _fails_at, again in (case.values for case in USES):
        assert again(cache) is None  # type: ignore[operator]
    assert backend.asked == asked
    assert warnings == [WARNING]


@pytest.mark.parametrize("garbage", [b"", b"\xff", b'{"format": 3}\nshort', b'{"format": 2}\n' + b"x" * 40])
def test_a_corrupt_entry_is_removed(cache: EncryptedCache, backend: MemoryBackend, garbage: bytes) -> None:
    put(cache)
    backend.entries_ = dict.fromkeys(backend.entries_, garbage)
    assert cache.get(KEY, "token") is None
    assert backend.entries_ == {}


def test_an_entry_of_another_format_has_another_name(backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in (2, 3):
        monkeypatch.setattr(encrypted, "FORMAT", version)
        cache = EncryptedCache(backend.open, warn=pytest.fail)
        assert cache.get(KEY, "token") is None
        put(cache)
    assert len(backend.entries_) == 2
