# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypted entries: only the same cache key decrypts one, and nothing of it shows."""

from __future__ import annotations

import base64
import hashlib
import json
import pathlib
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import FilesBackend, RunBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import decrypt, encrypt, read_header

KEY = {"family": "fac", "server": "https://fac.example.com", "username": "user-name", "password": "hunter2-hunter2"}
CONTENT = {"access_token": "A30-A30-A30", "expires_at": 12.5, "refresh_token": None, "scope": "größe"}
HEADER = {"server": "https://fac.example.com", "kind": "token", "keep_until": 99.5, "expires_at": None}
NAME, ENTRY_KEY = "0a" * 16, b"k" * 32


@pytest.fixture(params=[RunBackend, DirectoryBackend], ids=["HKDF", "scrypt"])
def kind(request: pytest.FixtureRequest) -> type[FilesBackend]:
    return request.param


def cache(kind: type[FilesBackend], folder: pathlib.Path) -> EncryptedCache:
    return EncryptedCache(lambda: kind(str(folder)), warn=pytest.fail)  # type: ignore[call-arg]


def closed(content: Any, header: dict[str, Any] | None = None) -> bytes:
    return encrypt(content, HEADER if header is None else header, NAME, ENTRY_KEY)


def opened(entry: bytes, name: str = NAME, key: bytes = ENTRY_KEY) -> Any:
    return decrypt(entry, name, key)


def flipped(entry: bytes, at: int) -> bytes:
    return entry[:at] + bytes([entry[at] ^ 1 << at % 8]) + entry[at + 1 :]


def test_an_entry_is_decrypted_by_the_same_cache_key(kind: type[FilesBackend], tmp_path: pathlib.Path) -> None:
    cache(kind, tmp_path).put(CONTENT, KEY, "token", keep_until=None, of="x")
    assert cache(kind, tmp_path).get(dict(reversed(KEY.items())), "token", of="x") == CONTENT


def test_a_name_is_fit_for_a_file(kind: type[FilesBackend], tmp_path: pathlib.Path) -> None:
    _backend, name, _key = cache(kind, tmp_path)._slot(KEY, "token", {})
    assert len(name) == 32
    assert set(name) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("other", "folder"),
    [
        pytest.param({**KEY, "password": "hunter2-hunter3"}, "one", id="another password"),
        pytest.param({**KEY, "realm": "ad"}, "one", id="a realm"),
        pytest.param({**KEY, "username": "user-nam", "password": "ehunter2-hunter2"}, "one", id="the border moved"),
        pytest.param({name: KEY[name] for name in KEY if name != "username"}, "one", id="no user"),
        pytest.param(KEY, "two", id="another store"),
    ],
)
def test_another_cache_key_neither_finds_nor_decrypts_it(kind: type[FilesBackend], tmp_path: pathlib.Path, other: dict[str, str], folder: str) -> None:
    _backend, name, key = cache(kind, tmp_path / "one")._slot(KEY, "token", {})
    _backend, other_name, other_key = cache(kind, tmp_path / folder)._slot(other, "token", {})
    assert other_name != name
    entry = encrypt(CONTENT, HEADER, name, key)
    assert [decrypt(entry, *slot) for slot in ((other_name, other_key), (name, other_key), (other_name, key))] == [None] * 3


def test_every_kind_of_entry_has_a_name_and_a_key_of_its_own(tmp_path: pathlib.Path) -> None:
    run, directory = cache(RunBackend, tmp_path / "run"), cache(DirectoryBackend, tmp_path / "directory")
    kinds: list[tuple[str, dict[str, str]]] = [
        ("token", {}),
        ("failure", {}),
        ("lock", {}),
        ("failure", {"challenge_response": "1"}),
        ("failure", {"challenge_response": "2"}),
        ("failure", {"code": "1"}),
    ]
    slots = [*(run._slot(KEY, *known)[1:] for known in kinds), directory._slot(KEY, "token", {})[1:]]
    assert len({name for name, _key in slots}) == len({key for _name, key in slots}) == len(slots)
    one, other = {"code": "1", "method": "ftm"}, {"method": "ftm", "code": "1"}
    assert run._slot(KEY, "failure", one)[1:] == run._slot(KEY, "failure", other)[1:]


def test_the_header_is_readable_and_holds_nothing_else() -> None:
    head, _newline, _rest = closed(CONTENT).partition(b"\n")
    assert json.loads(head) == read_header(head) == {**HEADER, "format": 3}


def test_the_header_cannot_be_changed() -> None:
    entry = closed(CONTENT)
    assert opened(entry) == CONTENT
    assert opened(entry.replace(b"99.5", b"99.6")) is None
    assert opened(entry.replace(b'"kind": "token"', b'"kind":  "token"')) is None
    assert opened(entry.replace(b"{", b'{"more": 1, ', 1)) is None


def test_an_entry_cannot_stand_under_another_name() -> None:
    assert opened(closed(CONTENT), name="0b" * 16) is None


def test_an_entry_that_was_cut_is_a_miss() -> None:
    entry = closed(CONTENT)
    assert [length for length in range(len(entry)) if opened(entry[:length]) is not None] == []
    assert opened(entry + b"\0") is None


def test_an_entry_with_any_bit_flipped_is_a_miss() -> None:
    entry = closed({"access_token": "A"})
    assert [at for at in range(len(entry)) if opened(flipped(entry, at)) is not None] == []


@pytest.mark.parametrize("other", [b"0", b"1", b"2", b"4", b"null", b'"3"', b"[3]"], ids=repr)
def test_an_entry_of_another_format_is_a_miss(other: bytes) -> None:
    entry = closed(CONTENT, header={})
    assert entry.startswith(b'{"format": 3}\n')
    assert opened(entry.replace(b"3", other, 1)) is None
    assert read_header(entry.replace(b"3", other, 1)) is None


@pytest.mark.parametrize("entry", [b"", b"\n", b"{}\nx", b"[]\nx", b"\xff\xfe\nx", b'{"format": 3', b'{"format": 3}\n', b'{"format": 3}\nshort'], ids=repr)
def test_other_bytes_are_a_miss(entry: bytes) -> None:
    assert opened(entry) is None


@pytest.mark.parametrize("content", [[], "text", 5, None], ids=repr)
def test_an_entry_that_is_not_a_dictionary_is_a_miss(content: Any) -> None:
    assert opened(closed(content)) is None


def test_no_two_entries_are_the_same() -> None:
    assert len({closed(CONTENT) for _each in range(20)}) == 20


def test_neither_a_secret_nor_a_plain_hash_of_one_is_stored(kind: type[FilesBackend], tmp_path: pathlib.Path) -> None:
    cache(kind, tmp_path).put(CONTENT, KEY, "token", keep_until=None)
    (path,) = tmp_path.glob("*.token")
    for secret in (b"hunter2-hunter2", b"user-name", b"A30-A30-A30", b"access_token"):
        known = [secret, base64.b64encode(secret)[:8], secret.hex().encode()]
        hashes = (hashlib.sha256(secret), hashlib.sha1(secret), hashlib.md5(secret))
        known += [form for hashed in hashes for form in (hashed.digest(), hashed.hexdigest().encode())]
        assert not [form for form in known if form[:16] in path.read_bytes() or form[:16] in path.name.encode()]


def test_the_encryption_key_is_not_stored(kind: type[FilesBackend], tmp_path: pathlib.Path) -> None:
    own = cache(kind, tmp_path)
    own.put(CONTENT, KEY, "token", keep_until=None)
    _backend, name, key = own._slot(KEY, "token", {})
    stored = b"".join(path.name.encode() + path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert key.hex() not in name
    assert key not in stored
    assert not [master for master in own._masters.values() if master in stored]
