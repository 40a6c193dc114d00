# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible import constants as C
from ansible_collections.forti.oauth.plugins.plugin_utils._hits import Hit
from ansible_collections.forti.oauth.plugins.plugin_utils._turn import in_turn

QUESTION = '["the lookup", {"password": "Pass-Word-12345678"}]'
TOKEN = "Token-1234567890-abcdef"
LONG = 30  # seconds; it is never waited for, unless something is wrong


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """The temporary folder of the run."""
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path


class Work:
    """Work that starts, and ends when it is told to; then it keeps its answer, or fails."""

    def __init__(self, *, fails: bool = False) -> None:
        self.started, self.end, self.times = threading.Event(), threading.Event(), 0
        self._fails = fails

    def __call__(self) -> str:
        self.times += 1
        self.started.set()
        assert self.end.wait(LONG)
        if self._fails:
            raise ValueError
        Hit(QUESTION).keep(TOKEN, secrets=[], good_for=60)
        return TOKEN


def unwanted() -> str:
    """Work that nobody should do."""
    pytest.fail("somebody else has done it")


def waiting(pool: ThreadPoolExecutor, work: object) -> object:
    """Ask in a thread; return the future answer once that thread waits for its turn."""
    asked = threading.Event()

    class Asks(Hit):
        @property
        def lock(self) -> str | None:
            asked.set()
            return super().lock

    future = pool.submit(in_turn, Asks(QUESTION), work)
    assert asked.wait(LONG)
    return future


def test_one_works_and_the_others_take_its_answer() -> None:
    work = Work()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(in_turn, Hit(QUESTION), work)
        assert work.started.wait(LONG)
        others = [waiting(pool, unwanted) for _other in range(3)]
        assert not any(other.done() for other in others)
        work.end.set()
        assert {first.result(LONG), *(other.result(LONG) for other in others)} == {TOKEN}
    assert work.times == 1


def test_who_waited_for_nothing_works_beside_the_others() -> None:
    """All at once: the broker has its own locks, and what it remembers of a refusal."""
    work, together = Work(fails=True), threading.Barrier(3, timeout=LONG)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(in_turn, Hit(QUESTION), work)
        assert work.started.wait(LONG)
        others = [waiting(pool, together.wait) for _other in range(3)]
        work.end.set()
        assert isinstance(first.exception(LONG), ValueError)
        assert {other.result(LONG) for other in others} == {0, 1, 2}


def test_another_question_does_not_wait() -> None:
    work = Work()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(in_turn, Hit(QUESTION), work)
        assert work.started.wait(LONG)
        assert in_turn(Hit(QUESTION + " "), lambda: "another") == "another"
        work.end.set()
        assert first.result(LONG) == TOKEN


def test_an_answer_that_is_there_by_now_is_taken() -> None:
    early = Hit(QUESTION)
    Hit(QUESTION).keep(TOKEN, secrets=[], good_for=60)
    assert in_turn(early, unwanted) == TOKEN


@pytest.mark.parametrize("gone", ["the folder", "the lock"])
def test_without_a_lock_everybody_works(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, gone: str) -> None:
    if gone == "the folder":
        monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(folder / "gone"))
    hit = Hit(QUESTION)
    if gone == "the lock":
        pathlib.Path(str(hit.lock)).mkdir()  # nobody can open that for writing, not even root
    else:
        assert hit.lock is None
    assert in_turn(hit, lambda: TOKEN) == TOKEN


def test_a_question_that_cannot_be_told_is_worked_out() -> None:
    assert in_turn(None, lambda: TOKEN) == TOKEN
