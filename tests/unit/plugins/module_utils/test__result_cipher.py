# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module's result on its way back to the controller: nothing of it is in clear but C(changed), and only its key opens it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._result_cipher import decrypt, encrypt

KEY = "Zm9ydGkub2F1dGg-_A1b2C3d4"
RESULT: dict[str, Any] = {"changed": False, "access_token": "hunter2-hunter2", "expires_in": None, "scope": "ü"}


def ciphertext(result: dict[str, Any], key: str = KEY) -> bytes:
    return base64.b64decode(encrypt(result, key)["result"], validate=True)


def test_the_key_opens_what_was_encrypted_with_it() -> None:
    assert decrypt(json.loads(json.dumps(encrypt(RESULT, KEY))), KEY) == RESULT


@pytest.mark.parametrize("changed", [True, False])
def test_changed_is_in_clear_and_nothing_else(changed: bool) -> None:
    written = encrypt({**RESULT, "changed": changed}, KEY)
    assert set(written) == {"changed", "result"}
    assert written["changed"] is changed
    assert not [text for text in (b"hunter2", b"access_token", b"expires_in") if text in ciphertext(RESULT) or text in written["result"].encode()]


def test_what_core_adds_stays_and_the_result_comes_first() -> None:
    written = {**encrypt(RESULT, KEY), "warnings": ["Trying again"], "changed": True}
    assert decrypt(written, KEY) == {**RESULT, "warnings": ["Trying again"]}


def test_a_result_may_have_a_field_of_its_own_named_result() -> None:
    assert decrypt(encrypt({**RESULT, "result": "own"}, KEY), KEY)["result"] == "own"


def test_controller_and_host_of_any_version_agree() -> None:
    assert encrypt({"changed": True, "access_token": "A30"}, "key") == {"changed": True, "result": "bNj6VT+C2lN7EoDQzcBH//xzmQw8j0dbn/oq9CJxkY7Zj0v9+paXig=="}


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
    with pytest.raises(ValueError):
        decrypt(encrypt(RESULT, KEY), key)
