# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control page: look at the state, press buttons on phones, break things.

Plain HTTP on 127.0.0.1 only. Every POST takes JSON, or the form fields of the page itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import Forbidden, HTTPException

from .page import page

if TYPE_CHECKING:
    from .server import Simulator

Given = dict[str, Any]
Action = Callable[[Given], Given]


def _given() -> Given:
    if not request.is_json:
        return request.form.to_dict()
    given = request.get_json()
    if not isinstance(given, dict):
        raise ValueError("Give a JSON object")
    return given


def _only(given: Given, *known: str) -> Given:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"Unknown: {', '.join(unknown)}; known: {', '.join(known)}")
    return given


def actions(simulator: Simulator) -> dict[str, Action]:
    """What can be posted, by path. Each answers a small JSON object."""

    def reset(given: Given) -> Given:
        _only(given)
        simulator.reset()
        return {}

    def phone(given: Given) -> Given:
        _only(given, "user", "action", "after")
        after = float(given.get("after", 1.0))
        simulator.phone(given["user"], given["action"], after)
        return {}

    def otp(given: Given) -> Given:
        return {"otp": simulator.otp(_only(given, "user")["user"])}

    def code(given: Given) -> Given:
        names = ("client_id", "username", "redirect_uri", "code_verifier", "scope")
        return {"code": simulator.code(**_only(given, *names))}

    def clock(given: Given) -> Given:
        offset = float(_only(given, "offset")["offset"])
        if not abs(offset) < 1e9:
            raise ValueError("offset must be a number of seconds")
        simulator.clock(offset)
        return {}

    def settings(given: Given) -> Given:
        simulator.settings(**given)
        return {}

    def expire(given: Given) -> Given:
        simulator.expire(_only(given, "token").get("token"))
        return {}

    def end_tokens(given: Given) -> Given:
        _only(given, "user", "client_id")
        simulator.end_tokens(given["user"], given.get("client_id"))
        return {}

    def unlock(given: Given) -> Given:
        simulator.unlock(_only(given, "user").get("user"))
        return {}

    def faults(given: Given) -> Given:
        more = dict(given)
        simulator.fault(more.pop("match"), **more)
        return {}

    found = (reset, phone, otp, code, clock, settings, expire, end_tokens, unlock, faults)
    return {f"/{action.__name__}": action for action in found}


def _view(action: Action) -> Callable[[], Response]:
    return lambda: jsonify({"status": "done", **action(_given())})


def _problem(problem: Exception) -> tuple[Response, int]:
    missing = isinstance(problem, KeyError)
    text = f"Missing: {problem.args[0]}" if missing else str(problem)
    return jsonify({"status": "refused", "error": text}), 400


def _http_problem(problem: HTTPException) -> tuple[Response, int]:
    return jsonify({"status": "refused", "error": problem.name}), problem.code or 500


def _only_from_here() -> None:
    """Refuse what a page of somebody else sends through the browser of a person who uses the simulator."""
    if request.host.rpartition(":")[0] not in ("127.0.0.1", "localhost") or request.headers.get("Origin", request.host_url[:-1]) != request.host_url[:-1]:
        raise Forbidden


def control_app(simulator: Simulator) -> Flask:
    app = Flask(__name__)

    def clear_faults() -> Response:
        simulator.clear_faults()
        return jsonify({"status": "done"})

    app.before_request(_only_from_here)
    for path, action in actions(simulator).items():
        app.add_url_rule(path, path, _view(action), methods=["POST"])
    app.add_url_rule("/faults", "clear_faults", clear_faults, methods=["DELETE"])
    app.add_url_rule("/", "page", lambda: page(simulator))
    app.add_url_rule("/state", "state", lambda: jsonify(simulator.state))
    app.add_url_rule("/requests", "requests", lambda: jsonify(simulator.requests))
    app.register_error_handler(HTTPException, _http_problem)
    for kind in (ValueError, KeyError, TypeError):
        app.register_error_handler(kind, _problem)
    return app
