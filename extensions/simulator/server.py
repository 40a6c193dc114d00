# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as one object: the API over TLS, and the control page over plain HTTP."""

from __future__ import annotations

import shutil
import socket
import ssl
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from .app import Api
from .authority import CERTIFICATE, authority
from .control import control_app
from .faults import Fault, Faults
from .listener import Server, listen
from .settings import Settings
from .state import State


class Simulator:
    """Start it, use it over TLS, look into it, stop it. Also a context manager."""

    def __init__(
        self,
        directory: str | Path | None = None,
        port: int = 0,
        control_port: int = 0,
        **settings: Any,
    ) -> None:
        """:arg settings: those to start with, which a reset goes back to."""
        self.live_state = State(Settings().changed(settings))
        self.faults = Faults()
        self._ports = (port, control_port)
        self._own_directory = directory is None
        self._directory = Path(directory or tempfile.mkdtemp(prefix="simulator-")).resolve()
        self._servers: list[Server] = []
        self.ca = str(self._directory / CERTIFICATE)
        self.host = self.url = self.control = ""

    def _certificate(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority(self._directory).issue_cert("localhost", "127.0.0.1", "::1").configure_cert(context)
        return context

    def _bind(self) -> None:
        tls, api = self._certificate(), Api(self.live_state, self.faults)
        listener = listen(socket.AF_INET, "127.0.0.1", self._ports[0])
        port = listener.getsockname()[1]
        self._servers.append(Server(listener, api, self.live_state, tls))
        with suppress(OSError):  # a machine without IPv6
            # Clients may resolve localhost to this address first.
            second = listen(socket.AF_INET6, "::1", port)
            self._servers.append(Server(second, api, self.live_state, tls))
        page = listen(socket.AF_INET, "127.0.0.1", self._ports[1])
        self.control = f"http://127.0.0.1:{page.getsockname()[1]}"
        self.host, self.url = f"localhost:{port}", f"https://localhost:{port}"
        self._servers.append(Server(page, control_app(self), self.live_state))

    def start(self) -> Simulator:
        self._bind()
        for server in self._servers:
            # A short interval only makes stop() quick.
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
        self._servers.clear()
        if self._own_directory:
            shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(self, *problem: object) -> None:
        self.stop()

    # What the control page offers, for tests in the same process.

    @property
    def state(self) -> dict[str, Any]:
        return self.live_state.summary()

    @property
    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = self.state["counts"]
        return counts

    @property
    def requests(self) -> list[dict[str, Any]]:
        with self.live_state.lock:
            return [dict(record) for record in self.live_state.requests]

    def secrets(self) -> list[str]:
        issued: list[str] = self.state["issued_secrets"]
        return issued

    def phone(self, user: str, action: str, after: float = 1.0) -> None:
        self.live_state.phone(user, action, after)

    def otp(self, user: str) -> str:
        return self.live_state.otp(user)

    def code(self, client_id: str = "portal", username: str = "luser1", **more: Any) -> str:
        return self.live_state.code(client_id, username, **more)

    def expire(self, token: str | None = None) -> None:
        self.live_state.expire(token)

    def end_tokens(self, user: str, client_id: str | None = None) -> None:
        self.live_state.end_tokens(user, client_id)

    def unlock(self, user: str | None = None) -> None:
        self.live_state.unlock(user)

    def clock(self, offset: float) -> None:
        with self.live_state.lock:
            self.live_state.offset = float(offset)

    def settings(self, **given: Any) -> None:
        with self.live_state.lock:
            self.live_state.settings = self.live_state.settings.changed(given)

    def fault(self, path: str, **what: Any) -> None:
        with self.live_state.lock:
            self.faults.waiting.append(Fault.from_json({"match": path, **what}))

    def clear_faults(self) -> None:
        with self.live_state.lock:
            self.faults.waiting.clear()

    def reset(self) -> None:
        with self.live_state.lock:
            self.live_state.reset()
            self.faults.waiting.clear()
