# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sealed entries: only the same credentials open one, and nothing of them shows."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils._keyring import Keyring, quick_keyring, slow_keyring
from ansible_collections.forti.oauth.plugins.plugin_utils._sealing import Seal, read_about
from ansible_collections.forti.oauth.plugins.plugin_utils._store import guarded_keyring

Derive = Callable[[Mapping[str, str], bytes], Keyring]
SALT = b"s" * 32
IDENTITY = {"family": "fac", "server": "https://fac.example.com", "username": "user-name", "password": "hunter2-hunter2"}
CONTENT = {"access_token": "A30-A30-A30", "expires_at": 12.5, "refresh_token": None, "scope": "größe"}
ABOUT = {"server": "https://fac.example.com", "kind": "token", "keep_until": 99.5, "expires_at": None}
KEYRING = quick_keyring(IDENTITY, SALT)
SEAL = KEYRING.seal("token")
BOTH = pytest.mark.parametrize("derive", [quick_keyring, slow_keyring])


def flipped(entry: bytes, at: int) -> bytes:
    return entry[:at] + bytes([entry[at] ^ 1 << at % 8]) + entry[at + 1 :]


@BOTH
def test_what_is_closed_opens_again(derive: Derive) -> None:
    sealed = derive(IDENTITY, SALT).seal("token", of="x").close(CONTENT, **ABOUT)
    assert derive(dict(reversed(IDENTITY.items())), SALT).seal("token", of="x").open(sealed) == CONTENT


@BOTH
def test_a_name_is_fit_for_a_file(derive: Derive) -> None:
    name = derive(IDENTITY, SALT).seal("token").name
    assert len(name) == 32
    assert set(name) <= set("0123456789abcdef")


@BOTH
@pytest.mark.parametrize(
    ("identity", "salt"),
    [
        pytest.param({**IDENTITY, "password": "hunter2-hunter3"}, SALT, id="another password"),
        pytest.param({**IDENTITY, "realm": "ad"}, SALT, id="a realm"),
        pytest.param({**IDENTITY, "username": "user-nam", "password": "ehunter2-hunter2"}, SALT, id="the border moved"),
        pytest.param({name: IDENTITY[name] for name in IDENTITY if name != "username"}, SALT, id="no user"),
        pytest.param(IDENTITY, b"t" * 32, id="another store"),
    ],
)
def test_others_neither_find_nor_open_it(derive: Derive, identity: dict[str, str], salt: bytes) -> None:
    own, other = derive(IDENTITY, SALT).seal("token"), derive(identity, salt).seal("token")
    sealed = own.close(CONTENT)
    assert other.name != own.name
    assert [seal.open(sealed) for seal in (other, Seal(own.name, other._key), Seal(other.name, own._key))] == [None] * 3


def test_every_kind_of_entry_has_a_name_and_a_key_of_its_own() -> None:
    seals = [
        KEYRING.seal("token"),
        KEYRING.seal("failure"),
        KEYRING.seal("lock"),
        KEYRING.seal("failure", challenge_response="1"),
        KEYRING.seal("failure", challenge_response="2"),
        KEYRING.seal("failure", code="1"),
        slow_keyring(IDENTITY, SALT).seal("token"),
    ]
    assert len({seal.name for seal in seals}) == len({seal._key for seal in seals}) == len(seals)
    assert vars(KEYRING.seal("failure", code="1", method="ftm")) == vars(KEYRING.seal("failure", method="ftm", code="1"))


def test_what_stands_in_clear_is_that_and_no_more() -> None:
    head, _newline, _sealed = SEAL.close(CONTENT, **ABOUT).partition(b"\n")
    assert json.loads(head) == {**ABOUT, "format": 1}
    assert read_about(head) == {**ABOUT, "format": 1}


def test_what_stands_in_clear_cannot_be_changed() -> None:
    sealed = SEAL.close(CONTENT, **ABOUT)
    assert SEAL.open(sealed) == CONTENT
    assert SEAL.open(sealed.replace(b"99.5", b"99.6")) is None
    assert SEAL.open(sealed.replace(b'"kind": "token"', b'"kind":  "token"')) is None
    assert SEAL.open(sealed.replace(b"{", b'{"more": 1, ', 1)) is None


def test_an_entry_that_was_cut_is_none() -> None:
    sealed = SEAL.close(CONTENT, **ABOUT)
    assert [length for length in range(len(sealed)) if SEAL.open(sealed[:length]) is not None] == []
    assert SEAL.open(sealed + b"\0") is None


def test_an_entry_with_any_bit_flipped_is_none() -> None:
    sealed = SEAL.close({"access_token": "A"}, **ABOUT)
    assert [at for at in range(len(sealed)) if SEAL.open(flipped(sealed, at)) is not None] == []


@pytest.mark.parametrize("other", [b"0", b"2", b"null", b'"1"', b"[1]"], ids=repr)
def test_an_entry_of_another_format_is_none(other: bytes) -> None:
    sealed = SEAL.close(CONTENT)
    assert sealed.startswith(b'{"format": 1}\n')
    assert SEAL.open(sealed.replace(b"1", other, 1)) is None
    assert read_about(sealed.replace(b"1", other, 1)) is None


@pytest.mark.parametrize("entry", [b"", b"\n", b"{}\nx", b"[]\nx", b"\xff\xfe\nx", b'{"format": 1', b'{"format": 1}\n', b'{"format": 1}\nshort'], ids=repr)
def test_what_is_no_entry_is_none(entry: bytes) -> None:
    assert SEAL.open(entry) is None


@pytest.mark.parametrize("content", [[], "text", 5, None], ids=repr)
def test_an_entry_that_is_no_dictionary_is_none(content: Any) -> None:
    assert SEAL.open(SEAL.close(content)) is None


def test_no_two_entries_are_the_same() -> None:
    assert len({SEAL.close(CONTENT) for _each in range(20)}) == 20


@BOTH
def test_neither_a_secret_nor_a_plain_hash_of_one_shows(derive: Derive) -> None:
    seal = derive(IDENTITY, SALT).seal("token")
    sealed = seal.close(CONTENT, **ABOUT)
    for secret in (b"hunter2-hunter2", b"user-name", b"A30-A30-A30", b"access_token"):
        known = [secret, base64.b64encode(secret)[:8], secret.hex().encode()]
        hashes = (hashlib.sha256(secret), hashlib.sha1(secret), hashlib.md5(secret))
        known += [form for hashed in hashes for form in (hashed.digest(), hashed.hexdigest().encode())]
        assert not [form for form in known if form[:16] in sealed or form[:16] in seal.name.encode()]


def test_the_key_does_not_show() -> None:
    assert repr(SEAL) == object.__repr__(SEAL)
    assert repr(KEYRING) == "Keyring()"
    assert SEAL._key.hex() not in SEAL.name
    assert SEAL._key not in SEAL.close(CONTENT)


def test_a_guess_at_a_password_takes_its_time() -> None:
    began = time.perf_counter()
    slow_keyring(IDENTITY, SALT)
    assert time.perf_counter() - began >= 0.03
    began = time.perf_counter()
    for _each in range(20):
        quick_keyring(IDENTITY, SALT)
    assert (time.perf_counter() - began) / 20 < 0.03


@pytest.mark.parametrize(
    ("identity", "derive"),
    [
        pytest.param(IDENTITY, slow_keyring, id="password"),
        pytest.param({"server": "s", "credential": "c"}, slow_keyring, id="credential"),
        pytest.param({"server": "s", "refresh_token": "R1"}, quick_keyring, id="refresh token"),
        pytest.param({"server": "s", "ended": "A1"}, quick_keyring, id="ended token"),
    ],
)
def test_what_could_be_guessed_is_guarded(identity: dict[str, str], derive: Derive) -> None:
    assert guarded_keyring(identity, SALT) == derive(identity, SALT)
