# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A desk for the tests of the broker: real stores in a folder, and a server that is made up and writes down who asked."""

from __future__ import annotations

import dataclasses
import pathlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.plugin_utils._broker import Broker
from ansible_collections.forti.oauth.plugins.plugin_utils._kept import Request
from ansible_collections.forti.oauth.plugins.plugin_utils._shelf import Shelf
from ansible_collections.forti.oauth.plugins.plugin_utils._store import Store
from ansible_collections.forti.oauth.plugins.plugin_utils._store_run import RunStore

SERVER = "https://fac.example.com"
CLIENT = {"family": "fac", "server": SERVER, "client_id": "c"}
LOGIN = {**CLIENT, "grant_type": "password", "username": "u", "password": "p"}
Result = dict[str, Any]


def by_hand(refresh_token: str, **more: str) -> dict[str, str]:
    """Return the identity of a task that refreshes by itself."""
    return {**CLIENT, **more, "grant_type": "refresh_token", "refresh_token": refresh_token}


@dataclasses.dataclass
class Desk:
    """Who asks here is answered by a broker. The answers are A1, A2 and so on, with refresh tokens R1, R2 and so on."""

    folder: pathlib.Path
    life: float | None = 3600
    refresh_token: str | None = "R{}"  # of the answers; None where they bring none
    login_fails: FortiError | None = None
    refresh_fails: FortiError | None = None
    takes: float = 0
    warn: Callable[[str], Any] = pytest.fail
    opened: Callable[[str], Store] = RunStore
    ended: list[str] = dataclasses.field(default_factory=list)

    @property
    def asked(self) -> list[str]:
        """What the server was asked for, by all processes."""
        log = self.folder / "asked"
        return log.read_text().splitlines() if log.exists() else []

    def shelf(self, name: str | None) -> Shelf:
        return Shelf(None if name is None else lambda: self.opened(str(self.folder / name)), warn=self.warn)

    def broker(self, run: str | None = "run", shared: str | None = None) -> Broker:
        return Broker(run=self.shelf(run), shared=self.shelf(shared), warn=self.warn)

    def ask(self, identity: Mapping[str, str] | None = None, *, run: str | None = "run", shared: str | None = None, **more: Any) -> Result:
        known = {"once": {}, "min_validity": 60, "forced_by": None, "patience": 20, **more}
        return self.broker(run, shared).token(Request(identity=identity or LOGIN, login=self._login, refresh=self._refresh, **known))

    def token(self, identity: Mapping[str, str] | None = None, **more: Any) -> str:
        """Ask, and return the token alone."""
        token: str = self.ask(identity, **more)["access_token"]
        return token

    def end(
        self,
        access_token: str | None,
        identity: Mapping[str, str] | None = None,
        *,
        run: str = "run",
        shared: str | None = None,
        live: bool = True,
        **more: Any,
    ) -> bool:
        def at_server(token: str) -> bool:
            self.ended.append(token)
            return live

        return self.broker(run, shared).revoke(identity or LOGIN, access_token, patience=20, end=at_server, **{"only_look": False, **more})

    def _login(self) -> Result:
        return self._answer("login", self.login_fails)

    def _refresh(self, refresh_token: str) -> Result:
        return {**self._answer(f"refresh {refresh_token}", self.refresh_fails), "source": "refresh"}

    def _answer(self, question: str, problem: FortiError | None) -> Result:
        time.sleep(self.takes)
        with (self.folder / "asked").open("a") as log:
            log.write(f"{question}\n")
        if problem is not None:
            raise problem
        number = len(self.asked)
        token = {"access_token": f"A{number}", "authorization": f"Bearer A{number}", "token_type": "Bearer", "expires_in": self.life}
        refresh_token = {"refresh_token": self.refresh_token.format(number)} if self.refresh_token else {}
        return {"changed": False, "source": "login", "server": SERVER, **token, **refresh_token}
