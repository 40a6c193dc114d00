# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fast path of the lookups: an answer is found again only for the same question, in the same generation, as long as it is good."""

from __future__ import annotations

import pathlib
import tempfile
import time

import pytest
from ansible import constants as C
from ansible_collections.forti.oauth.plugins.plugin_utils._cache import backend_files, file_lock, lookup_answers
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.lookup_answers import LookupAnswers

QUESTION = '["the lookup", {"password": "Pass-Word-12345678"}]'
TOKEN = "Token-1234567890-abcdef"


@pytest.fixture
def backend(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> RunBackend:
    """The run's backend, with a generation."""
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    backend = RunBackend()
    backend.agree(backend_files.GENERATION, bytes(32))
    return backend


def answer(question: str = QUESTION) -> object:
    return LookupAnswers(question).get()


def put(known: object = TOKEN, *, good_for: float = 60, secrets: tuple[str, ...] = ()) -> None:
    answers = LookupAnswers(QUESTION)
    answers.get()
    answers.put(known, generation=b"", secrets=list(secrets), good_for=good_for)


def test_the_names_are_those_of_the_backend(backend: RunBackend, tmp_path: pathlib.Path) -> None:
    assert backend_files.run_folder() == str(tmp_path / lookup_answers._RUN_FOLDER)
    assert (lookup_answers._GENERATION, lookup_answers._SUFFIX) == (backend_files.GENERATION, backend_files.SUFFIX)


def test_the_same_question_finds_the_answer(backend: RunBackend) -> None:
    assert answer() is None
    put()
    assert answer() == TOKEN
    assert answer(QUESTION + " ") is None


@pytest.mark.parametrize("change", ["write", "remove"])
def test_a_change_of_the_backend_ends_the_answer(backend: RunBackend, change: str) -> None:
    backend.write("name", b"entry", keep_until=None)
    put()
    if change == "write":
        backend.write("name", b"another", keep_until=None)
    else:
        backend.remove("name")
    assert answer() is None


def test_an_answer_found_before_a_change_of_another_process_is_lost(backend: RunBackend) -> None:
    early = LookupAnswers(QUESTION)
    early.get()
    backend.write("name", b"entry", keep_until=None)
    early.put(TOKEN, generation=b"", secrets=[], good_for=60)
    assert answer() is None


def test_the_process_that_wrote_the_token_stores_its_answer_in_the_new_generation(backend: RunBackend) -> None:
    answers = LookupAnswers(QUESTION)
    answers.get()
    backend.write("name", b"entry", keep_until=None)
    answers.put(TOKEN, generation=backend.generation, secrets=[], good_for=60)
    assert answer() == TOKEN


def test_an_answer_is_lost_if_another_process_changed_the_backend_since(backend: RunBackend) -> None:
    answers = LookupAnswers(QUESTION)
    answers.get()
    backend.write("name", b"entry", keep_until=None)
    RunBackend().write("name", b"newer", keep_until=None)
    answers.put(TOKEN, generation=backend.generation, secrets=[], good_for=60)
    assert answer() is None


def test_the_lock_makes_the_first_generation(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    answers = LookupAnswers(QUESTION)
    with answers.lock():
        assert answers.get() is None
        answers.put(TOKEN, generation=b"", secrets=[], good_for=60)
    assert answer() == TOKEN


def test_only_the_same_question_waits(backend: RunBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_answers, "_LOCK_TIMEOUT", 0)
    held: list[str] = []
    real = file_lock._flock

    def flock(handle: int) -> bool:
        taken = real(handle)
        held.append("taken" if taken else "busy")
        return taken

    monkeypatch.setattr(file_lock, "_flock", flock)
    with LookupAnswers(QUESTION).lock(), LookupAnswers(QUESTION + " ").lock(), LookupAnswers(QUESTION).lock():
        assert held[:2] == ["taken", "taken"]
        assert set(held[2:]) == {"busy"}  # and it went on without the lock


def test_the_answers_of_older_generations_and_their_locks_do_not_pile_up(backend: RunBackend, tmp_path: pathlib.Path) -> None:
    for number in range(20):
        backend.write("name", b"%d" % number, keep_until=None)
        for question in ("one", "two", "three"):
            answers = LookupAnswers(question)
            with answers.lock():
                answers.get()
                answers.put(TOKEN, generation=b"", secrets=[], good_for=60)
    assert [answer(question) for question in ("one", "two", "three")] == [TOKEN] * 3
    folder = tmp_path / "forti_oauth" / "answers"
    assert [len(list(folder.glob(pattern))) for pattern in ("*.token", "locks/*", ".new-*")] == [3, 0, 0]


def test_without_a_folder_there_is_no_lock_and_no_failure(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path / "file"))
    with LookupAnswers(QUESTION).lock():
        put()
        assert answer() is None


def test_without_a_generation_there_is_no_answer(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path / "gone"))
    put()
    assert answer() is None
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(("later", "found"), [(0, True), (59, True), (61, False), (-1, False)])
def test_an_answer_ends_with_its_token_and_if_the_clock_is_set_back(backend: RunBackend, monkeypatch: pytest.MonkeyPatch, later: float, found: bool) -> None:
    put()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + later)
    assert (answer() == TOKEN) is found


def test_seconds_left_are_counted_on(backend: RunBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    put({"access_token": TOKEN, "expires_in": 100})
    monkeypatch.setattr(time, "time", lambda: now + 10.5)
    assert answer() == {"access_token": TOKEN, "expires_in": 89}


def test_never_stays_never(backend: RunBackend) -> None:
    put({"access_token": TOKEN, "expires_in": None})
    assert answer() == {"access_token": TOKEN, "expires_in": None}


def test_no_name_and_no_file_holds_a_secret_and_nobody_else_reads_it(backend: RunBackend, tmp_path: pathlib.Path) -> None:
    put()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if path.parent.name == "answers"]
    for path in files:
        assert path.stat().st_mode & 0o777 == 0o600
        assert not [word for word in (TOKEN, "Pass-Word", "answer") if word.encode() in path.read_bytes() or word in path.name]


@pytest.mark.parametrize("place", [0, 15, 30, -1])
def test_a_changed_byte_is_a_miss(backend: RunBackend, tmp_path: pathlib.Path, place: int) -> None:
    put()
    (path,) = tmp_path.rglob("answers/*.token")
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))
    assert answer() is None


@pytest.mark.parametrize("content", [b"", b"short", bytes(48), bytes(200)])
def test_another_file_in_its_place_is_a_miss(backend: RunBackend, tmp_path: pathlib.Path, content: bytes) -> None:
    put()
    (path,) = tmp_path.rglob("answers/*.token")
    path.write_bytes(content)
    assert answer() is None


def test_a_full_disk_costs_only_the_fast_path(backend: RunBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    put()
    assert answer() is None


def test_core_is_told_of_its_secrets(backend: RunBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.forti.oauth.plugins.module_utils import _redaction

    told: list[str] = []
    monkeypatch.setattr(_redaction, "register", lambda *values: told.extend(values))
    put(secrets=(TOKEN,))
    assert answer() == TOKEN
    assert told == [TOKEN]
