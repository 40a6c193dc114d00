# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module's result on its way back to the controller: nothing of it is in clear but C(changed), and only its key opens it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._result_cipher import decrypt, encrypt

KEY = "Zm9ydGkub2F1dGg-_A1b2C3d4"
AGREED = "jJJOYg+hLgupkigD5FckDY2Us8D6+d2wDZMZ01PRWHFs2PpVP4LaU3sSgNDNwEf//HOZDDyPR1uf+ir0InGRjtmPS/36lpeK"  # the tag, and the ciphertext
RESULT: dict[str, Any] = {"changed": False, "access_token": "hunter2-hunter2", "expires_in": None, "scope": "ü"}


def ciphertext(result: dict[str, Any], key: str = KEY) -> bytes:
    return base64.b64decode(encrypt(result, key)["result"], validate=True)


def written(sealed: bytes) -> dict[str, Any]:
    return {"changed": False, "result": base64.b64encode(sealed).decode("ascii")}


def sealed_by_host(text: str) -> dict[str, Any]:
    """Return what a host that lies may write: any bytes, with the right tag. It has the key."""
    plain = text.encode("latin-1")
    keystream = hashlib.shake_256(KEY.encode("ascii")).digest(len(plain))
    sealed = bytes(left ^ right for left, right in zip(plain, keystream))
    return written(hashlib.blake2b(sealed, key=KEY.encode("ascii"), digest_size=32).digest() + sealed)


def test_the_key_opens_what_was_encrypted_with_it() -> None:
    assert decrypt(json.loads(json.dumps(encrypt(RESULT, KEY))), KEY) == RESULT


@pytest.mark.parametrize("changed", [True, False])
def test_changed_is_in_clear_and_nothing_else(changed: bool) -> None:
    written = encrypt({**RESULT, "changed": changed}, KEY)
    assert set(written) == {"changed", "result"}
    assert written["changed"] is changed
    assert not [text for text in (b"hunter2", b"access_token", b"expires_in") if text in ciphertext(RESULT) or text in written["result"].encode()]


def test_nothing_that_core_or_the_host_adds_is_taken() -> None:
    written = {**encrypt(RESULT, KEY), "warnings": ["Trying again"], "changed": True, "ansible_facts": {"x": 1}, "access_token": "of the host"}
    assert decrypt(written, KEY) == RESULT


def test_a_result_may_have_a_field_of_its_own_named_result() -> None:
    assert decrypt(encrypt({**RESULT, "result": "own"}, KEY), KEY)["result"] == "own"


def test_controller_and_host_of_any_version_agree() -> None:
    assert encrypt({"changed": True, "access_token": "A30"}, "key") == {"changed": True, "result": AGREED}


def test_each_key_gives_another_ciphertext() -> None:
    assert len({ciphertext(RESULT, f"key{number}") for number in range(100)}) == 100


def test_equal_parts_of_a_result_are_not_equal_when_encrypted() -> None:
    found = ciphertext({"changed": False, "x": "A" * 100_000})
    parts = [found[at : at + 8] for at in range(0, len(found), 8)]
    assert len(set(parts)) == len(parts)


@pytest.mark.parametrize(
    ("written", "error"),
    [
        pytest.param({}, KeyError, id="nothing"),
        pytest.param({"changed": True}, KeyError, id="no result"),
        pytest.param({"result": None}, TypeError, id="null"),
        pytest.param({"result": 5}, TypeError, id="number"),
        pytest.param({"result": "ü"}, ValueError, id="not ASCII"),
        pytest.param({"result": "A"}, ValueError, id="not base64"),
        pytest.param({"result": ""}, ValueError, id="empty"),
        pytest.param({"result": "QUFB"}, ValueError, id="not encrypted"),
        pytest.param({"result": encrypt(RESULT, KEY)["result"][:-4]}, ValueError, id="cut off"),
        pytest.param({"result": encrypt(RESULT, KEY)["result"].replace("+", "")[4:]}, ValueError, id="torn"),
    ],
)
def test_what_was_not_encrypted_with_this_key_is_an_error(written: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        decrypt(written, KEY)


@pytest.mark.parametrize("key", [KEY.lower(), KEY[:-1], f"{KEY}A", ""], ids=["small letters", "shorter", "longer", "empty"])
def test_another_key_is_an_error(key: str) -> None:
    with pytest.raises(ValueError, match=r"^wrong tag$"):
        decrypt(encrypt(RESULT, KEY), key)


def test_one_changed_bit_anywhere_is_an_error() -> None:
    sealed = ciphertext({"changed": False, "access_token": "A30"})
    opened = []
    for at in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[at // 8] ^= 1 << at % 8
        with contextlib.suppress(ValueError):
            opened.append((at, decrypt(written(bytes(changed)), KEY)))
    assert opened == []


def test_a_part_of_a_result_is_an_error_and_so_is_more() -> None:
    sealed = ciphertext(RESULT)
    for known in (*(sealed[:length] for length in range(len(sealed))), sealed[1:], sealed + b"\0", sealed + sealed):
        with pytest.raises(ValueError, match=r"^wrong tag$"):
            decrypt(written(known), KEY)


def test_the_ciphertext_of_another_run_is_an_error_under_the_tag_of_this_one() -> None:
    tag, other = ciphertext(RESULT)[:32], ciphertext(RESULT, f"{KEY}A")[32:]
    with pytest.raises(ValueError, match=r"^wrong tag$"):
        decrypt(written(tag + other), KEY)


def test_the_tag_tells_nothing_to_who_has_no_key() -> None:
    sealed = ciphertext(RESULT)
    assert hashlib.blake2b(sealed[32:], digest_size=32).digest() != sealed[:32]
    assert hashlib.blake2b(sealed[32:], key=KEY.encode("ascii"), digest_size=32).digest() == sealed[:32]


@pytest.mark.parametrize("result", ["[]", "5", "null", '"text"'])
def test_a_result_that_is_no_object_is_an_error(result: str) -> None:
    with pytest.raises(TypeError, match=r"^no JSON object$"):
        decrypt(sealed_by_host(result), KEY)


@pytest.mark.parametrize(
    "result", ['{"a": NaN}', '{"a": 1e999}', '{"a": ' + "[" * 40 + "]" * 40 + "}", '{"a": [' + "0," * 50_000 + "0]}", "{", "\xff"], ids=len
)
def test_a_host_that_has_the_key_sends_no_more_than_a_server_may(result: str) -> None:
    with pytest.raises(ValueError):
        decrypt(sealed_by_host(result), KEY)
