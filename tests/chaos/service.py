# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process that is the made-up token service, and that sees all: what is asked, sent, got, and broken. And how others reach it."""

from __future__ import annotations

import json
import os
import socket
import socketserver
import threading
from typing import Any

from tests.chaos.judge import Judge

Message = dict[str, Any]


class Line:
    """A line to the judge, of one process. Each message is answered."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._file = self._socket.makefile("rwb")

    def tell(self, what: str, **details: Any) -> Message:
        """Tell what happened, or ask the service; return the answer."""
        self._file.write(json.dumps({"what": what, **details}).encode() + b"\n")
        self._file.flush()
        answer: Message = json.loads(self._file.readline())
        return answer


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, path: str, log: str | None) -> None:
        super().__init__(path, _Talk)
        self.judge = Judge(log)
        self.one_at_a_time = threading.Lock()


class _Talk(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Hear one process until it ends, in any way."""
        for line in self.rfile:
            if not line.endswith(b"\n"):
                return
            with self.server.one_at_a_time:
                answer = self.server.judge.hear(json.loads(line))
            try:
                self.wfile.write(json.dumps(answer).encode() + b"\n")
            except BrokenPipeError:
                return


def start(path: str, log: str | None) -> int:
    """Start the process; return its id. It listens when this returns."""
    server = _Server(path, log)  # it listens already
    process = os.fork()
    if not process:
        try:
            server.serve_forever()
        finally:
            os._exit(1)
    server.socket.close()
    return process
