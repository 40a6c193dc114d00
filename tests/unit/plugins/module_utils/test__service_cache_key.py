# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What identifies a token, and what is used once and does not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService

from tests.unit.plugins.module_utils.samples import CODE, CWP, CWP_REFRESH, CWP_USER, IAM, REFRESH, USER


def service_for(kind: type[TokenService], options: dict[str, Any]) -> TokenService:
    """Return the service. A warning or a notice is a failure: nothing is sent here."""
    return kind.from_options(options, explicit=options, warn=pytest.fail, notify=pytest.fail)


@pytest.mark.parametrize(
    ("service", "options", "cache_key"),
    [
        pytest.param(FortiCwp, CWP, {"grant_type": "client_credentials", "credential": "f59fb84e-c896"}, id="cwp credential"),
        pytest.param(FortiCwp, {"credential": " f59f c896\n"}, {"grant_type": "client_credentials", "credential": "f59f c896"}, id="cwp file's line end"),
        pytest.param(FortiCwp, CWP_USER, CWP_USER, id="cwp password"),
        pytest.param(FortiCwp, CWP_REFRESH, CWP_REFRESH, id="cwp refresh"),
    ],
)
def test_the_cache_key_at_forticwp(service: type[TokenService], options: dict[str, Any], cache_key: dict[str, str]) -> None:
    assert service_for(service, options).cache_key == {"family": "forticwp", "server": "https://www.forticwp.com", **cache_key}


@pytest.mark.parametrize(
    ("options", "cache_key"),
    [
        pytest.param(USER, {"grant_type": "password", "username": "u", "password": "p"}, id="user"),
        pytest.param(IAM, {"grant_type": "password", "iam_account": "a", "iam_user": "i", "password": "p"}, id="iam user"),
        pytest.param(
            {**USER, "realm": "ad", "scope": "read", "client_secret": "s"},
            {"grant_type": "password", "username": "u", "password": "p", "realm": "ad", "scope": "read", "client_secret": "s"},
            id="everything that lasts",
        ),
        pytest.param(
            {**USER, "otp": "1", "challenge": "otp", "method": "ftm", "session": "x", "timeout": 5, "force": True, "cache": "none", "ca_path": "/ca"},
            {"grant_type": "password", "username": "u", "password": "p"},
            id="nothing that is used once or tells only how to connect",
        ),
        pytest.param(CODE, {"grant_type": "authorization_code", "code": "k"}, id="code"),
        pytest.param(
            {**CODE, "username": "u", "password": "p", "redirect_uri": "https://app", "code_verifier": "v", "client_secret": "s"},
            {"grant_type": "authorization_code", "username": "u", "password": "p", "redirect_uri": "https://app", "client_secret": "s"},
            id="code of a user",
        ),
        pytest.param({**REFRESH, "client_secret": "s"}, {"grant_type": "refresh_token", "refresh_token": "r", "client_secret": "s"}, id="refresh"),
    ],
)
def test_the_cache_key_at_a_fortiauthenticator(options: dict[str, Any], cache_key: dict[str, str]) -> None:
    assert service_for(FortiAuthenticator, options).cache_key == {"family": "fac", "server": "https://fac.example.com", "client_id": "c", **cache_key}


def test_spellings_of_a_server_share_a_token_and_ports_do_not() -> None:
    def cache_key(server: str) -> dict[str, str]:
        return service_for(FortiAuthenticator, {**USER, "server": server}).cache_key

    assert cache_key("https://FAC.example.com:443/") == cache_key("fac.example.com") != cache_key("fac.example.com:8443")


@pytest.mark.parametrize(
    ("service", "options", "one_time"),
    [
        pytest.param(FortiCwp, CWP_USER, {}, id="cwp"),
        pytest.param(FortiAuthenticator, {**USER, "scope": "s", "push_timeout": 5, "state": "present"}, {}, id="all of it lasts"),
        pytest.param(FortiAuthenticator, {**USER, "otp": "1", "method": "ftm"}, {"challenge_response": "1", "method": "ftm"}, id="an answer"),
        pytest.param(FortiAuthenticator, {**USER, "challenge": "otp", "session": "x"}, {"challenge": "otp", "session": "x"}, id="a push of another task"),
        pytest.param(FortiAuthenticator, {**CODE, "code_verifier": "v"}, {"code": "k", "code_verifier": "v"}, id="code"),
    ],
)
def test_what_works_once_is_apart(service: type[TokenService], options: dict[str, Any], one_time: dict[str, str]) -> None:
    assert service_for(service, options).one_time == one_time


@pytest.mark.parametrize(
    ("service", "options", "secret"),
    [
        pytest.param(FortiCwp, CWP, True, id="credential"),
        pytest.param(FortiCwp, CWP_USER, True, id="cwp password"),
        pytest.param(FortiCwp, CWP_REFRESH, True, id="cwp refresh token"),
        pytest.param(FortiAuthenticator, USER, True, id="password"),
        pytest.param(FortiAuthenticator, REFRESH, True, id="refresh token"),
        pytest.param(FortiAuthenticator, CODE, True, id="code that identifies the token"),
        pytest.param(FortiAuthenticator, {**CODE, "username": "u", "client_secret": "s"}, True, id="client secret"),
        pytest.param(FortiAuthenticator, {**CODE, "username": "u"}, False, id="public client, user without a password"),
        pytest.param(FortiAuthenticator, {**CODE, "code": None, "state": "absent"}, False, id="public client, no code"),
    ],
)
def test_a_key_that_anybody_could_guess_holds_no_secret(service: type[TokenService], options: dict[str, Any], secret: bool) -> None:
    assert service_for(service, options).has_secret_key is secret


def test_a_code_identifies_the_token_only_without_a_user() -> None:
    keys = [service_for(FortiAuthenticator, {**CODE, "code": code}).cache_key for code in ("k", "l")]
    assert keys[0] != keys[1]
    keys = [service_for(FortiAuthenticator, {**CODE, "username": "u", "code": code}).cache_key for code in ("k", "l")]
    assert keys[0] == keys[1]
