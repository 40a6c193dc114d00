# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The FortiCWP family's requests, over real TLS: the paths and headers to the letter, and what each response leads to."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse, FortiError, OptionError, Refused, ServerFailed
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp

if TYPE_CHECKING:
    from extensions.simulator import Simulator


CREDENTIALS, PASSWORD, REFRESH = "/api/v1/auth/credentials/token/", "/api/v1/auth/token", "/api/v1/auth/token/refresh"
CREDENTIAL = "f59fb84e-c896-4d38-91f3-1eee401823b6"
USER = {"grant_type": "password", "username": "cwp@example.com", "password": "Cwp-Word-12345678"}
FORM = "application/x-www-form-urlencoded"

Make = Callable[..., FortiCwp]


@pytest.fixture
def cwp(sim: Simulator, pauses: list[float]) -> Make:
    """Makes the service of the simulator with these options. Its retries take no time, and their warnings are dropped."""

    def make(**options: Any) -> FortiCwp:
        given = {"server": sim.host, "ca_path": sim.ca, **options}
        return FortiCwp.from_options(given, explicit=given, warn=lambda text: None, notify=pytest.fail)

    return make


def sent(sim: Simulator) -> list[tuple[str, dict[str, list[str]], str | None]]:
    """Return path, form and Authorization of each request. Each is a POST of a form without a query."""
    assert all(request["method"] == "POST" and request["headers"]["Content-Type"] == FORM and not request["query"] for request in sim.requests)
    return [
        (request["path"], parse_qs(request["body"], keep_blank_values=True, strict_parsing=True), request["headers"].get("Authorization"))
        for request in sim.requests
    ]


def error_of(function: Callable[[], Any]) -> FortiError:
    with pytest.raises(FortiError) as caught:
        function()
    return caught.value


# The request for a token.


def test_a_credential_is_sent_raw_to_the_path_with_a_slash(cwp: Make, sim: Simulator) -> None:
    assert cwp(credential=CREDENTIAL).fetch().access_token in sim.secrets()
    assert sent(sim) == [(CREDENTIALS, {"grant_type": ["client_credentials"]}, f"Basic {CREDENTIAL}")]


@pytest.mark.parametrize("credential", [f" {CREDENTIAL}\n", f"{CREDENTIAL}\r\n"], ids=ascii)
def test_the_line_end_of_a_file_is_not_sent(cwp: Make, sim: Simulator, credential: str) -> None:
    cwp(credential=credential).fetch()
    assert sim.requests[0]["headers"]["Authorization"] == f"Basic {CREDENTIAL}"


def test_a_credential_is_sent_as_it_is_written(cwp: Make, sim: Simulator) -> None:
    error_of(cwp(credential="user:pass word==").fetch)
    assert sim.requests[0]["headers"]["Authorization"] == "Basic user:pass word=="


def test_user_and_password_are_sent_to_the_path_without_a_slash_and_without_a_header(cwp: Make, sim: Simulator) -> None:
    assert cwp(**USER).fetch().access_token in sim.secrets()
    assert sent(sim) == [(PASSWORD, {name: [value] for name, value in USER.items()}, None)]


def test_a_refresh_token_is_sent_to_the_path_without_a_slash_and_without_a_header(cwp: Make, sim: Simulator) -> None:
    refresh_token = cwp(credential=CREDENTIAL).fetch().refresh_token
    cwp(grant_type="refresh_token", refresh_token=refresh_token).fetch()
    assert sent(sim)[1:] == [(REFRESH, {"grant_type": ["refresh_token"], "refresh_token": [refresh_token]}, None)]


def test_letters_of_a_password_that_mean_something_in_a_form_arrive(cwp: Make, sim: Simulator) -> None:
    error_of(cwp(**{**USER, "password": "a&b=c+d%e ü"}).fetch)
    assert sent(sim)[0][1]["password"] == ["a&b=c+d%e ü"]


@pytest.mark.parametrize("beside", [{"username": "u", "password": "p", "refresh_token": "r"}, {"credential": "c"}], ids=["credential", "user"])
def test_what_the_environment_holds_beside_is_not_sent(sim: Simulator, beside: dict[str, str]) -> None:
    own = USER if "credential" in beside else {"credential": CREDENTIAL}
    FortiCwp.from_options({"server": sim.host, "ca_path": sim.ca, **beside, **own}, explicit=own, warn=pytest.fail, notify=pytest.fail).fetch()
    ((_path, form, authorization),) = sent(sim)
    assert set(form) == ({"grant_type", "username", "password"} if "credential" in beside else {"grant_type"})
    assert (authorization is None) is ("credential" in beside)


def test_a_request_is_sent_again_after_a_failure_of_the_server(cwp: Make, sim: Simulator) -> None:
    """None of the grants works once only: the refresh token stays the same."""
    refresh_token = cwp(credential=CREDENTIAL).fetch().refresh_token
    for path in (CREDENTIALS, PASSWORD, REFRESH):
        sim.fault(path, status=503, times=3)
    cwp(credential=CREDENTIAL).fetch()
    cwp(**USER).fetch()
    cwp(grant_type="refresh_token", refresh_token=refresh_token).fetch()
    assert len(sim.requests) == 1 + 3 * 4


# The token.


def test_a_login_gives_a_refresh_token(cwp: Make, sim: Simulator) -> None:
    got = cwp(credential=CREDENTIAL).fetch()
    assert got.refresh_token in sim.secrets()
    assert got.refresh_token != got.access_token
    assert (got.server, got.token_type) == (sim.url, "bearer")


def test_a_refresh_keeps_the_refresh_token(cwp: Make) -> None:
    first = cwp(credential=CREDENTIAL).fetch()
    second = cwp(grant_type="refresh_token", refresh_token=first.refresh_token).fetch()
    assert second.refresh_token == first.refresh_token
    assert second.access_token != first.access_token


def test_a_refresh_takes_a_new_refresh_token_if_there_is_one(cwp: Make, sim: Simulator) -> None:
    sim.fault(REFRESH, status=200, body={"access_token": "J.W.T", "refresh_token": "new"})
    assert cwp(grant_type="refresh_token", refresh_token="old").fetch().refresh_token == "new"


def test_a_login_without_a_refresh_token_has_none(cwp: Make, sim: Simulator) -> None:
    sim.fault(PASSWORD, status=200, body={"access_token": "J.W.T"})
    assert cwp(**USER).fetch().refresh_token is None


@pytest.mark.parametrize("as_string", [False, True], ids=["number", "text"])
@pytest.mark.parametrize("offset", [0, -7200, 86400], ids=["same clock", "server is behind", "server is ahead"])
def test_a_token_lives_as_long_as_the_servers_own_clock_says(cwp: Make, sim: Simulator, offset: int, as_string: bool) -> None:
    sim.clock(offset)
    sim.settings(expires_as_string=as_string)
    got = cwp(credential=CREDENTIAL).fetch()
    assert got.expires_at == pytest.approx(got.issued_at + 3600, abs=2)


def test_without_a_date_the_clock_of_this_machine_counts(cwp: Make, sim: Simulator) -> None:
    sim.fault(CREDENTIALS, headers={"Date": None})
    got = cwp(credential=CREDENTIAL).fetch()
    assert got.expires_at == pytest.approx(got.issued_at + 3600, abs=2)


# Refusals.


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(
            {"credential": "wrong-credential"},
            "The credential is not valid.). Check credential: it is used as FortiCWP shows it, and ends a year after it was made.",
            id="credential",
        ),
        pytest.param({**USER, "password": "wrong"}, "Invalid credentials given.). Check username and password.", id="password"),
        pytest.param(
            {"grant_type": "refresh_token", "refresh_token": "wrong"},
            "The refresh token is not valid.). The refresh token has ended (it lives for 8 hours) or is wrong. Log in again.",
            id="refresh token",
        ),
    ],
)
def test_a_refusal_says_what_to_check(cwp: Make, sim: Simulator, options: dict[str, str], said: str) -> None:
    exc = error_of(cwp(**options).fetch)
    assert isinstance(exc, Refused)
    assert str(exc) == f"{sim.url} answered 401 invalid_client ({said}"
    assert (exc.details["status"], exc.details["error"]) == (401, "invalid_client")
    assert len(sim.requests) == 1


@pytest.mark.parametrize(
    ("status", "kind", "hint"),
    [
        (400, Refused, "Check username and password."),
        (401, Refused, "Check username and password."),
        (403, Refused, "Check that this account may use the API."),
        (404, ServerFailed, "Check server: there is no token service at this address."),
        (405, ServerFailed, "Check server: it does not offer this grant_type (FortiCNP has no password grant)."),
        (429, ServerFailed, "Too many requests. Wait, and run it again."),
        (502, ServerFailed, "The fault is on the server's side. Run it again later."),
    ],
)
def test_a_status_without_an_explanation_says_what_to_check(cwp: Make, sim: Simulator, status: int, kind: type[FortiError], hint: str) -> None:
    sim.fault(PASSWORD, status=status, body="", times=None)
    exc = error_of(cwp(**USER).fetch)
    assert isinstance(exc, kind)
    assert exc.as_result() == {"msg": f"{sim.url} answered {status}. {hint}", "status": status}


@pytest.mark.parametrize("options", [{"credential": CREDENTIAL}, USER, {"grant_type": "refresh_token", "refresh_token": "refresh-4711"}], ids=["c", "p", "r"])
def test_no_refusal_repeats_a_secret_of_the_request(cwp: Make, sim: Simulator, options: dict[str, str]) -> None:
    sim.fault("*", status=400, repeat_request=True)
    shown = str(error_of(cwp(**options).fetch).as_result())
    assert "Refused: POST" in shown
    assert not [secret for secret in (CREDENTIAL, USER["password"], "refresh-4711") if secret in shown]


def test_a_success_without_a_token_is_a_bad_response(cwp: Make, sim: Simulator) -> None:
    sim.fault(PASSWORD, status=200, body={"token_type": "bearer"})
    assert isinstance(error_of(cwp(**USER).fetch), BadResponse)


# What a task gets.


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_login_is_a_result_that_changes_nothing(cwp: Make, sim: Simulator, check_mode: bool) -> None:
    before = time.time()
    result = cwp(credential=CREDENTIAL).run(check_mode=check_mode)
    assert (result["changed"], result["source"], result["server"]) == (False, "login", sim.url)
    assert result["authorization"] == f"Bearer {result['access_token']}"
    assert result["expires_in"] == pytest.approx(3600, abs=time.time() - before + 2)


def test_a_refresh_is_a_result_of_its_own_source(cwp: Make) -> None:
    refresh_token = cwp(credential=CREDENTIAL).fetch().refresh_token
    result = cwp(grant_type="refresh_token", refresh_token=refresh_token).run(check_mode=False)
    assert (result["source"], result["refresh_token"]) == ("refresh", refresh_token)


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_token_cannot_be_revoked_so_nothing_is_sent(cwp: Make, sim: Simulator, check_mode: bool) -> None:
    assert cwp(credential=CREDENTIAL, state="absent").run(check_mode=check_mode) == {"changed": False, "server": sim.url}
    assert sim.counts["connections"] == 0


@pytest.mark.parametrize(
    ("credential", "said"),
    [("f59f\nX-Own: 1", "a line end, a control character or a line separator inside"), ("f59fé", "a letter outside ASCII")],
    ids=["two lines", "not ASCII"],
)
def test_a_credential_unfit_for_a_header_is_not_sent(cwp: Make, sim: Simulator, credential: str, said: str) -> None:
    with pytest.raises(OptionError, match=rf"^credential holds {said}\. "):
        cwp(credential=credential)
    assert sim.counts["connections"] == 0
