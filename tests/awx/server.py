# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server: the API over TLS, on a free port of this machine."""

from __future__ import annotations

import pathlib
import socket
import ssl
import threading

import trustme

from extensions.simulator.listener import Server, listen
from extensions.simulator.settings import Settings
from extensions.simulator.state import State

from .api import Api
from .resources import Resources

USER, PASSWORD = "admin", "Awx-Word-12345678"


class Awx:
    """An AWX as it is after its installation. A context manager."""

    def __init__(self, folder: pathlib.Path, repositories: dict[str, list[str]]) -> None:
        """:arg repositories: the playbooks in the repository at each URL."""
        self.resources = Resources(repositories)
        self.api = Api(self.resources, USER, PASSWORD)
        self.ca = folder / "awx.pem"
        authority = trustme.CA(organization_name="forti.oauth AWX")
        authority.cert_pem.write_to_path(str(self.ca))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(tls)
        listener = listen(socket.AF_INET, "127.0.0.1", 0)
        self.url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        self._server = Server(listener, self.api.app, State(Settings()), tls)

    def __enter__(self) -> Awx:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.shutdown()

    def writes(self) -> list[tuple[str, str]]:
        """Return the requests that changed something, and forget all that came so far."""
        writes = [known for known in self.api.requests if known[0] != "GET" and "/tokens/" not in known[1]]
        self.api.requests.clear()
        return writes
