# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run of ansible-playbook as the token cache sees it: a folder, a home, and askers, each in a process of its own."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import random
import shutil
import time
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.sharedctypes import RawValue
from typing import Any

from ansible import constants as C
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, NotConnected, Refused, ServerFailed, Unreachable
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import run_folder
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backends import backends
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import CacheRequest
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.token_cache import TokenCache

from tests.chaos.faults import Faults, install, real_time
from tests.chaos.piles import left_in_run
from tests.chaos.plan import DIRECTORY, KEYS, LOCK_LIFE, LOCK_TIMEOUT, RUN, SERVICE_TIME, Ask, Run
from tests.chaos.rules import MARK
from tests.chaos.service import Line

_DRIPS = 1.5 * LOCK_LIFE  # seconds that a slow answer takes
_ERRORS = {"unsent": NotConnected, "failed": ServerFailed, "lost": Unreachable, "refused": Refused}


@dataclasses.dataclass(frozen=True)
class World:
    """What all runs share."""

    folder: pathlib.Path
    line: str  # to the judge
    stores: Mapping[str, str]  # name -> the value of the option cache
    directory_clock: Any  # how far the clock of the directory's machine is ahead


class Asker:
    """Asks one after the other, each time with a token cache of its own, as the tasks of a play do."""

    def __init__(self, world: World, run: Run, number: int, clock: Any) -> None:
        self._run, self._number, self._clock = run, number, clock
        self._cache = world.stores.get(run.store, RUN)
        self._line = Line(world.line)
        self._name = ""
        self._dice = random.Random(f"{run.number} {number}")
        self._faults = Faults(self._tell)
        install(self._faults, lambda: self._clock.value)

    def ask(self, place: int, ask: Ask) -> None:
        """Do what the plan says, and tell how it went."""
        time.sleep(ask.wait)
        self._name = f"run {self._run.number} asker {self._number}.{place}"
        details = {"run": self._run.number, "store": self._run.store, "key": ask.key, "task": ask.task, "min_validity": ask.min_validity}
        self._tell("began", kind=ask.what, **details)
        self._faults.arm(ask.fault)
        since, came = time.monotonic(), {}
        try:
            came = self._does(ask)
        except Exception as exc:
            text = str(exc) if isinstance(exc, FortiError) else traceback.format_exc()
            self._tell("failed", text=text, kind=type(exc).__name__, seconds=time.monotonic() - since, stopped=self._faults.stopped)
        else:
            result = {"token": came.get("access_token"), "source": came.get("source"), "expires_in": came.get("expires_in")}
            self._tell("got", **result, at=real_time(), seconds=time.monotonic() - since, stopped=self._faults.stopped, used=self._faults.used)

    def _does(self, ask: Ask) -> dict[str, Any]:
        cache = TokenCache(backends(self._cache), warn=lambda text: self._tell("warned", text=text))
        key = KEYS[ask.key].cache_key
        if ask.what == "revoke":
            cache.revoke(key, None, lock_timeout=LOCK_TIMEOUT, revoke=lambda token: self._revoked(ask, token), check_mode=False)
            return {}
        if ask.what == "forget":
            cache.forget(key, lock_timeout=LOCK_TIMEOUT)
            return {}
        forced_by = ask.task and f"run {self._run.number} {ask.task}"
        request = CacheRequest(key=key, request_id=forced_by, lock_timeout=LOCK_TIMEOUT, min_validity=ask.min_validity, asked_at=time.time())
        return cache.get_or_fetch(
            request, fetch=lambda _challenge: self._token(ask, "login"), refresh=lambda text: self._token(ask, "refresh", text)
        ).as_result()

    def _token(self, ask: Ask, what: str, refresh_token: str | None = None) -> Token:
        sent_at = time.time()
        answer = self._answer(ask, what, refresh_token, sent_at)
        if not answer:
            raise Refused(f"{MARK} refused for {self._place(ask)}")
        server, life = KEYS[ask.key].server, answer["life"]
        return Token(answer["access_token"], server, refresh_token=answer["refresh_token"], issued_at=sent_at, expires_at=sent_at + life)

    def _revoked(self, ask: Ask, token: str) -> bool:
        return bool(self._answer(ask, "revoke", token, time.time())["live"])

    def _answer(self, ask: Ask, what: str, token: str | None, sent_at: float) -> dict[str, Any]:
        """Send a request to the made-up service; return its answer.

        :raises FortiError: the plan says so.
        """
        self._faults.at("request")
        fault = self._faults.answer()
        if fault == "drips":
            time.sleep(_DRIPS)
            fault = None
        time.sleep(self._dice.uniform(0, SERVICE_TIME))
        answer = {} if fault == "unsent" else self._tell(what, token=token, sent_at=sent_at, fault=fault, effect=fault in (None, "lost"))
        self._faults.at("answer")
        if fault:
            raise _ERRORS[fault](f"{MARK} {fault} for {self._place(ask)}")
        if ask.jump:
            self._clock.value += ask.jump
            self._tell("fault", point="answer", action="jump", seconds=ask.jump)
        return answer

    def _place(self, ask: Ask) -> str:
        return f"run {self._run.number} {self._run.store} key {ask.key}"

    def _tell(self, what: str, **details: Any) -> dict[str, Any]:
        return self._line.tell(what, ask=self._name, clock=self._clock.value, **details)


def start(world: World, run: Run) -> int:
    """Start a run; return the id of its process."""
    return _forked(lambda: _lead(world, run))


def _lead(world: World, run: Run) -> None:
    os.setsid()
    home = world.folder / f"run{run.number}"
    home.mkdir()
    os.environ["HOME"] = C.DEFAULT_LOCAL_TMP = str(home)  # type: ignore[attr-defined]
    clock = world.directory_clock if run.store == DIRECTORY else RawValue("d", run.clock)
    for process in [_forked(lambda n=number, a=asks: _asks(world, run, n, clock, a)) for number, asks in enumerate(run.askers)]:  # type: ignore[misc]
        os.waitpid(process, 0)
    problem, number = left_in_run(run_folder())
    Line(world.line).tell("left behind", run=run.number, number=number, problem=problem)
    shutil.rmtree(home, ignore_errors=True)


def _asks(world: World, run: Run, number: int, clock: Any, asks: tuple[Ask, ...]) -> None:
    asker = Asker(world, run, number, clock)
    for place, ask in enumerate(asks):
        asker.ask(place, ask)


def _forked(work: Callable[[], None]) -> int:
    process = os.fork()
    if not process:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return process
