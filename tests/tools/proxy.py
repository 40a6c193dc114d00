# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy on this machine: it opens tunnels for users with a password."""

from __future__ import annotations

import base64
import contextlib
import http.server
import select
import socket
import threading
from collections.abc import Iterator

USER, PASSWORD = "me", "Proxy-Word-12345678"


@contextlib.contextmanager
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Run it; yield its URL with user and password, and the list of the places that it opened a tunnel to."""
    opened: list[str] = []
    handler = type("Handler", (_Handler,), {"opened": opened})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://{USER}:{PASSWORD}@127.0.0.1:{server.server_port}", opened
        server.shutdown()


class _Handler(http.server.BaseHTTPRequestHandler):
    opened: list[str]

    def do_CONNECT(self) -> None:
        wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Proxy-Authorization") != f"Basic {wanted}":
            self.send_error(407)
            return
        self.opened.append(self.path)
        host, _colon, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as other:
            self.send_response(200)
            self.end_headers()
            _pass_on(self.connection, other)

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    """Pass on what each of the two sends, until one of them ends."""
    to = {one: other, other: one}
    while True:
        for ready in select.select(list(to), [], [])[0]:
            if not (data := ready.recv(65536)):
                return
            to[ready].sendall(data)
