# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of tokens, asks and stores. All times without a note are the judge's, which is the service's clock."""

from __future__ import annotations

import collections
import dataclasses
import time
from typing import Any

from tests.chaos.plan import KEYS, RUN, Key

_SHOWN = 60  # events of a key that a violation shows


@dataclasses.dataclass
class Ask:
    """An ask that has begun."""

    name: str
    run: int
    store: str
    key: Key
    clock: float  # how far the asker's clock is ahead
    task: str | None = None
    min_validity: int = 0
    kind: str = "get"
    began: float = dataclasses.field(default_factory=time.time)
    warned: bool = False  # whether it has given a store up
    jumped: bool = False  # whether its clock jumped since it began
    sent: bool = False  # whether it sent a request for a token
    refused: bool = False  # whether its refresh was refused, or could not be sent
    overslept: bool = False  # whether it was stopped for longer than its lock lived
    must_notice: bool = False  # and holds the lock that it has lost, so that it says so when it writes

    @property
    def own(self) -> str:
        """The name of the run's own store."""
        return f"run {self.run}"

    @property
    def scope(self) -> str:
        """The name of the last store that it looks into."""
        return self.own if self.store == RUN else self.store


@dataclasses.dataclass
class Issued:
    """A token that the service issued."""

    text: str
    by: Ask
    refresh: str | None
    clock: float  # how far ahead the cache takes it to be issued: by the clock of its asker, at the time of the request
    issued: float = dataclasses.field(default_factory=time.time)
    ended: list[tuple[float, Ask, bool]] = dataclasses.field(default_factory=list)  # by whom; whether that one had given its store up
    followed: Issued | None = None  # by the login that ended it
    got: tuple[float, bool] | None = None  # when its asker had it, and whether without a warning

    @property
    def key(self) -> Key:
        """Whose it is."""
        return self.by.key

    @property
    def ends(self) -> float:
        """When it ends by itself."""
        return self.issued + self.key.life

    @property
    def vanishes(self) -> float:
        """When Redis forgets it, by a time to live that does not know the clocks of others, if it cannot be refreshed."""
        return self.ends + self.clock - self.by.clock

    def left(self, clock: float, now: float) -> float:
        """Return the seconds left, as whoever has a clock that is so far ahead sees it."""
        return self.ends + self.clock - now - clock

    def serves(self, ask: Ask, now: float) -> bool:
        """Return whether the ask can take it beyond doubt."""
        life = self.key.life
        needed = ask.min_validity if life > ask.min_validity else life / 5
        return self.left(ask.clock, now) > max(needed, 1) + 1.5


class Known:
    """The state, and the events in their order."""

    def __init__(self, log: str | None) -> None:
        """:arg log: a file for all events."""
        self._log = open(log, "w", buffering=1) if log else None  # noqa: SIM115  # until this process ends
        self.asks: dict[str, Ask] = {}  # that have begun and not ended
        self.tokens: dict[str, Issued] = {}
        self.refreshes: dict[str, Issued] = {}
        self.spent: dict[str, float] = {}  # refresh tokens that were used with success
        self.live: dict[int, Issued] = {}  # of keys with a single token
        self.latest: dict[tuple[str, int], Issued] = {}  # what a store must hold, unless it was broken since
        self.since: dict[tuple[str, int], float] = {}  # since when that is known
        self.ending: dict[int, float] = {}  # key -> when somebody last began to end or forget a token of it
        self.damaged: dict[tuple[str, int | None], float] = {}  # store, and key or None for all of them
        self.faults: dict[tuple[str, int], float] = {}  # store, and key: the last time that an ask went wrong there
        self.newest: dict[tuple[str, int], Issued] = {}  # store, and key: the last token that was issued for it, whether it came there or not
        self.refusals: dict[tuple[str, int], tuple[float, Ask]] = {}  # store, and key: when, and whose
        self.jumps: dict[str, float] = {}  # store or run -> when its clock last jumped
        self.first: dict[tuple[int, int], float] = {}  # run, and key: when it first asked
        self.killed: collections.Counter[int] = collections.Counter()  # by run
        self.counts: collections.Counter[str] = collections.Counter()
        self.reasons: collections.Counter[str] = collections.Counter()  # of logins
        self.waits: list[float] = []
        self.violations: list[str] = []
        self.shown: list[str] = []
        self._events: dict[int, collections.deque[str]] = {key.number: collections.deque(maxlen=_SHOWN) for key in KEYS}
        self._began = time.time()

    def event(self, what: str, key: int | None, details: Any = "") -> None:
        """Note an event of a key, or of all of them."""
        line = f"{time.time() - self._began:8.3f} s  {what:<14} {details}"
        if self._log:
            self._log.write(f"{'all' if key is None else key} {line}\n")
        for number, events in self._events.items():
            if key in (None, number):
                events.append(line)

    def violation(self, rule: str, key: int | None, details: str) -> None:
        """Note a violation, and show the last events of its key."""
        self.violations.append(rule)
        if self.violations.count(rule) <= 2:
            events = [] if key is None else ["  the last events of that key:", *(f"    {line}" for line in self._events[key])]
            name = "" if key is None else f" (key {key}: {KEYS[key]})"
            self.shown.append("\n".join([f"VIOLATION: {rule}{name}: {details}", *events]))

    def is_ending(self, key: int, since: float) -> bool:
        """Return whether somebody has ended or forgotten a token of this key since then, or is about to."""
        return self.ending.get(key, 0) >= since or any(ask.kind != "get" and ask.key.number == key for ask in self.asks.values())

    def is_damaged(self, store: str, key: int, since: float) -> bool:
        """Return whether something was done to a store that may have made it forget this key."""
        return max(self.damaged.get((store, None), 0), self.damaged.get((store, key), 0)) >= since

    def keep(self, token: Issued, store: str) -> None:
        """Note that a store holds the token now."""
        held = self.latest.get((store, token.key.number))
        if held is None or held.issued < token.issued:
            self.latest[store, token.key.number] = token
            self.since[store, token.key.number] = time.time()
