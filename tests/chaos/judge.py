# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The judge. It hears of everything that the askers do and get, and that is done to the stores."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from tests.chaos.known import Ask, Known
from tests.chaos.madeup import Service
from tests.chaos.plan import KEYS, LOCK_LIFE, REDIS
from tests.chaos.rules import Rules

Message = dict[str, Any]
_LEFT_BY_KILLED = 3  # files: the lock of the cache key, that of the refresh token, and the entry that is being written without it
_LOSES_NOTHING = ("full", "silent")  # who asks a store meanwhile says so by a warning


class Judge:
    """Hears one message at a time, and answers it."""

    def __init__(self, log: str | None = None) -> None:
        """:arg log: a file for all events."""
        self._known = Known(log)
        self._rules = Rules(self._known)
        self._service = Service(self._known, self._rules)

    def hear(self, message: Message) -> Message:
        """Return the answer to a message."""
        hears: dict[str, Callable[[Message], Message | None]] = {
            "began": self._began,
            "warned": self._warned,
            "login": lambda said: self._service.login(self._ask(said), said),
            "refresh": lambda said: self._service.refresh(self._ask(said), said),
            "revoke": self._revoke,
            "fault": self._fault,
            "got": self._got,
            "failed": self._failed,
            "store": self._store,
            "left behind": self._left_behind,
            "status": self._status,
        }
        return hears[message["what"]](message) or {}

    def _began(self, said: Message) -> None:
        known, key = self._known, KEYS[said["key"]]
        ask = Ask(said["ask"], said["run"], said["store"], key, said["clock"], said["task"], said["min_validity"], said["kind"])
        known.asks[ask.name] = ask
        known.first.setdefault((ask.run, key.number), ask.began)
        known.counts["asks"] += 1
        self._is_ending(ask)
        known.event("began", key.number, f"{ask.name} {ask.kind} in {ask.scope}, clock {ask.clock:+.0f} s{', forced by ' + ask.task if ask.task else ''}")

    def _warned(self, said: Message) -> None:
        ask = self._ask(said)
        self._known.event("warned", ask.key.number, f"{ask.name}: {said['text']}")
        if said["text"].startswith("The token was not renewed"):
            return
        ask.warned = True
        self._goes_wrong(ask)
        self._known.counts["stores given up"] += 1
        if "temporary folder" in said["text"]:
            self._known.violation("the run's own store is given up", ask.key.number, f"{ask.name}: {said['text']}")

    def _revoke(self, said: Message) -> Message:
        ask = self._ask(said)
        self._is_ending(ask)
        return self._service.revoke(ask, said)

    def _fault(self, said: Message) -> None:
        ask = self._ask(said)
        if said["action"] != "goes on":
            self._known.counts[f"faults: {said['action']}"] += 1
        if said["action"] == "unsent":
            ask.refused = True  # if that was a refresh, and the kept token is over, it logs in at once
        elif said["action"] != "drips":
            self._goes_wrong(ask)
        self._is_ending(ask)
        self._known.event(said["action"], ask.key.number, f"{ask.name} at {said['point']} {said.get('seconds', '')}")
        if said["action"] == "stop" and said["seconds"] >= LOCK_LIFE and ask.scope == REDIS:
            ask.overslept = True
            ask.must_notice = said["point"] in ("request", "answer")  # it holds the lock there, and writes afterwards
        if said["action"] == "jump":
            self._known.jumps[ask.own] = time.time()
        if said["action"] == "kill":
            self._known.killed[ask.run] += 1
            del self._known.asks[ask.name]

    def _got(self, said: Message) -> None:
        known, ask = self._known, self._ask(said)
        self._ends(ask, said)
        if said["token"] is None:
            return
        if ask.must_notice and not ask.warned and said["stopped"] > LOCK_LIFE + 1:
            known.violation("a lost lock that is not noticed", ask.key.number, f"{ask.name} was stopped for {said['stopped']:.1f} s")
        self._rules.got(ask, said["token"], said["source"], now=said["at"], stopped=said["stopped"], expires_in=said["expires_in"])
        token = known.tokens.get(said["token"])
        known.counts["hits"] += said["source"] == "cache"
        known.event("got", ask.key.number, f"{ask.name} {said['token']} from {said['source']} after {said['seconds']:.2f} s")
        if token is None:
            return
        if token.by is ask:
            token.got = (time.time(), not ask.warned)
        known.keep(token, ask.own)
        if token.by is ask and not ask.warned:
            known.keep(token, ask.scope)

    def _failed(self, said: Message) -> None:
        known, ask = self._known, self._ask(said)
        known.counts["failed asks"] += 1
        known.event("failed", ask.key.number, f"{ask.name}: {said['text']}")
        self._rules.failed(ask, said["text"], said["kind"])
        self._ends(ask, said)
        if ask.sent and said["kind"] == "Refused" and ask.kind == "get" and not ask.warned:
            known.refusals[ask.scope, ask.key.number] = (time.time(), ask)

    def _store(self, said: Message) -> None:
        """Something is done to a store; it is told before and afterwards."""
        known, store = self._known, said["store"]
        known.counts[f"faults: {store} {said['action']}"] += said["begins"]
        for key in said["keys"] or [None]:
            if said["action"] not in _LOSES_NOTHING:
                known.damaged[store, key] = math.inf if said["begins"] else time.time()  # meanwhile it may lose what is written, too
            known.event(f"{store} {said['action']}", key, "begins" if said["begins"] else "done")
        if said["action"] == "clock":
            known.jumps[store] = time.time()

    def _left_behind(self, said: Message) -> None:
        if said["problem"] and not (said["run"] is not None and said["number"] <= _LEFT_BY_KILLED * self._known.killed[said["run"]]):
            self._known.violation("something piles up", None, said["problem"])

    def _status(self, said: Message) -> Message:
        known = self._known
        for ask in list(known.asks.values()) if said.get("is_over") else []:
            known.violation("an ask that hangs", ask.key.number, f"{ask.name}, begun {time.time() - ask.began:.1f} s ago")
        waits = sorted(known.waits) or [0.0]
        shown = {"median": waits[len(waits) // 2], "p99": waits[int(len(waits) * 0.99)], "max": waits[-1]}
        return {"violations": known.violations, "shown": known.shown, "counts": known.counts, "reasons": known.reasons, "waits": shown}

    def _ask(self, said: Message) -> Ask:
        ask = self._known.asks[said["ask"]]
        if abs(said["clock"] - ask.clock) > 1:
            ask.jumped = True
        ask.clock = said["clock"]
        return ask

    def _ends(self, ask: Ask, said: Message) -> None:
        known = self._known
        del known.asks[ask.name]
        self._is_ending(ask)
        known.waits.append(said["seconds"] - said["stopped"])
        self._rules.waited(ask, said["seconds"], said["stopped"])
        if "used" in said:
            self._rules.used(ask, said["token"], said["used"])

    def _is_ending(self, ask: Ask) -> None:
        if ask.kind != "get":
            self._known.ending[ask.key.number] = time.time()

    def _goes_wrong(self, ask: Ask) -> None:
        self._known.faults[ask.scope, ask.key.number] = time.time()
