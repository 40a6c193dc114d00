# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the services check before anything is sent, and what they say of a refusal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, OptionError
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator, FortiAuthenticatorInfo
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService

from tests.unit.plugins.module_utils.samples import CODE, CWP, CWP_USER, FAC, IAM, REFRESH, USER

INFO = {**FAC, "access_token": "A30"}

NOT_HEADER = "access_token holds a space, a line end or a letter outside ASCII. Give the token alone."
NOT_ONE_LINE = "{} holds a line end, a control character or a line separator inside. Give it as one line."
BAD_CREDENTIAL = "credential holds a letter outside ASCII. Copy it again as FortiCWP shows it."
NO_SERVER = "server is missing. Set it, or the variable fac_oauth_server, or the environment variable FAC_SERVER."
# The grant that an option belongs to.
BELONGS = {
    "username": "password",
    "password": "password",
    "refresh_token": "refresh_token",
    "credential": "client_credentials",
    "code": "authorization_code",
    "code_verifier": "authorization_code",
    **dict.fromkeys(("challenge", "challenge_response", "otp", "session"), "password"),
}
IAM_BOTH = ". iam_account and iam_user are needed together; only {} is set"
REVOKE_ONLY = "access_token goes with state absent only: it is the token to revoke."


def service_for(kind: type[TokenService], options: dict[str, Any], explicit: Collection[str] | None = None) -> TokenService:
    """Return the service. All options are explicit if nothing else is said. A warning or a notice is a failure: nothing is sent here."""
    return kind.from_options(options, explicit=options if explicit is None else explicit, warn=pytest.fail, notify=pytest.fail)


def mixed(name: str, grant: str) -> str:
    named = {"challenge_response": "otp", "otp": "otp"}.get(name, name)
    return f"{named} does not go with grant_type {grant}. Set grant_type to {BELONGS[name]}, or leave it out."


def missing(name: str, grant: str, variable: str | None = None, *, note: str = "") -> str:
    of_ansible = (variable or "").lower().replace("fac_", "fac_oauth_")
    source = f", or the variable {of_ansible}, or the environment variable {variable}" if variable else ""
    return f"{name} is missing: grant_type {grant} needs it{note}. Set it{source}."


@pytest.mark.parametrize(
    ("service", "options", "message"),
    [
        pytest.param(FortiCwp, {}, missing("credential", "client_credentials", "FORTICWP_CREDENTIAL"), id="cwp credential"),
        pytest.param(FortiCwp, {"credential": " \n"}, missing("credential", "client_credentials", "FORTICWP_CREDENTIAL"), id="cwp blank credential"),
        pytest.param(FortiCwp, {**CWP_USER, "username": ""}, missing("username", "password", "FORTICWP_USERNAME"), id="cwp username"),
        pytest.param(FortiCwp, {**CWP_USER, "password": None}, missing("password", "password", "FORTICWP_PASSWORD"), id="cwp password"),
        pytest.param(FortiCwp, {"grant_type": "refresh_token"}, missing("refresh_token", "refresh_token"), id="cwp refresh token"),
        pytest.param(FortiAuthenticator, {**FAC, "username": "u"}, missing("password", "password", "FAC_PASSWORD"), id="password"),
        pytest.param(FortiAuthenticator, {**CODE, "code": ""}, missing("code", "authorization_code"), id="code"),
        pytest.param(FortiAuthenticator, {**REFRESH, "refresh_token": None}, missing("refresh_token", "refresh_token"), id="refresh token"),
        pytest.param(
            FortiAuthenticator,
            {**FAC, "password": "p"},
            missing("username", "password", "FAC_USERNAME", note=", or iam_account with iam_user in place of username"),
            id="username",
        ),
        pytest.param(
            FortiAuthenticator, {**IAM, "iam_user": ""}, missing("iam_user", "password", "FAC_IAM_USER", note=IAM_BOTH.format("iam_account")), id="iam_user"
        ),
        pytest.param(
            FortiAuthenticator,
            {**IAM, "iam_account": None},
            missing("iam_account", "password", "FAC_IAM_ACCOUNT", note=IAM_BOTH.format("iam_user")),
            id="iam_account",
        ),
        pytest.param(FortiAuthenticator, {**USER, "server": ""}, NO_SERVER, id="server"),
        pytest.param(
            FortiAuthenticator,
            {},
            "server, username, password and client_id are missing: grant_type password needs them, or iam_account with iam_user in place of username. "
            "Set them, or the variables fac_oauth_server, fac_oauth_username, fac_oauth_password and fac_oauth_client_id, "
            "or the environment variables FAC_SERVER, FAC_USERNAME, FAC_PASSWORD and FAC_CLIENT_ID.",
            id="all",
        ),
        pytest.param(FortiAuthenticatorInfo, FAC, "access_token is missing. Set it.", id="info token"),
        pytest.param(
            FortiAuthenticatorInfo,
            {**INFO, "client_id": ""},
            "client_id is missing. Set it, or the variable fac_oauth_client_id, or the environment variable FAC_CLIENT_ID.",
            id="info client",
        ),
    ],
)
def test_what_is_missing_is_named_with_where_to_set_it(service: type[TokenService], options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        service_for(service, options)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("service", "options", "message"),
    [
        *(
            pytest.param(FortiCwp, {**CWP, name: "x"}, mixed(name, "client_credentials"), id=f"cwp {name}")
            for name in ("username", "password", "refresh_token")
        ),
        *(pytest.param(FortiCwp, {**CWP_USER, name: "x"}, mixed(name, "password"), id=f"cwp user {name}") for name in ("credential", "refresh_token")),
        *(pytest.param(FortiAuthenticator, {**USER, name: "x"}, mixed(name, "password"), id=name) for name in ("code", "code_verifier", "refresh_token")),
        *(
            pytest.param(FortiAuthenticator, {**CODE, name: "x"}, mixed(name, "authorization_code"), id=f"code {name}")
            for name in ("refresh_token", "challenge", "challenge_response", "session")
        ),
        *(
            pytest.param(FortiAuthenticator, {**REFRESH, name: "x"}, mixed(name, "refresh_token"), id=f"refresh {name}")
            for name in ("code", "code_verifier", "challenge", "challenge_response", "session")
        ),
        pytest.param(FortiAuthenticator, {**REFRESH, "otp": "1"}, mixed("otp", "refresh_token"), id="by its alias"),
        pytest.param(
            FortiAuthenticator,
            {**USER, "iam_user": "i"},
            "username and iam_user do not go together: the FortiAuthenticator would ignore iam_user. Leave one out.",
            id="two users",
        ),
        pytest.param(FortiAuthenticator, {**USER, "access_token": "A30"}, REVOKE_ONLY, id="token to revoke"),
    ],
)
def test_what_does_not_go_together_is_refused(service: type[TokenService], options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        service_for(service, options)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("service", "options"),
    [
        pytest.param(FortiCwp, {**CWP_USER, "credential": "x"}, id="cwp"),
        pytest.param(FortiAuthenticator, {**USER, "iam_account": "a", "iam_user": "i"}, id="two users"),
    ],
)
def test_what_the_environment_holds_beside_is_no_mistake(service: type[TokenService], options: dict[str, Any]) -> None:
    assert service_for(service, options, ["grant_type"]).options["username"] == "u"


def test_an_empty_option_of_another_grant_is_no_mistake() -> None:
    assert service_for(FortiAuthenticator, {**USER, "refresh_token": "", "code": None}).options["refresh_token"] is None


def test_the_iam_user_of_a_task_goes_before_the_user_of_the_environment() -> None:
    options = service_for(FortiAuthenticator, {**USER, **IAM}, IAM).options
    assert (options["username"], options["iam_user"]) == (None, "i")


def test_a_credential_beside_is_not_looked_at_if_another_grant_is_used() -> None:
    assert service_for(FortiCwp, {**CWP_USER, "credential": "Basic é"}, CWP_USER).options["username"] == "u"


@pytest.mark.parametrize("credential", ["basic", "Basic xyz", "BASIC\u00a0x".replace("\u00a0", " "), '{"credential": "x"}', "[1]"])
def test_what_cannot_be_a_credential_is_told_before_it_is_sent(credential: str) -> None:
    with pytest.raises(OptionError) as caught:
        service_for(FortiCwp, {"credential": credential})
    assert str(caught.value) in (
        "credential begins with the word Basic. Leave it out: it is added when the credential is sent.",
        "credential is JSON. Give the value in it alone.",
    )


def test_only_a_fortiauthenticator_ends_tokens() -> None:
    assert (FortiAuthenticator.revokes, FortiCwp.revokes) == (True, False)
    assert service_for(FortiCwp, {**CWP, "state": "absent"}).run(check_mode=False) == {"changed": False, "server": "https://www.forticwp.com"}


@pytest.mark.parametrize("letter", ["\n", "\r", "\t", "\0", "\x1b", "\x7f", "\x85", "é", "\u2028"], ids=ascii)
def test_a_credential_that_cannot_stand_in_a_header_is_not_repeated(letter: str) -> None:
    with pytest.raises(OptionError) as caught:
        service_for(FortiCwp, {"credential": f"hunter{letter}2"})
    assert str(caught.value) == (BAD_CREDENTIAL if letter == "é" else NOT_ONE_LINE.format("credential"))


@pytest.mark.parametrize("letter", ["\n", "\r", "\t", "\0", "\x7f", "é", " "], ids=ascii)
@pytest.mark.parametrize(("service", "options"), [(FortiAuthenticatorInfo, FAC), (FortiAuthenticator, {**FAC, "state": "absent"})], ids=["info", "absent"])
def test_an_access_token_that_cannot_stand_in_a_header_is_not_repeated(service: type[TokenService], options: dict[str, Any], letter: str) -> None:
    with pytest.raises(OptionError) as caught:
        service_for(service, {**options, "access_token": f"hunter{letter}2"})
    assert str(caught.value) == (NOT_HEADER if letter in "é " else NOT_ONE_LINE.format("access_token"))


def test_to_revoke_a_given_token_needs_no_user() -> None:
    assert service_for(FortiAuthenticator, {**FAC, "state": "absent", "access_token": "A30"}).options["access_token"] == "A30"


@pytest.mark.parametrize(("options", "name"), [({**CODE, "code": None}, "code"), ({**FAC, "username": "u"}, "password")], ids=["code", "password"])
def test_to_revoke_a_kept_token_needs_what_identifies_it(options: dict[str, Any], name: str) -> None:
    with pytest.raises(OptionError, match=f"^{name} is missing"):
        service_for(FortiAuthenticator, {**options, "state": "absent"})


def test_to_revoke_the_kept_token_of_a_code_needs_the_code_and_not_its_verifier() -> None:
    assert service_for(FortiAuthenticator, {**CODE, "state": "absent"}).options["code_verifier"] is None


def test_the_lock_timeout_is_that_of_the_holder_and_half_a_minute() -> None:
    assert service_for(FortiCwp, CWP).lock_timeout == 4 * 30 + 30
    assert service_for(FortiAuthenticator, {**USER, "retries": 0, "timeout": 5, "push_timeout": 90}).lock_timeout == 90 + 5 + 30


@pytest.mark.parametrize(
    ("status", "error", "hint"),
    [
        (400, "invalid_client", "Check client_id and client_secret. Give client_secret if the client is confidential, and only then."),
        (400, "unauthorized_client", "Check that this client may use this grant_type."),
        (400, "invalid_scope", "Check scope."),
        (401, None, "Look at 401."),
        (403, None, "Check that the OAuth service is on for that interface of the FortiAuthenticator (System > Network > Interfaces)."),
        (404, None, "Check server: a FortiAuthenticator has this address from version 6.0 on."),
        (429, None, "Too many requests. Wait, and run it again."),
        (503, ["no text"], "The fault is on the server's side. Run it again later."),
        (418, None, "Check server."),
    ],
)
def test_what_to_do_about_a_refusal(status: int, error: Any, hint: str) -> None:
    service = service_for(FortiAuthenticator, {**USER, "password": "hunter2"})
    response = Response("https://fac.example.com", status, {}, b'{"error": "%s"}' % error.encode() if isinstance(error, str) else b"<html>", 0.0)
    said = f"{status} {error}" if isinstance(error, str) else str(status)
    assert str(service.refuse(response, {401: "Look at 401."})) == f"https://fac.example.com answered {said}. {hint}"


@pytest.mark.parametrize(("service", "options"), [(FortiCwp, CWP), (FortiAuthenticator, USER)], ids=["cwp", "fac"])
def test_a_service_with_other_options_is_another_one(service: type[TokenService], options: dict[str, Any]) -> None:
    first = service_for(service, options)
    before, key = dict(first.options), dict(first.cache_key)
    second = first.with_options(server="https://other.example.com", timeout=5)
    assert isinstance(second, service)
    assert (second.options["server"], second.options["timeout"], second.cache_key["server"]) == ("https://other.example.com", 5, "https://other.example.com")
    assert (second.warn, second.notify) == (first.warn, first.notify)
    assert (first.options, first.cache_key) == (before, key)


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(lambda service: service.options, id="options"),
        pytest.param(lambda service: service.with_options(timeout=5).options, id="other options"),
        pytest.param(lambda service: service.cache_key, id="cache key"),
        pytest.param(lambda service: service.one_time, id="one-time options"),
    ],
)
def test_a_repr_shows_names_only(shown: Callable[[TokenService], dict[str, Any]]) -> None:
    values = shown(service_for(FortiAuthenticator, {**USER, "password": "hunter2", "otp": "hunter2"}))
    assert "hunter2" in values.values()
    assert "hunter2" not in repr(values)


def test_a_file_with_certificates_is_read_when_something_is_sent() -> None:
    """A cached token needs none."""
    service = service_for(FortiCwp, {**CWP, "ca_path": "/no/such"})
    assert service.cache_key
    with pytest.raises(OptionError, match=r"^ca_path: there is no file /no/such on "):
        service.fetch()


def test_no_error_holds_a_secret_of_the_options() -> None:
    service = service_for(FortiAuthenticator, {**USER, "password": "hunter2", "client_secret": "secret-4711"})
    response = Response("https://fac.example.com", 401, {}, b'{"error": "hunter2", "error_description": "secret-4711"}', 0.0)
    error = service.refuse(response)
    assert isinstance(error, FortiError)
    assert error.as_result() == {
        "msg": "https://fac.example.com answered 401 ******** (********). Check server.",
        "status": 401,
        "error": "********",
        "error_description": "********",
    }
