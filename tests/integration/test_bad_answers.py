# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server's bad answer gets: one line with the server, the status, the OAuth error and what to check; never the body, never a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.harness import PASSWORDS, Player

FAC = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', retries: 0}, register: r, ignore_errors: true}"
CWP = "- {forti.oauth.forticwp_token: {credential: '{{ secret.credential }}', retries: 0}, register: r, ignore_errors: true}"
TOKEN = "/api/v1/oauth/token/"
CREDENTIALS = "/api/v1/auth/credentials/token/"
JSON = "application/json"
CHECK_SERVER = "Check that server is the token service"


def answered(body: Any, status: int = 200, content_type: str = JSON) -> dict[str, Any]:
    """Return a fault that answers this."""
    text = body if isinstance(body, str) else json.dumps(body)
    return {"status": status, "body": text, "content_type": content_type, "times": None}


GOOD = {"access_token": "a-token-of-its-own", "expires_in": 3600, "token_type": "Bearer"}
ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "401": (answered({"error": "invalid_grant", "error_description": "No."}, 401), "answered 401 invalid_grant (No.). Check username and password, and realm"),
    "401 client": (answered({"error": "invalid_client"}, 401), "answered 401 invalid_client. Check client_id, and client_secret"),
    "400": (answered({"error": "invalid_grant", "message": "Bad."}, 400), "answered 400 invalid_grant (Bad.). Check username and password"),
    "403": (answered("<html>Forbidden</html>", 403, "text/html"), "answered 403. Check that the OAuth service is on for that interface"),
    "404": (answered("", 404), "answered 404. Check server: a FortiAuthenticator has this address from version 6.0 on."),
    "500": (answered({"detail": "Oops"}, 500), "answered 500 (Oops). The fault is on the server's side."),
    "503": (answered("", 503), "answered 503. The fault is on the server's side."),
    "429": (answered("", 429), "answered 429. Too many requests."),
    "302": (
        {"status": 302, "headers": {"Location": "https://elsewhere.example.com/"}, "body": "", "times": None},
        "answered 302, a redirect. It was not followed",
    ),
    "html": (answered("<html>Log in</html>", 200, "text/html"), "answered 200 with an HTML page. " + CHECK_SERVER),
    "empty": (answered(""), "answered 200 with nothing. " + CHECK_SERVER),
    "cut": ({**answered(GOOD), "truncate": 20}, "closed the connection before its answer was complete."),
    "cut JSON": (answered('{"access_token": "abc'), "answered 200 with no JSON object. " + CHECK_SERVER),
    "list": (answered([GOOD]), "answered 200 with no JSON object. " + CHECK_SERVER),
    "null": (answered("null"), "answered 200 with no JSON object. " + CHECK_SERVER),
    "not UTF-8": ({"status": 200, "body_base64": "//4=", "content_type": JSON, "times": None}, "answered 200 with no JSON object. " + CHECK_SERVER),
    "no token": (answered({"status": "success"}), "answered without a usable token: access_token is missing. " + CHECK_SERVER),
    "empty token": (answered({**GOOD, "access_token": ""}), "access_token is empty. " + CHECK_SERVER),
    "null token": (answered({**GOOD, "access_token": None}), "access_token is no text. " + CHECK_SERVER),
    "number token": (answered({**GOOD, "access_token": 4711}), "access_token is no text. " + CHECK_SERVER),
    "two lines in token": (answered({**GOOD, "access_token": "a\r\nX: y"}), "access_token is not fit for a header. " + CHECK_SERVER),
    "expiry in words": (answered({**GOOD, "expires_in": "soon"}), "sent an expiry that is no time, in expires_in."),
    "expiry below zero": (answered({**GOOD, "expires_in": -1}), "sent an expiry that is no time, in expires_in."),
    "406 without a challenge": (answered({"status": "pending"}, 406), "answered 406 without a challenge."),
    "406 in HTML": (answered("<html>", 406, "text/html"), "answered 406 with an HTML page."),
    "connection dropped": ({"close": True, "times": None}, "closed the connection before its answer was complete."),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_fortiauthenticator(play: Player, name: str) -> None:
    fault, says = ANSWERS[name]
    play.sim.fault(TOKEN, **fault)
    outcome = play(FAC, keep="r")
    assert f"https://{play.sim.host}" in outcome["r"]["msg"]
    assert says in outcome["r"]["msg"]
    assert "\n" not in outcome["r"]["msg"]
    assert len(play.sim.requests) == 1
    if "answered 4" in says and "406" not in says:
        assert outcome["r"]["status"] == fault["status"]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (
            answered({"error": "invalid_client", "error_description": "No such credential"}, 401),
            "answered 401 invalid_client (No such credential). Check credential",
        ),
        (answered({"access_token": "abc", "expires": "NaN"}), "sent an expiry that is no time, in expires."),
        (answered({"access_token": "abc", "expires": 1e300}), "a token whose expiry is more than 20 years away."),
        (answered("<html>", 200, "text/html"), "answered 200 with an HTML page."),
        (answered("", 502), "answered 502. The fault is on the server's side."),
    ],
    ids=["401", "NaN", "far away", "html", "502"],
)
def test_forticwp(play: Player, fault: dict[str, Any], says: str) -> None:
    play.sim.fault(CREDENTIALS, **fault)
    outcome = play(CWP, keep="r")
    assert says in outcome["r"]["msg"]
    assert len(play.sim.requests) == 1


@pytest.mark.parametrize(("task", "secret"), [(FAC, "luser1"), (CWP, "credential")], ids=["fac", "forticwp"])
def test_a_server_that_repeats_the_request(play: Player, task: str, secret: str) -> None:
    """The play's output is searched for every secret; here it is seen too that the message stays readable."""
    play.sim.fault("*", status=401, repeat_request=True)
    play.sim.fault("*", **{**answered({"error": "invalid_grant", "error_description": f"Wrong: {PASSWORDS[secret]}"}, 401), "times": 1})
    outcome = play(task + "\n" + task.replace("retries: 0", "retries: 0, force: true").replace("register: r", "register: quoted"), keep="r quoted")
    assert "answered 401" in outcome["r"]["msg"]
    assert "(Wrong: ********)" in outcome["quoted"]["msg"]


def test_lookup_says_the_same(play: Player) -> None:
    play.sim.fault(TOKEN, status=403, body="", times=None)
    outcome = play("- debug: {msg: \"{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1) }}\"}", fails=True)
    assert "answered 403. Check that the OAuth service is on" in outcome.output


def test_retries_are_seen_and_counted(play: Player) -> None:
    play.sim.fault(TOKEN, status=503, headers={"Retry-After": "1"}, body="", times=2)
    outcome = play(FAC.replace("retries: 0", "retries: 2"), keep="r")
    assert outcome["r"]["access_token"]
    assert outcome.output.count("answered 503. Trying again in 1.0 seconds") == 2
    assert len(play.sim.requests) == 3


def test_a_one_time_code_is_not_sent_again(play: Player) -> None:
    play.sim.fault(TOKEN, status=503, body="", times=None)
    outcome = play(
        "- {forti.oauth.fac_oauth_token: {username: ftm1, password: '{{ secret.ftm1 }}', method: ftm, otp: '{{ otp }}'}, register: r, ignore_errors: true}",
        keep="r",
        variables={"otp": play.sim.otp("ftm1")},
    )
    assert outcome["r"]["status"] == 503
    assert len(play.sim.requests) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("server: 'localhost:1'", "https://localhost:1 could not be connected to: connection refused."),
        ("server: nosuch.invalid", "https://nosuch.invalid has an unknown host name."),
        ("ca_path: '{{ omit }}'", "presented a certificate that is not trusted"),
        ("server: '127.1:{{ port }}'", "presented a certificate for another host name."),
    ],
    ids=["refused", "unknown", "issuer", "name"],
)
def test_a_server_that_is_not_reached(play: Player, options: str, says: str) -> None:
    task = (
        f"- {{forti.oauth.fac_oauth_token: {{username: luser1, password: '{{{{ secret.luser1 }}}}', retries: 0, {options}}}, register: r, ignore_errors: true}}"
    )
    environment = {"FAC_CA_PATH": ""} if "omit" in options else {}
    outcome = play(task, keep="r", variables={"port": play.sim.host.rsplit(":", 1)[1]}, env={**environment, "REQUESTS_CA_BUNDLE": ""})
    assert says in outcome["r"]["msg"]
    assert play.sim.requests == []


def test_certificates_not_checked(play: Player) -> None:
    outcome = play(FAC.replace("retries: 0", "validate_certs: false"), keep="r", env={"FAC_CA_PATH": "", "REQUESTS_CA_BUNDLE": "/etc/hostname"})
    assert outcome["r"]["access_token"]
    assert "InsecureRequestWarning" not in outcome.output


def test_netrc_does_not_replace_the_credential(play: Player, tmp_path: Any) -> None:
    netrc = tmp_path / "home" / ".netrc"
    netrc.write_text("machine localhost login someone password something-else\n")
    netrc.chmod(0o600)
    outcome = play(CWP, keep="r")
    assert outcome["r"]["access_token"]
