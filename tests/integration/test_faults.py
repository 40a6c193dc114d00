# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hostile and broken servers, for both modules and both lookups: what the user sees, in how many seconds, with how many requests, in how much memory."""

from __future__ import annotations

import base64
import email.utils
import gzip
import json
import resource
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.harness import Player

FAC = "username: luser1, password: '{{ secret.luser1 }}'"
CWP = "credential: '{{ secret.credential }}'"
IN_LOOKUP = {FAC: "username='luser1', password=secret.luser1", CWP: "credential=secret.credential"}
MOST_MEMORY = 200 * 1024  # KiB

GZIP_BOMB = base64.b64encode(gzip.compress(bytes(200 * 1024 * 1024), 9)).decode("ascii")
DAY = 86400


def tasks(more: str) -> str:
    """Return four tasks that may fail: each module, each lookup."""
    text = ""
    for number, (name, options) in enumerate([("fac_oauth_token", FAC), ("forticwp_token", CWP)]):
        arguments = f"{IN_LOOKUP[options]}, {more.replace(': ', '=')}"
        text += f"- {{forti.oauth.{name}: {{{options}, {more}}}, register: m{number}, ignore_errors: true}}\n"
        text += f"- {{set_fact: {{x: \"{{{{ lookup('forti.oauth.{name}', {arguments}) }}}}\"}}, register: l{number}, ignore_errors: true}}\n"
    return text


def messages(play: Player, more: str = "retries: 0, cache: none", **how: Any) -> list[str]:
    """Return what the four tasks said."""
    outcome = play(tasks(more.replace("none", "'none'")), keep="m0 l0 m1 l1", **how)
    assert all(outcome[name]["failed"] for name in ("m0", "l0", "m1", "l1"))
    return [outcome[name]["msg"] for name in ("m0", "l0", "m1", "l1")]


JSON = "application/json"
FAULTS: dict[str, tuple[dict[str, Any], str, float]] = {
    "a body of 1 GiB": ({"status": 200, "body": "x" * 1024 * 1024, "repeat_body": 1024}, "sent more than 1 MiB.", 8),
    "a gzip bomb": ({"status": 200, "body_base64": GZIP_BOMB, "headers": {"Content-Encoding": "gzip"}}, "sent more than 1 MiB.", 8),
    "no gzip at all": ({"status": 200, "body": "this is no gzip", "headers": {"Content-Encoding": "gzip"}}, "sent an answer that cannot be decoded.", 5),
    "200,000 brackets": ({"status": 200, "body": "[" * 200_000, "content_type": JSON}, "answered 200 with no JSON object.", 5),
    "a number": ({"status": 200, "body": "42", "content_type": JSON}, "answered 200 with no JSON object.", 5),
    "a word": ({"status": 200, "body": '"token"', "content_type": JSON}, "answered 200 with no JSON object.", 5),
    "status fail": ({"status": 200, "body": {"status": "fail", "message": "no"}}, "answered without a usable token: access_token is missing.", 5),
    "a byte a second": ({"status": 200, "body": json.dumps({"access_token": "a" * 40}), "drip": 1.0}, "did not answer in full within 2 seconds.", 16),
    "a header byte a second": ({"status": 200, "body": "{}", "drip": 1.0, "drip_headers": True}, "did not answer in full within 2 seconds.", 16),
    "never answers": ({"delay": 60, "status": 200, "body": "{}"}, "did not answer within 2 seconds.", 16),
    "reset": ({"close": True}, "closed the connection before its answer was complete.", 5),
    "come back in a day": ({"status": 429, "body": "", "headers": {"Retry-After": str(DAY)}}, "answered 429 and asks to come back in ", 5),
    **{
        f"redirect {status}": (
            {"status": status, "body": "", "headers": {"Location": "https://127.1/elsewhere"}},
            f"answered {status}, a redirect. It was not followed",
            5,
        )
        for status in (301, 302, 303, 307, 308)
    },
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault(play: Player, name: str) -> None:
    fault, says, seconds = FAULTS[name]
    play.sim.fault("*", times=None, **fault)
    started = time.monotonic()
    retries = 3 if "day" in name else 0
    for message in messages(play, f"retries: {retries}, timeout: 2, cache: none"):
        assert says in message, message
    assert time.monotonic() - started < seconds
    assert len(play.sim.requests) == 4
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < MOST_MEMORY


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(play: Player, status: int, form: str) -> None:
    asked = "2" if form == "seconds" else email.utils.formatdate(time.time() + 4, usegmt=True)
    play.sim.fault("*", status=status, body="", headers={"Retry-After": asked})
    started = time.monotonic()
    outcome = play(f"- {{forti.oauth.fac_oauth_token: {{{FAC}}}, register: r}}", keep="r")
    assert outcome["r"]["access_token"]
    assert time.monotonic() - started > 1.5
    assert f"answered {status}. Trying again in" in outcome.output
    assert len(play.sim.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_is_never_repeated(play: Player, status: int) -> None:
    play.sim.fault("*", times=None, status=status, body="")
    messages(play, "retries: 3, cache: none")
    assert len(play.sim.requests) == 4


def test_a_lost_answer_to_a_rotating_refresh_token(play: Player) -> None:
    login = f"- {{forti.oauth.fac_oauth_token: {{{FAC}}}, register: r}}\n"
    outcome = play(login, keep="r")
    play.sim.fault("/api/v1/oauth/token/", close=True, after_processing=True)
    refresh = "- {forti.oauth.fac_oauth_token: {grant_type: refresh_token, refresh_token: '{{ old }}'}, register: r, ignore_errors: true}\n"
    lost = play(refresh, keep="r", variables={"old": outcome["r"]["refresh_token"]})
    assert "closed the connection before its answer was complete." in lost["r"]["msg"]
    assert len(play.sim.requests) == 2


@pytest.fixture
def deaf_server() -> Iterator[int]:
    """A server that speaks no TLS: it answers in plain HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_answer_plainly, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


def _answer_plainly(listener: socket.socket) -> None:
    while True:
        try:
            connection, _address = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(1024)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_no_tls(play: Player, deaf_server: int) -> None:
    server = f"localhost:{deaf_server}"
    for message in messages(play, env={"FAC_SERVER": server, "FORTICWP_SERVER": server}):
        assert "could not agree on TLS" in message


def test_a_proxy_that_is_down(play: Player) -> None:
    for message in messages(play, env={"https_proxy": "http://me:proxy-word-4711@127.0.0.1:1", "no_proxy": ""}):
        assert "was not reached: the proxy failed." in message
        assert "proxy-word-4711" not in message


def test_a_ca_path_without_a_certificate(play: Player) -> None:
    for message in messages(play, env={"FAC_CA_PATH": "/etc/hostname", "FORTICWP_CA_PATH": "/etc/hostname"}):
        assert "ca_path" in message
