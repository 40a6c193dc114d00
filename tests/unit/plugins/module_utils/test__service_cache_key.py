# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What identifies a token, and what is used once and does not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._forticwp_resource_map import ResourceMap
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService

from tests.unit.plugins.module_utils.samples import CODE, CWP, CWP_REFRESH, CWP_USER, FAC, IAM, REFRESH, USER

ENDED = {**FAC, "state": "absent", "access_token": "A30"}  # a task that ends a token needs no user


def service_for(kind: type[TokenService], options: dict[str, Any], **more: Any) -> TokenService:
    """Return the service. A warning or a notice is a failure: nothing is sent here."""
    return kind.from_options(options, explicit=options, warn=pytest.fail, notify=pytest.fail, **more)


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
    assert service_for(service, options).cache_key == {
        "family": "forticwp",
        "server": "https://www.forticwp.com",
        "server_certificate": "checked",
        **cache_key,
    }


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
            {
                "grant_type": "authorization_code",
                "username": "u",
                "password": "p",
                "code": "k",
                "redirect_uri": "https://app",
                "code_verifier": "v",
                "client_secret": "s",
            },
            id="code of a user",
        ),
        pytest.param({**REFRESH, "client_secret": "s"}, {"grant_type": "refresh_token", "refresh_token": "r", "client_secret": "s"}, id="refresh"),
    ],
)
def test_the_cache_key_at_a_fortiauthenticator(options: dict[str, Any], cache_key: dict[str, str]) -> None:
    assert service_for(FortiAuthenticator, options).cache_key == {
        "family": "fac",
        "server": "https://fac.example.com",
        "server_certificate": "checked",
        "client_id": "c",
        **cache_key,
    }


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
        pytest.param(FortiAuthenticator, {**CODE, "code_verifier": "v"}, {}, id="code, which is a part of the key with its verifier"),
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
        pytest.param(FortiAuthenticator, {**CODE, "username": "u", "client_secret": "s"}, True, id="code beside a client secret"),
        pytest.param(FortiAuthenticator, {**CODE, "username": "u"}, True, id="public client, code of a user without a password"),
        pytest.param(FortiAuthenticator, ENDED, False, id="public client, nobody's"),
        pytest.param(FortiAuthenticator, {**ENDED, "username": "u", "client_secret": "s"}, False, id="a client secret alone: all users of the client share it"),
    ],
)
def test_a_key_that_anybody_could_guess_holds_no_secret(service: type[TokenService], options: dict[str, Any], secret: bool) -> None:
    assert service_for(service, options).has_secret_key is secret


@pytest.mark.parametrize("user", [{}, {"username": "u"}, {"username": "u", "password": "p"}, {"client_secret": "s"}], ids=str)
def test_a_code_identifies_the_token_whoever_names_the_user(user: dict[str, str]) -> None:
    first, second = (service_for(FortiAuthenticator, {**CODE, **user, "code": code}).cache_key for code in ("k", "l"))
    assert (first["code"], second["code"]) == ("k", "l")
    assert {**first, "code": "l"} == second


def test_a_token_got_without_a_check_of_the_certificate_is_another_one() -> None:
    checked, unchecked = (service_for(FortiAuthenticator, {**USER, "validate_certs": check}).cache_key for check in (True, False))
    assert unchecked == {**checked, "server_certificate": "not checked"}


def test_which_certificates_are_trusted_makes_no_other_token() -> None:
    keys = [service_for(FortiAuthenticator, {**USER, "ca_path": path}).cache_key for path in (None, "/no/such/ca.pem")]
    assert keys[0] == keys[1]


def test_a_host_that_asks_has_a_token_of_its_own() -> None:
    here, jump, other = (service_for(FortiAuthenticator, USER, delegated_to=host) for host in (None, "jump", "other"))
    assert "delegated_to" not in here.cache_key
    assert {name: jump.cache_key[name] for name in here.cache_key} == here.cache_key
    assert jump.cache_key["delegated_to"] == "jump"
    assert other.cache_key == {**jump.cache_key, "delegated_to": "other"}
    assert jump.with_options(timeout=5).cache_key == jump.cache_key


@pytest.mark.parametrize(
    ("delegated_to", "options", "why"),
    [
        pytest.param(None, {}, None, id="kept"),
        pytest.param(None, {"ca_path": "/ca.pem"}, None, id="kept, with certificates of one's own"),
        pytest.param(None, {"validate_certs": False}, "validate_certs is false, so any server could have sent it", id="not checked"),
        pytest.param("jump", {}, "it was got on jump, and serves only that host in this run", id="delegated"),
        pytest.param("jump", {"validate_certs": False}, "it was got on jump, and serves only that host in this run", id="both"),
    ],
)
@pytest.mark.parametrize(("service", "given"), [(FortiAuthenticator, USER), (FortiCwp, CWP)], ids=["fac", "cwp"])
def test_why_a_token_is_not_kept_beyond_the_run(
    service: type[TokenService], given: dict[str, Any], options: dict[str, Any], delegated_to: str | None, why: str | None
) -> None:
    assert service_for(service, {**given, **options}, delegated_to=delegated_to).why_not_kept == why


def test_another_service_of_the_family_asks_from_the_same_host_with_the_same_options() -> None:
    known = service_for(ResourceMap, {**CWP, "validate_certs": False}, delegated_to="jump")
    login = known.of(FortiCwp, state="present")
    assert (type(login), login.delegated_to, login.options["state"]) == (FortiCwp, "jump", "present")
    assert login.cache_key == service_for(FortiCwp, {**CWP, "validate_certs": False}, delegated_to="jump").cache_key


def test_a_resource_map_is_that_of_a_token_from_the_same_host_and_server() -> None:
    known = service_for(ResourceMap, {**CWP, "access_token": "T1", "validate_certs": False}, delegated_to="jump")
    assert {**known.cache_key, "client_certificate": ""} == {
        "family": "forticwp",
        "server": "https://www.forticwp.com",
        "server_certificate": "not checked",
        "delegated_to": "jump",
        "client_certificate": "",
        "access_token": "T1",
    }
