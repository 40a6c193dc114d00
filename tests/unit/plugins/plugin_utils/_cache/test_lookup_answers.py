# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import time

import pytest
from ansible import constants as C
from ansible_collections.forti.oauth.plugins.plugin_utils import _hits
from ansible_collections.forti.oauth.plugins.plugin_utils._hits import Hit
from ansible_collections.forti.oauth.plugins.plugin_utils._store_run import RunStore

QUESTION = '["the lookup", {"password": "Pass-Word-12345678"}]'
TOKEN = "Token-1234567890-abcdef"


@pytest.fixture
def store(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """The run's store, which is there already."""
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return RunStore()


def kept(answer: object = TOKEN, *, good_for: float = 60) -> None:
    Hit(QUESTION).keep(answer, secrets=[], good_for=good_for)


def test_the_same_question_finds_it(store: RunStore) -> None:
    assert Hit(QUESTION).answer() is None
    kept()
    assert Hit(QUESTION).answer() == TOKEN
    assert Hit(QUESTION + " ").answer() is None


@pytest.mark.parametrize("change", ["write", "remove"])
def test_a_change_of_the_store_ends_it(store: RunStore, change: str) -> None:
    store.write("name", b"entry", keep_until=None)
    kept()
    if change == "write":
        store.write("name", b"another", keep_until=None)
    else:
        store.remove("name")
    assert Hit(QUESTION).answer() is None


def test_what_was_found_before_a_change_is_not_kept_after_it(store: RunStore) -> None:
    early = Hit(QUESTION)
    store.write("name", b"entry", keep_until=None)
    early.keep(TOKEN, secrets=[], good_for=60)
    assert Hit(QUESTION).answer() is None


def test_without_a_store_there_is_none(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path / "gone"))
    kept()
    assert Hit(QUESTION).answer() is None
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(("later", "found"), [(0, True), (59, True), (61, False), (-1, False)])
def test_it_ends_with_its_token_and_when_a_clock_is_set_back(store: RunStore, monkeypatch: pytest.MonkeyPatch, later: float, found: bool) -> None:
    kept()
    now = time.time()
    monkeypatch.setattr(_hits.time, "time", lambda: now + later)
    assert (Hit(QUESTION).answer() == TOKEN) is found


def test_seconds_left_are_counted_on(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(_hits.time, "time", lambda: now)
    kept({"access_token": TOKEN, "expires_in": 100})
    monkeypatch.setattr(_hits.time, "time", lambda: now + 10.5)
    assert Hit(QUESTION).answer() == {"access_token": TOKEN, "expires_in": 89}


def test_never_stays_never(store: RunStore) -> None:
    kept({"access_token": TOKEN, "expires_in": None})
    assert Hit(QUESTION).answer()["expires_in"] is None


def test_no_name_and_no_file_holds_a_secret_and_nobody_else_reads_it(store: RunStore, tmp_path: pathlib.Path) -> None:
    kept()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".hit" for path in files)
    for path in files:
        assert path.stat().st_mode & 0o777 == 0o600
        assert not [word for word in (TOKEN, "Pass-Word", "answer") if word.encode() in path.read_bytes() or word in path.name]


@pytest.mark.parametrize("place", [0, 15, 30, -1])
def test_a_changed_byte_makes_it_none(store: RunStore, tmp_path: pathlib.Path, place: int) -> None:
    kept()
    (path,) = tmp_path.rglob("*.hit")
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))
    assert Hit(QUESTION).answer() is None


@pytest.mark.parametrize("content", [b"", b"short", bytes(48), bytes(200)])
def test_another_file_in_its_place_is_none(store: RunStore, tmp_path: pathlib.Path, content: bytes) -> None:
    kept()
    (path,) = tmp_path.rglob("*.hit")
    path.write_bytes(content)
    assert Hit(QUESTION).answer() is None


def test_a_folder_that_takes_nothing_costs_the_hit_alone(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_hits.tempfile, "mkstemp", full)
    kept()
    assert Hit(QUESTION).answer() is None


def test_core_is_told_of_its_secrets(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.forti.oauth.plugins.module_utils import _secrets

    told: list[str] = []
    monkeypatch.setattr(_secrets, "register", lambda *values: told.extend(values))
    Hit(QUESTION).keep(TOKEN, secrets=[TOKEN], good_for=60)
    assert Hit(QUESTION).answer() == TOKEN
    assert told == [TOKEN]
