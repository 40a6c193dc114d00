# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A listener that cannot be held up by one client, and that prints nothing."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

from werkzeug.http import http_date
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from .app import HEADERS_KEY
from .state import State

HANDSHAKE_SECONDS = 30


class Handler(WSGIRequestHandler):
    """Quiet, one request per connection, and dated by the clock of the simulator's state."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 60
    disable_nagle_algorithm = True

    def version_string(self) -> str:
        return "forti.oauth simulator"

    def date_time_string(self, timestamp: float | None = None) -> str:
        return http_date(self.server.state.now() if timestamp is None else timestamp)

    def make_environ(self) -> dict[str, Any]:
        return {**super().make_environ(), HEADERS_KEY: self.headers.items()}

    def handle_one_request(self) -> None:
        super().handle_one_request()
        # An answer written by hand went past the code that would have noted this.
        self.close_connection = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Requests are recorded in the state, not printed."""


class Server(ThreadedWSGIServer):
    """A listener whose TLS handshake happens in the connection's own thread.

    Werkzeug would wrap the listening socket, and then accept() does the handshake: one silent
    client would hold up every other.
    """

    daemon_threads = True

    def __init__(
        self,
        listener: socket.socket,
        app: Callable[..., Any],
        state: State,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__(host, port, app, Handler, fd=listener.fileno())
        listener.close()  # the server works on its own copy
        self.state = state
        self.ssl_context = tls

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.ssl_context is None:
            super().finish_request(request, client_address)
            return
        request.settimeout(HANDSHAKE_SECONDS)
        wrapped = self.ssl_context.wrap_socket(request, server_side=True)
        self.state.count("connections")
        try:
            super().finish_request(wrapped, client_address)
        finally:
            # wrap_socket took the socket over, so nobody else can close it.
            self.shutdown_request(wrapped)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or does not trust the certificate, is no news."""


def listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(256)
    except OSError as problem:
        listener.close()
        raise OSError(problem.errno, f"port {port}: {problem.strerror}") from problem
    return listener
