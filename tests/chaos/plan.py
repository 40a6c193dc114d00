# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done to the token cache: it follows from the seed alone. Only the timing of the processes does not."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator

LOCK_TIMEOUT = 12  # seconds
LOCK_LIFE = 3  # seconds for which a lock in Redis lives here
SERVICE_TIME = 0.15  # seconds, at most
DIRECTORY, REDIS, RUN = "directory", "redis", "run"
_LONGER_THAN_A_LOCK = 5.0
_WEIGHTS = {"cut": 4, "remove": 4, "swap": 3, "file": 1, "clock": 1, "full": 3, "flush": 3, "kill": 4, "split": 3}
_POINTS = ("request", "request", "answer", "answer", "answer", "write", "replace", "written")


@dataclasses.dataclass(frozen=True)
class Key:
    """A user of the made-up service, and how the service treats that user's tokens."""

    number: int
    life: float
    refreshes: bool = False  # whether there are refresh tokens; each works once
    single: bool = False  # whether a login ends the token before it
    refuses: bool = False  # whether a login is refused at times
    revokes: bool = True

    @property
    def server(self) -> str:
        """The URL, which stands in the header of an entry."""
        return f"https://k{self.number}.example.com"

    @property
    def cache_key(self) -> dict[str, str]:
        """The cache key, as a service makes it."""
        secret = {"username": f"u{self.number}", "password": f"p{self.number}"}
        return {"family": "fac", "server": self.server, "client_id": "c", "grant_type": "password", **secret}


KEYS = (
    Key(0, 5, refreshes=True),
    Key(1, 6, refreshes=True),
    Key(2, 7, refreshes=True, revokes=False),
    Key(3, 10, refreshes=True),
    Key(4, 8),
    Key(5, 10, revokes=False),
    Key(6, 7, refreshes=True, single=True),
    Key(7, 12, single=True),
    Key(8, 3600),
    Key(9, 8, refreshes=True, refuses=True),
    Key(10, 10, refuses=True),
)


@dataclasses.dataclass(frozen=True)
class Fault:
    """What happens to one ask: at a point of it (see tests.chaos.faults), or in place of the service's answer."""

    point: str
    action: str  # kill or stop; of the point service: unsent, failed, lost, drips or refused
    seconds: float = 0  # of a stop
    number: int = 1  # which time that it comes to the point


@dataclasses.dataclass(frozen=True)
class Ask:
    """What an asker does once."""

    key: int
    what: str  # get, revoke or forget
    wait: float  # seconds before
    task: str | None  # that forces a new token
    min_validity: int
    fault: Fault | None
    jump: float  # seconds by which the clock of the run's machine jumps while it asks


@dataclasses.dataclass(frozen=True)
class Run:
    """A run of ansible-playbook: its askers work at once, each in a process of its own."""

    number: int
    store: str
    clock: float  # seconds by which its machine's clock is ahead
    askers: tuple[tuple[Ask, ...], ...]


def run(seed: str, number: int) -> Run:
    """Return the run of this number."""
    dice = random.Random(f"{seed} run {number}")
    store = dice.choices((DIRECTORY, REDIS, RUN), (10, 10, 3))[0]
    # The runs of a directory are on one machine, whose clock the disturber sets.
    clock = dice.choice((0, 0, 0, -100, 100, 150)) if store == REDIS else 0
    keys = dice.sample(range(len(KEYS)), dice.choice((1, 1, 2)))
    askers = tuple(tuple(_ask(dice, keys, store, place) for place in range(dice.randint(1, 4))) for _asker in range(dice.randint(2, 5)))
    return Run(number, store, clock, askers)


def disturbances(seed: str, store: str, known: list[str]) -> Iterator[tuple[float, str, int]]:
    """Return what is done to a store: seconds to wait before, what, and a number that decides where.

    :arg known: what can be done to it.
    """
    dice = random.Random(f"{seed} {store}")
    weights = [_WEIGHTS.get(what, 2) for what in known]
    while True:
        yield dice.uniform(2, 6), dice.choices(known, weights)[0], dice.randrange(1000)


def _ask(dice: random.Random, keys: list[int], store: str, place: int) -> Ask:
    key = KEYS[dice.choice(keys)]
    ends = dice.random() < 0.03
    what = ("revoke" if key.revokes else "forget") if ends else "get"
    task = f"task{place}" if what == "get" and dice.random() < 0.05 else None
    jump = dice.choice((-60.0, 60.0)) if store != DIRECTORY and dice.random() < 0.01 else 0.0
    wait = dice.choice((0, dice.uniform(0, 0.3), dice.uniform(0, 3)))
    return Ask(key.number, what, wait, task, dice.choice((0, 5, 60)), _fault(dice, key), jump)


def _fault(dice: random.Random, key: Key) -> Fault | None:
    if key.refuses and dice.random() < 0.2:
        return Fault("service", "refused")
    if dice.random() > 0.3:
        return None
    if dice.random() < 0.4:
        return Fault("service", dice.choice(("unsent", "failed", "lost", "drips", *("refused", "refused") * key.refuses)))
    action = dice.choice(("kill", "stop", "stop"))
    point = dice.choice(_POINTS)
    # Nothing but the store itself could stop a writer that was stopped between its last look at the lock and its write.
    longest = LOCK_LIFE / 3 if point in ("write", "replace") else _LONGER_THAN_A_LOCK
    seconds = dice.choice((0.3, longest, longest)) if action == "stop" else 0
    return Fault(point, action, seconds, 1 if point in ("request", "answer") else dice.choice((1, 1, 2, 3)))
