# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server's bad answer gets: one line with the server, the status, the OAuth error and what to check; never the body, never a secret."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.askers import ASKERS, Case, Tables, ask, each_case, each_table
from tests.integration.harness import PASSWORDS, Player

FAC = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', retries: 0}, register: r, ignore_errors: true}"
CWP = "- {forti.oauth.forticwp_token: {credential: '{{ secret.credential }}', retries: 0}, register: r, ignore_errors: true}"
TOKEN = "/api/v1/oauth/token/"
JSON = "application/json"
DAY = 86400  # seconds
MOST_MEMORY = 200 * 1024  # KiB
MOST_READ = 64 * 1024 * 1024  # bytes that the server may send before it notices that the client has gone
MANY = {"retries": 3}  # of which none is used
CHECK_SERVER = "Check that server is the token service"
NO_OBJECT = f"answered 200 with no JSON object. {CHECK_SERVER}"
SERVERS_FAULT = "The fault is on the server's side. Run it again later."
BOMB = gzip.compress(bytes(200 * 1024 * 1024), 9)
GZIP_BOMB = base64.b64encode(BOMB).decode("ascii")
GZIP_IN_GZIP = base64.b64encode(gzip.compress(BOMB, 9)).decode("ascii")


def answered(body: Any, status: int = 200, content_type: str = JSON, **more: Any) -> dict[str, Any]:
    """Return a fault that answers this."""
    text = body if isinstance(body, str) else json.dumps(body)
    return {"status": status, "body": text, "content_type": content_type, **more}


def token(value: str) -> dict[str, Any]:
    """Return an answer with this for a token, written as JSON."""
    return answered(f'{{"access_token": {value}, "token_type": "Bearer"}}')


def expiry(value: str) -> dict[str, Any]:
    """Return an answer with this for an expiry, written as JSON, under the names of both services."""
    return answered(f'{{"access_token": "a-token-of-its-own", "token_type": "Bearer", "expires_in": {value}, "expires": {value}}}')


BODIES = {
    "HTML": Case(answered("<html>Log in</html>", content_type="text/html"), f"answered 200 with an HTML page. {CHECK_SERVER}"),
    "empty": Case(answered(""), f"answered 200 with nothing. {CHECK_SERVER}"),
    "a list": Case(answered([{"access_token": "a-token-of-its-own"}]), NO_OBJECT),
    "null": Case(answered("null"), NO_OBJECT),
    "a number": Case(answered("42"), NO_OBJECT),
    "a word": Case(answered('"token"'), NO_OBJECT),
    "not UTF-8": Case({"status": 200, "body_base64": "//4=", "content_type": JSON}, NO_OBJECT),
    "half of the JSON": Case(answered('{"access_token": "abc'), NO_OBJECT),
    "200,000 brackets": Case(answered("[" * 200_000), NO_OBJECT),
    "cut short": Case({**answered({"access_token": "abc"}), "truncate": 9}, "closed the connection before its answer was complete.", options=MANY),
    "no gzip at all": Case(answered("this is no gzip", headers={"Content-Encoding": "gzip"}), "sent an answer that cannot be decoded."),
    "a gzip bomb": Case({"status": 200, "body_base64": GZIP_BOMB, "headers": {"Content-Encoding": "gzip"}}, "sent more than 1 MiB."),
    "a bomb in a bomb": Case(
        {"status": 200, "body_base64": GZIP_IN_GZIP, "headers": {"Content-Encoding": "gzip, gzip"}}, "sent an answer that cannot be decoded.", options=MANY
    ),
    "packed as nobody asked for": Case({"status": 200, "body": "x", "headers": {"Content-Encoding": "zstd"}}, "sent an answer that cannot be decoded."),
    "packed as asked for": Case(
        {"status": 200, "body_base64": base64.b64encode(gzip.compress(b"[]")).decode("ascii"), "headers": {"Content-Encoding": "gzip"}}, NO_OBJECT
    ),
    "1 GiB": Case({"status": 200, "body": "x" * 1024 * 1024, "repeat_body": 1024}, "sent more than 1 MiB.", options=MANY),
    "a page that repeats the request": Case({"status": 200, "body": "<html>", "repeat_request": True}, "answered 200 with an HTML page."),
}
TOKENS = {
    "none": Case(answered({"token_type": "Bearer"}), f"answered without a usable token: access_token is missing. {CHECK_SERVER}"),
    "status fail": Case(
        answered({"status": "fail", "message": "no"}), "answered 200 fail (no). Check username and password", "answered 200 fail (no). Check credential"
    ),
    "null": Case(token("null"), "access_token is not text."),
    "a number": Case(token("4711"), "access_token is not text."),
    "empty": Case(token('""'), "access_token is empty."),
    "two lines": Case(token(r'"a\r\nX-Other: y"'), "access_token is not valid in a header."),
    "a lone surrogate": Case(token(r'"a\ud800b"'), "access_token is not valid in a header."),
    **{
        f"expiry {value}": Case(expiry(value), "sent an expiry that is not a time, in expires_in.", "sent an expiry that is not a time, in expires.")
        for value in ('"soon"', '""', "-1", '"-1"', "NaN", '"NaN"', "1e400", '"1e400"', "-Infinity", "true", "[]", "{}")
    },
    **{f"expiry {value}": Case(expiry(value), "sent a token whose expiry is more than 20 years away.") for value in ("1e300", '"9999999999999999"')},
}
STATUSES = {
    "400": Case(
        answered({"error": "invalid_grant", "message": "Bad."}, 400),
        "answered 400 invalid_grant (Bad.). Check username and password, and realm",
        "answered 400 invalid_grant (Bad.). Check credential",
        MANY,
    ),
    "401": Case(
        answered({"error": "invalid_client", "error_description": "No."}, 401),
        "answered 401 invalid_client (No.). Check client_id and client_secret",
        "answered 401 invalid_client (No.). Check credential",
        MANY,
    ),
    "401 that repeats the request": Case({"status": 401, "repeat_request": True}, "answered 401 invalid_request (Refused: POST", options=MANY),
    "403": Case(
        answered("<html>Forbidden</html>", 403, "text/html"),
        "answered 403. Check that the OAuth service is on for that interface",
        "answered 403. Check that this account may use the API.",
        MANY,
    ),
    "404": Case(answered("", 404), "answered 404. Check server: a FortiAuthenticator has this address", "answered 404. Check server: there is no", MANY),
    "405": Case(answered("", 405), "answered 405. Check server.", "answered 405. Check server: it does not offer this grant_type", MANY),
    "406": Case(answered({"status": "pending"}, 406), "answered 406 without a challenge.", "answered 406. Check server.", MANY),
    "406 in HTML": Case(answered("<html>", 406, "text/html"), "answered 406 with an HTML page.", "answered 406. Check server.", MANY),
    "418": Case(answered("", 418), "answered 418. Check server.", options=MANY),
    "429": Case(answered("", 429), "answered 429. Too many requests. Wait, and run it again.", options={"retries": 1}, requests=2),
    **{
        str(status): Case(answered({"detail": "Oops"}, status), f"answered {status} (Oops). {SERVERS_FAULT}", options={"retries": 1}, requests=2)
        for status in (500, 502, 503, 504)
    },
    "501": Case(answered("", 501), f"answered 501. {SERVERS_FAULT}", options=MANY),
    **{
        f"{status}, come back in a day, {form}": Case(answered("", status, **fault), says, options=MANY)
        for status in (429, 503)
        for form, fault, says in (
            ("seconds", {"headers": {"Retry-After": str(DAY)}}, f"answered {status} and asks to come back in 86400 seconds. Run it again then."),
            ("a date", {"retry_after_date": DAY}, f"answered {status} and asks to come back in 86"),
        )
    },
    "503, come back soon": Case(answered("", 503, headers={"Retry-After": "1"}), f"answered 503. {SERVERS_FAULT}", None, {"retries": 1}, 2),
    "503, come back in words": Case(answered("", 503, headers={"Retry-After": "soon"}), f"answered 503. {SERVERS_FAULT}", None, {"retries": 1}, 2),
    "503, come back never": Case(answered("", 503, headers={"Retry-After": "9" * 400}), "answered 503", options={"retries": 1}, requests=2),
}


REPEATED = sorted({str(case.fault["status"]) for case in STATUSES.values() if case.fault and case.requests > 1})
TABLES = {"bodies": BODIES, "tokens": TOKENS, "statuses": STATUSES}


@pytest.fixture(scope="module")
def tables(new_play: Callable[[], Player]) -> Tables:
    """What came of the cases of each table."""
    return Tables(new_play, lambda play, table: ask(play, TABLES[table]))


@pytest.mark.daily("bodies: *")
@pytest.mark.parametrize(("table", "name"), each_case(TABLES))
def test_an_answer(tables: Tables, table: str, name: str) -> None:
    asked, case = tables[table], TABLES[table][name]
    asked.check(name)
    assert case.fault is not None
    result = asked.result("fac_module", name)
    assert f"https://{asked.host} " in result["msg"]
    if 400 <= case.fault["status"] < 500 and "without" not in case.says and "come back" not in case.says:
        assert result["status"] == case.fault["status"]


@pytest.mark.daily("bodies")
@pytest.mark.parametrize("table", each_table(TABLES))
def test_no_answer_takes_much_memory(tables: Tables, table: str) -> None:
    assert tables[table].memory < MOST_MEMORY


@pytest.mark.parametrize(("table", "name"), each_case({"bodies": ["1 GiB"]}))
def test_a_large_answer_is_not_read_to_its_end(tables: Tables, table: str, name: str) -> None:
    assert [request["sent"] for request in tables[table].requests_of(name) if request["sent"] > MOST_READ] == []


@pytest.mark.long
@pytest.mark.parametrize(("table", "status"), each_case({"statuses": REPEATED}))
def test_each_repetition_is_announced(tables: Tables, table: str, status: str) -> None:
    repetitions = sum(case.requests - 1 for case in TABLES[table].values() if case.fault and str(case.fault["status"]) == status)
    output = " ".join(tables[table].outcome.output.split())
    assert output.count(f"answered {status}. Trying again in") == repetitions * len(ASKERS)


@pytest.mark.parametrize(("task", "secret"), [(FAC, "luser1"), (CWP, "credential")], ids=["fac", "forticwp"])
def test_a_server_that_repeats_a_secret(play: Player, task: str, secret: str) -> None:
    """The play's output is searched for every secret; here it is seen too that the message stays readable."""
    play.sim.fault("*", **answered({"error": "invalid_grant", "error_description": f"Wrong: {PASSWORDS[secret]}"}, 401))
    assert "(Wrong: ********)" in play(task, keep="r")["r"]["msg"]


@pytest.mark.daily("seconds-429", "date-503")
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("form", "least"), [({"headers": {"Retry-After": "2"}}, 2), ({"retry_after_date": 4}, 3)], ids=["seconds", "date"])
def test_retry_after_is_honoured(play: Player, status: int, form: dict[str, Any], least: float) -> None:
    """A date has no fractions of a second: 4 seconds later is at least 3."""
    play.sim.fault("*", **answered("", status, **form))
    outcome = play(FAC.replace("retries: 0", "retries: 1"), keep="r")
    assert outcome["r"]["access_token"]
    assert f"answered {status}. Trying again in" in outcome.output
    first, second = play.sim.requests
    assert second["at"] - first["at"] > least - 0.1


def test_retries_are_seen_and_counted(play: Player) -> None:
    """Also where two tasks meet the same: core shows a text once."""
    for between in ({"after_processing": True}, {}):  # the real answer
        play.sim.fault(TOKEN, **answered("", 503, headers={"Retry-After": "1"}), times=2)
        play.sim.fault(TOKEN, **between)
    again = FAC.replace("retries: 0", "retries: 2, cache: none")
    outcome = play(f"{again}\n{again}", keep="r")
    assert outcome["r"]["access_token"]
    assert outcome.output.count("answered 503. Trying again in 1.0 seconds") == 4
    assert len(play.sim.requests) == 6


def test_a_one_time_code_is_not_sent_again(play: Player) -> None:
    play.sim.fault(TOKEN, **answered("", 503), times=None)
    outcome = play(
        "- {forti.oauth.fac_oauth_token: {username: ftm1, password: '{{ secret.ftm1 }}', method: ftm, otp: '{{ otp }}'}, register: r, ignore_errors: true}",
        keep="r",
        variables={"otp": play.sim.otp("ftm1")},
    )
    assert outcome["r"]["status"] == 503
    assert len(play.sim.requests) == 1


def test_a_lost_answer_to_a_rotating_refresh_token(play: Player) -> None:
    login = play(FAC, keep="r")
    play.sim.fault(TOKEN, close=True, after_processing=True)
    refresh = "- {forti.oauth.fac_oauth_token: {grant_type: refresh_token, refresh_token: '{{ old }}'}, register: r, ignore_errors: true}\n"
    lost = play(refresh, keep="r", variables={"old": login["r"]["refresh_token"]})
    assert "closed the connection before its answer was complete." in lost["r"]["msg"]
    assert len(play.sim.requests) == 2
