# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hundred nodes: runs that ask the provider for tokens, each from processes of its own, against one simulator and one store."""

from __future__ import annotations

import dataclasses
import pathlib
import random
import time
import traceback
from typing import Any

from ansible import constants as C
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.plugin_utils import _token_provider
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import TokenProvider

from tests.load.gate import Work, all_at_once

_SPREAD = 8.0  # seconds over which the asks of a node are spread, as tasks of a play are
_USER = {"username": "luser1", "password": "Pass-Word-12345678"}  # of the simulator


@dataclasses.dataclass(frozen=True)
class Fleet:
    """Who asks: node number i asks for identity i modulo their number."""

    nodes: int
    processes: int  # of each node
    asks: int  # of each process
    identities: int
    client_id: str  # of the simulator; the tokens of "short" end after five seconds
    cache: str  # the value of the option

    @property
    def total(self) -> int:
        """How many tokens are asked for."""
        return self.nodes * self.processes * self.asks


@dataclasses.dataclass(frozen=True)
class Seen:
    """What one process saw: the seconds that each ask waited, the asks that failed, and the stores given up."""

    waits: list[float]
    failed: int
    given_up: int


def let_ask(fleet: Fleet, folder: pathlib.Path, server: dict[str, str]) -> list[Seen]:
    """Let all nodes ask; return what each process saw.

    :arg server: the options that lead to the simulator.
    """

    def prepare(number: int) -> Work:
        node = number // fleet.processes
        C.DEFAULT_LOCAL_TMP = str(folder / f"node{node}")  # type: ignore[attr-defined]
        options = {**server, **_USER, "client_id": fleet.client_id, "scope": f"identity{node % fleet.identities}", "cache": fleet.cache}
        return lambda: dataclasses.asdict(_asked(fleet, options, random.Random(number)))

    return [Seen(**seen) for seen in all_at_once(prepare, number=fleet.nodes * fleet.processes, folder=folder)]


def _asked(fleet: Fleet, options: dict[str, Any], dice: random.Random) -> Seen:
    """Ask so often, each time as a task does: with a provider of its own."""
    warnings, waits, failed = list[str](), list[float](), 0
    _token_provider.warn_once = warnings.append
    moments = sorted(dice.uniform(0, _SPREAD) for _each in range(fleet.asks)) if fleet.asks > 1 else [0.0]
    began = time.monotonic()
    for number, moment in enumerate(moments):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        since = time.monotonic()
        try:
            service = FortiAuthenticator.from_options(options, explicit=options, warn=warnings.append, notify=warnings.append)
            TokenProvider(service, request_id=f"task{number}").get()
        except Exception:
            traceback.print_exc()
            failed += 1
        waits.append(time.monotonic() - since)
    return Seen(waits, failed, len(warnings))
