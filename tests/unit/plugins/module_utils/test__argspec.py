# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options: what is accepted, where it comes from, what a wrong one says."""

from __future__ import annotations

import os
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._argspec import (
    FAC_TOKEN,
    FAC_TOKEN_INFO,
    FORTICWP_TOKEN,
    TOKEN_STORE,
    TOKEN_STORE_INFO,
    Spec,
    decrypted,
    environment_variables,
    secret_values,
    validated,
)
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError

LEAST = {"server": "fac.example.com", "client_id": "c"}
NO_HTTPS = "server must be an https address: secrets are never sent over plain http."


def fac(**options: Any) -> dict[str, Any]:
    return validated(FAC_TOKEN, {**LEAST, **options})


def test_options_are_whole() -> None:
    common = {"validate_certs": True, "timeout": 30, "retries": 3, "cache": "run", "min_validity": 60, "force": False}
    own = {"grant_type": "password", "push_timeout": 60, "push_interval": 2, "on_challenge": "fail", "state": "present"}
    expected = {**dict.fromkeys(FAC_TOKEN), **common, **own, "server": "https://fac.example.com", "client_id": "c"}
    assert fac() == expected
    cwp = {**dict.fromkeys(FORTICWP_TOKEN), **common, "grant_type": "client_credentials", "state": "present"}
    assert validated(FORTICWP_TOKEN, {}) == {**cwp, "server": "https://www.forticwp.com"}


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        pytest.param("timeout", "5", 5, id="number as text"),
        pytest.param("validate_certs", "no", False, id="bool as text"),
        pytest.param("password", 123456, "123456", id="text as number"),
        pytest.param("password", "", None, id="empty text is not set"),
        pytest.param("client_secret", None, None, id="null is not set"),
        pytest.param("timeout", "", 30, id="empty text takes the default"),
        pytest.param("validate_certs", None, True, id="null takes the default"),
        pytest.param("password", " p w ", " p w ", id="a password keeps its white space"),
        pytest.param("password", "${HOME}", "${HOME}", id="a password is no path"),
        pytest.param("ca_path", "~/ca.pem", os.path.expanduser("~/ca.pem"), id="a path is one"),
        pytest.param("min_validity", 0, 0, id="0 is a number"),
        pytest.param("retries", 0, 0, id="no retries"),
        pytest.param("push_timeout", "0", 0, id="0 as text"),
    ],
)
def test_what_an_option_becomes(name: str, given: Any, taken: Any) -> None:
    value = fac(**{name: given})[name]
    assert (value, type(value)) == (taken, type(taken))


def test_an_alias_goes_by_the_name() -> None:
    options = fac(otp="123456")
    assert options["challenge_response"] == "123456"
    assert "otp" not in options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": 0}, "timeout must be from 1 to 3600, it is 0."),
        ({"timeout": 3601}, "timeout must be from 1 to 3600, it is 3601."),
        ({"retries": -1}, "retries must be from 0 to 20, it is -1."),
        ({"retries": "21"}, "retries must be from 0 to 20, it is 21."),
        ({"min_validity": -1}, "min_validity must be from 0 to 31536000, it is -1."),
        ({"min_validity": 31536001}, "min_validity must be from 0 to 31536000, it is 31536001."),
        ({"push_timeout": -1}, "push_timeout must be from 0 to 3600, it is -1."),
        ({"push_timeout": 3601}, "push_timeout must be from 0 to 3600, it is 3601."),
        ({"push_interval": 0}, "push_interval must be from 1 to 600, it is 0."),
        ({"push_interval": 601}, "push_interval must be from 1 to 600, it is 601."),
        ({"client_id": ""}, "client_id is missing. Set it, or the environment variable FAC_CLIENT_ID."),
        ({"client_id": None, "server": ""}, "server is missing. Set it, or the environment variable FAC_SERVER."),
        ({"method": "fax"}, "value of method must be one of: ftm, ftm-push, ftk, sms, email, dual, got: fax."),
        ({"state": "gone"}, "value of state must be one of: present, absent, got: gone."),
        ({"server": "http://fac.example.com"}, NO_HTTPS),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_option_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        fac(**options)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["timeout", "validate_certs", "grant_type", "force", "method"])
@pytest.mark.parametrize("secret", ["password", "otp", "challenge_response", "client_secret", "code", "session", "refresh_token", "access_token"])
def test_a_secret_in_the_wrong_place_is_not_repeated(name: str, secret: str) -> None:
    with pytest.raises(OptionError) as caught:
        fac(**{name: "hunter2", secret: "hunter2"})
    assert "hunter2" not in str(caught.value)
    assert "********" in str(caught.value)


@pytest.mark.parametrize("value", [True, False, 1.5, ["hunter2"], {"hunter2": 1}], ids=repr)
@pytest.mark.parametrize("name", ["password", "username", "server", "cache", "grant_type"])
def test_a_text_that_yaml_read_as_something_else_is_refused(name: str, value: Any) -> None:
    with pytest.raises(OptionError) as caught:
        fac(**{name: value})
    assert str(caught.value) == f"{name} must be text. Put it in quotes: YAML reads some words and numbers as something else."


@pytest.mark.parametrize(("name", "edges"), [("timeout", (1, 3600)), ("retries", (0, 20)), ("push_timeout", (0, 3600)), ("push_interval", (1, 600))])
def test_the_edges_of_a_range_are_in_it(name: str, edges: tuple[int, int]) -> None:
    assert [fac(**{name: edge})[name] for edge in edges] == list(edges)


def test_the_options_of_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match=r"^cache is missing\. Set it, or the environment variable FORTI_OAUTH_CACHE\.$"):
        validated(TOKEN_STORE_INFO, {})
    monkeypatch.setenv("FORTI_OAUTH_CACHE", "~/tokens")
    assert validated(TOKEN_STORE_INFO, {}) == {"cache": "~/tokens"}
    assert validated(TOKEN_STORE, {}) == {"cache": "~/tokens", "server": None, "state": "absent"}
    assert validated(TOKEN_STORE, {"server": "FAC.example.com:443"})["server"] == "https://fac.example.com"


def test_an_unknown_option_is_refused_by_name() -> None:
    with pytest.raises(OptionError, match=r"^Unknown option usrname\. Known are access_token, .*, username, validate_certs\.$"):
        fac(usrname="u")


@pytest.mark.parametrize("option", ["access_token", "challenge", "challenge_response", "code", "code_verifier", "force", "refresh_token", "session", "state"])
@pytest.mark.parametrize("spec", [FORTICWP_TOKEN, FAC_TOKEN, FAC_TOKEN_INFO], ids=["forticwp", "fac", "info"])
def test_what_works_once_never_comes_from_the_environment(spec: Spec, option: str) -> None:
    assert "fallback" not in spec.get(option, {})


def test_the_names_of_the_variables() -> None:
    common = {"SERVER", "VALIDATE_CERTS", "CA_PATH", "CLIENT_CERT", "CLIENT_KEY", "TIMEOUT", "RETRIES"}
    user = {"USERNAME", "PASSWORD", "GRANT_TYPE", "MIN_VALIDITY"}
    own = {"REALM", "IAM_ACCOUNT", "IAM_USER", "CLIENT_ID", "CLIENT_SECRET", "SCOPE", "REDIRECT_URI"}
    push = {"METHOD", "PUSH_TIMEOUT", "PUSH_INTERVAL", "ON_CHALLENGE"}
    assert environment_variables(FAC_TOKEN) == {"FORTI_OAUTH_CACHE"} | {f"FAC_{name}" for name in common | user | own | push}
    assert environment_variables(FORTICWP_TOKEN) == {"FORTI_OAUTH_CACHE"} | {f"FORTICWP_{name}" for name in common | user | {"CREDENTIAL"}}
    assert environment_variables(FAC_TOKEN_INFO) == {f"FAC_{name}" for name in common | {"CLIENT_ID"}}


@pytest.mark.parametrize("option", sorted(name for name, option in FAC_TOKEN.items() if "fallback" in option and option["type"] == "str"))
def test_a_text_comes_from_its_own_variable(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    choices = FAC_TOKEN[option].get("choices", ["from.the.environment"])
    monkeypatch.setenv("FORTI_OAUTH_CACHE" if option == "cache" else f"FAC_{option.upper()}", choices[-1])
    options = validated(FAC_TOKEN, {name: value for name, value in LEAST.items() if name != option})
    assert options[option] == (f"https://{choices[-1]}" if option == "server" else choices[-1])


def test_the_tasks_own_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAC_USERNAME", "environment")
    assert fac(username="own")["username"] == "own"
    assert fac(username="")["username"] == "environment"


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FAC_TIMEOUT", "FAC_VALIDATE_CERTS", "FAC_PASSWORD"):
        monkeypatch.setenv(name, "")
    options = fac()
    assert (options["timeout"], options["validate_certs"], options["password"]) == (30, True, None)


def test_a_variable_is_checked_like_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAC_RETRIES", "-1")
    with pytest.raises(OptionError, match=r"^retries must be from 0 to 20, it is -1\.$"):
        fac()


def test_which_values_are_secret() -> None:
    options = {"password": "p", "client_secret": 5, "otp": "o", "session": "", "code": None, "username": "u", "client_key": "/k", "refresh_token": "r"}
    assert secret_values(FAC_TOKEN, options) == {"p", "5", "o", "r"}
    assert secret_values(FORTICWP_TOKEN, {"credential": "c", "username": "u"}) == {"c"}


class Vaulted:
    """A value that is encrypted in a playbook, as ansible-core up to 2.18 hands it on."""

    __ENCRYPTED__ = True

    def __str__(self) -> str:
        return "hunter2"


def test_a_value_that_is_encrypted_in_the_playbook_is_a_text() -> None:
    assert decrypted({"password": Vaulted(), "timeout": 5, "scope": None}) == {"password": "hunter2", "timeout": 5, "scope": None}
    assert fac(password=Vaulted())["password"] == "hunter2"
    with pytest.raises(OptionError) as caught:
        fac(password=Vaulted(), grant_type=Vaulted())
    assert "hunter2" not in str(caught.value)
