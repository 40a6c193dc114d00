# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API as one WSGI application: it records, waits, plays faults, and answers."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from flask import Response as FlaskResponse
from werkzeug.exceptions import ClientDisconnected, HTTPException
from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from .answers import Refused, answer
from .fac import fac
from .faults import Fault, Faults, play
from .forticwp import cwp
from .later import later
from .state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HEADERS_KEY = "simulator.headers"  # the headers as sent: WSGI loses how a name was written


class AnsweredByHand(ConnectionAbortedError):
    """Tells the server that the socket has its answer already (or shall get none)."""


def _count_refused(state: State, path: str) -> None:
    if path.startswith(("/api/v1/oauth/", "/api/v1/pushpoll")):
        state.count("fac.refused")
    elif path.startswith("/api/v1/auth/"):
        state.count("forticwp.refused")


def flask_app(state: State) -> Flask:
    app = Flask(__name__)
    app.extensions["state"] = state
    app.url_map.merge_slashes = False
    app.register_blueprint(fac)
    app.register_blueprint(cwp)
    app.register_blueprint(later)

    def refused(problem: Refused) -> FlaskResponse:
        if problem.counted:
            _count_refused(state, request.path)
        return answer(problem.body, problem.status)

    def other(problem: HTTPException) -> FlaskResponse:
        if (problem.code or 500) < 500:
            _count_refused(state, request.path)
        body = {"error": "invalid_request", "error_description": problem.name}
        response = answer(body, problem.code or 500)
        response.headers.extend((name, value) for name, value in problem.get_headers() if name == "Allow")
        return response

    app.register_error_handler(Refused, refused)
    app.register_error_handler(HTTPException, other)
    return app


_RESETS = "forti.oauth.resets"  # key in the environment of a request: how often the state had been reset when it came


class Api:
    """What the TLS listener serves."""

    def __init__(self, state: State, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self._app = flask_app(state)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            body = Request(environ).get_data()
        except ClientDisconnected:
            raise AnsweredByHand from None
        record = self._record(environ, body)
        environ[_RESETS] = self._state.resets
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        with self._state.lock:
            latency, fault = self._state.settings.latency, self._faults.take(record["path"])
        time.sleep(latency)
        if fault is not None:
            self._play(fault, environ, record)
        response = self._answer(environ)
        record["status"] = response.status_code
        return response(environ, start_response)

    def _record(self, environ: WSGIEnvironment, body: bytes) -> dict[str, Any]:
        record = {
            "at": time.time(),
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"],
            "query": environ["QUERY_STRING"],
            "headers": dict(environ[HEADERS_KEY]),
            "body": body.decode(errors="replace"),
            "status": None,
            "sent": 0,  # bytes of a fault's body
        }
        with self._state.lock:
            self._state.requests.append(record)
        return record

    def _answer(self, environ: WSGIEnvironment) -> Response:
        """Carry the request out, unless it was delayed beyond the end of its test: it would count for the next one."""
        with self._state.lock:
            if environ[_RESETS] != self._state.resets:
                raise AnsweredByHand
            return Response.from_app(self._app, environ, buffered=True)

    def _play(self, fault: Fault, environ: WSGIEnvironment, record: dict[str, Any]) -> None:
        self._state.count("faults")
        if not fault.after_processing:
            time.sleep(fault.delay)
        response = self._answer(environ) if fault.processes else None
        if fault.replaces:
            response = fault.own_answer(_as_text(record))
        if fault.after_processing:
            time.sleep(fault.delay)
        if response is not None and not fault.close:
            record["status"] = response.status_code
        now = self._state.now()
        if response is not None and fault.retry_after_date is not None:
            response.headers["Retry-After"] = http_date(now + fault.retry_after_date)
        record["sent"] = play(fault, response, http_date(now), environ["werkzeug.socket"])
        raise AnsweredByHand


def _as_text(record: dict[str, Any]) -> str:
    query = f"?{record['query']}" if record["query"] else ""
    lines = [f"{record['method']} {record['path']}{query}"]
    lines += [f"{name}: {value}" for name, value in record["headers"].items()]
    return "\n".join([*lines, "", record["body"]])
