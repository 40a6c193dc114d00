# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: what goes wrong between a server and its client, on request."""

from __future__ import annotations

import base64
import json
import ssl
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

Headers = dict[str, "str | None"]


@dataclass
class Fault:
    """One fault. Without status, body or headers of its own it plays on the real answer."""

    match: str  # the exact path, or * for every path
    times: int | None = 1  # None: always
    status: int | None = None
    headers: Headers = field(default_factory=dict)  # a value of None takes the header away
    body: Any = None  # a text, or something to be written as JSON
    body_base64: str | None = None
    content_type: str | None = None
    retry_after_date: float | None = None  # a header Retry-After with the date so many seconds after the answer
    delay: float = 0.0
    close: bool = False
    truncate: int | None = None
    drip: float | None = None
    drip_headers: bool = False
    after_processing: bool = False
    repeat_request: bool = False
    repeat_body: int = 1  # so many times over: an answer larger than anybody's memory

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> Fault:
        try:
            fault = cls(**given)
            fault.content()
        except (TypeError, ValueError) as problem:
            raise ValueError(f"Not a fault: {problem}") from None
        return fault

    @property
    def processes(self) -> bool:
        """Whether the request reaches the real API at all."""
        return self.after_processing or not (self.close or self.replaces)

    @property
    def replaces(self) -> bool:
        return self.repeat_request or not (self.status is None and self.body is None and self.body_base64 is None)

    def content(self) -> bytes:
        if self.body_base64 is not None:
            return base64.b64decode(self.body_base64, validate=True)
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return b"" if self.body is None else text.encode()

    def own_answer(self, request_text: str) -> Response:
        content = self.content()
        if self.repeat_request and content:
            content += f"\n{request_text}".encode()
        elif self.repeat_request:
            body = {"error": "invalid_request", "error_description": f"Refused: {request_text}"}
            content = json.dumps(body).encode()
        kind = self.content_type or _kind(content)
        return Response(content, self.status or 200, content_type=kind)


def _kind(content: bytes) -> str:
    try:
        json.loads(content)
    except ValueError:
        return "text/plain; charset=utf-8"
    return "application/json"


class Faults:
    """The faults that wait for a request; the first that fits is played."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def take(self, path: str) -> Fault | None:
        for fault in self.waiting:
            if fault.match in (path, "*"):
                self._use_up(fault)
                return fault
        return None

    def _use_up(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times < 1:
            self.waiting.remove(fault)


def _head(fault: Fault, response: Response, date: str) -> bytes:
    """The head of the answer. A fault may replace each header, the Date and the length too."""
    headers: Headers = {"Date": date, **dict(response.headers)}
    headers |= {"Content-Length": str(len(response.get_data()) * fault.repeat_body), "Connection": "close"}
    names = {name.lower(): name for name in headers}
    for name, value in fault.headers.items():
        headers[names.get(name.lower(), name)] = value
    try:
        reason = HTTPStatus(response.status_code).phrase
    except ValueError:
        reason = "Unknown"
    lines = [f"HTTP/1.1 {response.status_code} {reason}"]
    lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def _drip(connection: ssl.SSLSocket, data: bytes, pause: float) -> None:
    for position in range(len(data)):
        connection.sendall(data[position : position + 1])
        time.sleep(pause)


def play(fault: Fault, response: Response | None, date: str, connection: ssl.SSLSocket) -> int:
    """Write the answer to the socket by hand: no proper server would send what is wanted here. Return how many bytes of the body were sent."""
    sent = 0
    if fault.close or response is None:
        return sent
    head, body = _head(fault, response, date), response.get_data()
    if fault.truncate is not None:
        body = body[: fault.truncate]
    try:
        if fault.drip is None:
            connection.sendall(head)
            for _each in range(fault.repeat_body):
                connection.sendall(body)
                sent += len(body)
            return sent
        _drip(connection, head, fault.drip if fault.drip_headers else 0)
        _drip(connection, body, fault.drip)
        return len(body)
    except OSError:  # the client had enough, which is what a fault is for
        return sent
