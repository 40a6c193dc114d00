# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options: what is accepted, where it comes from, what a wrong one says."""

from __future__ import annotations

import datetime
import os
import re
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._argspec import (
    FAC_TOKEN,
    FAC_TOKEN_INFO,
    FORTICWP_RESOURCE_MAP_INFO,
    FORTICWP_TOKEN,
    TOKEN_STORE,
    TOKEN_STORE_INFO,
    Spec,
    environment_variable,
    environment_variables,
    variables,
)
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._options import check_needed, decrypted, secret_values, validated

LEAST = {"server": "fac.example.com", "client_id": "c"}
NO_HTTPS = "server must be an https address: secrets are never sent over plain http."


def fac(**options: Any) -> dict[str, Any]:
    return validated(FAC_TOKEN, {**LEAST, **options})


def test_options_are_whole() -> None:
    common = {"validate_certs": True, "timeout": 30, "retries": 3, "cache": "run", "min_validity": 60, "force": False}
    own = {"verify": "shared", "grant_type": "password", "push_timeout": 60, "push_interval": 2, "on_challenge": "fail", "state": "present"}
    expected = {**dict.fromkeys(FAC_TOKEN), **common, **own, "server": "https://fac.example.com", "client_id": "c"}
    assert fac() == expected
    cwp = {**dict.fromkeys(FORTICWP_TOKEN), **common, "grant_type": "client_credentials", "state": "present"}
    assert validated(FORTICWP_TOKEN, {}) == {**cwp, "server": "https://www.forticwp.com"}


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        pytest.param("timeout", "5", 5, id="number as text"),
        pytest.param("validate_certs", "no", False, id="bool as text"),
        pytest.param("password", "hunter2\n", "hunter2", id="the line end of a text"),
        pytest.param("password", "hunter2\r\n\n", "hunter2", id="several line ends"),
        pytest.param("password", "\n", None, id="only a line end is not set"),
        pytest.param("challenge_response", "016514\n", "016514", id="the line end of a code"),
        pytest.param("ca_path", "/ca.pem\n", "/ca.pem", id="the line end of a path"),
        pytest.param("grant_type", "password\n", "password", id="the line end of a choice"),
        pytest.param("timeout", 5.0, 5, id="a whole float"),
        pytest.param("timeout", "30.0", 30, id="a whole float as text"),
        pytest.param("timeout", " 30 ", 30, id="a number among blanks"),
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
    options = fac(otp="016514\n")
    assert options["challenge_response"] == "016514"
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
        ({"timeout": "3x"}, "timeout must be a whole number, such as 30."),
        ({"timeout": "1e400"}, "timeout must be a whole number, such as 30."),
        ({"timeout": "nan"}, "timeout must be a whole number, such as 30."),
        ({"timeout": 10**400}, "timeout must be a whole number, such as 30."),
        ({"verify": False}, "verify must be one of shared, always, never. YAML turned it into a boolean."),
        ({"grant_type": 5}, "grant_type must be one of password, authorization_code, refresh_token. YAML turned it into a number."),
        ({"password": "********"}, "password is ********, which stands for a hidden secret. Take it from where it is kept, not from a result."),
        ({"timeout": True}, "timeout must be a whole number, such as 30."),
        ({"timeout": 1.5}, "timeout must be a whole number, such as 30."),
        ({"timeout": datetime.date(2026, 11, 26)}, "timeout must be a whole number, such as 30."),
        ({"validate_certs": datetime.date(2026, 11, 26)}, "validate_certs must be true or false. YAML turned it into a date."),
        ({"password": "hunter\n2"}, "password holds a line end, a control character or a line separator inside. Give it as one line."),
        ({"otp": "\x1b1"}, "otp holds a line end, a control character or a line separator inside. Give it as one line."),
        ({"username": "\nu"}, "username holds a line end, a control character or a line separator inside. Give it as one line."),
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
    assert "********" in str(caught.value) or str(caught.value) == "timeout must be a whole number, such as 30."


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "a boolean"),
        (False, "a boolean"),
        (1.5, "a number"),
        (7500, "a number"),
        (10**400, "a number"),
        (datetime.date(2026, 11, 26), "a date"),
        (datetime.datetime(2026, 11, 26, 8, 0), "a date"),
        (["hunter2"], "a list"),
        ({"hunter2": 1}, "a dictionary"),
        (b"hunter2", "something else"),
    ],
    ids=lambda value: repr(value)[:30],
)
@pytest.mark.parametrize("name", ["password", "otp", "username", "server", "cache", "ca_path"])
def test_a_text_that_yaml_read_as_something_else_is_refused(name: str, value: Any, kind: str) -> None:
    with pytest.raises(OptionError) as caught:
        fac(**{name: value})
    assert str(caught.value) == (
        f"{name} must be text. Put it in quotes: YAML turned it into {kind}, as it turns 016514 into 7500. In an INI inventory put it in both kinds of quotes."
    )


@pytest.mark.parametrize(("name", "edges"), [("timeout", (1, 3600)), ("retries", (0, 20)), ("push_timeout", (0, 3600)), ("push_interval", (1, 600))])
def test_the_edges_of_a_range_are_in_it(name: str, edges: tuple[int, int]) -> None:
    assert [fac(**{name: edge})[name] for edge in edges] == list(edges)


def test_the_options_of_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = r"^cache is missing\. Set it, or the variable forti_oauth_cache, or the environment variable FORTI_OAUTH_CACHE\.$"
    with pytest.raises(OptionError, match=missing):
        check_needed(TOKEN_STORE, validated(TOKEN_STORE, {}))
    assert validated(TOKEN_STORE_INFO, {}) == {"cache": "run"}
    monkeypatch.setenv("FORTI_OAUTH_CACHE", "~/tokens")
    assert validated(TOKEN_STORE_INFO, {}) == {"cache": "~/tokens"}
    assert validated(TOKEN_STORE, {}) == {"cache": "~/tokens", "server": None, "state": "absent"}
    assert validated(TOKEN_STORE, {"server": "FAC.example.com:443"})["server"] == "https://fac.example.com"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"usrname": "u"}, r"Unknown option usrname\. Did you mean username\?"),
        ({"fac_oauth_username": "u"}, r"Unknown option fac_oauth_username\. Did you mean username\?"),
        ({"host": "h"}, r"Unknown option host\. Did you mean server\? server takes host, host:port or https://host:port\."),
        ({"url": "h"}, r"Unknown option url\. Did you mean server\? server takes host, host:port or https://host:port\."),
        ({"token_url": "h"}, r"Unknown option token_url\. Did you mean server\? server takes host, host:port or https://host:port\."),
        ({"token": "t"}, r"Unknown option token\. Did you mean access_token\?"),
        ({"verify_ssl": False}, r"Unknown option verify_ssl\. Did you mean validate_certs\?"),
        ({"pasword": "p", "usrname": "u"}, r"Unknown options pasword, usrname\. Did you mean password for pasword, username for usrname\?"),
        ({"xyz": 1}, r"Unknown option xyz\. Known are access_token, .*, otp, .*, username, validate_certs, verify\."),
        ({"client-Id": "c"}, r"Unknown option client-Id\. Did you mean client_id\?"),
        *(
            ({name: None}, r"Unknown option \(a name that is not repeated, because it may be a secret\)\. (Did you mean password\?|Known are .*)")
            for name in ("Hunter-2-Word", "Pass-Word-1", "x7Kqp", "f59fb84e-c896", "two words", "a_b_c_d_e_f", "", "kä")
        ),
        ({"xyz": 1, "usrname": "u"}, r"Unknown options usrname, xyz\. Did you mean username for usrname\? Known are access_token, .*"),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else "",
)
def test_an_unknown_option_is_refused_with_the_one_that_was_meant(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        fac(**options)
    assert re.fullmatch(message, str(caught.value))


@pytest.mark.parametrize("option", ["access_token", "challenge", "challenge_response", "code", "code_verifier", "force", "refresh_token", "session", "state"])
@pytest.mark.parametrize("spec", [FORTICWP_TOKEN, FAC_TOKEN, FAC_TOKEN_INFO], ids=["forticwp", "fac", "info"])
def test_what_works_once_never_comes_from_the_environment(spec: Spec, option: str) -> None:
    assert "fallback" not in spec.get(option, {})


def test_the_names_of_the_variables() -> None:
    common = {"SERVER", "VALIDATE_CERTS", "CA_PATH", "CLIENT_CERT", "CLIENT_KEY", "TIMEOUT", "RETRIES"}
    user = {"USERNAME", "PASSWORD", "GRANT_TYPE", "MIN_VALIDITY"}
    own = {"VERIFY", "REALM", "IAM_ACCOUNT", "IAM_USER", "CLIENT_ID", "CLIENT_SECRET", "SCOPE", "REDIRECT_URI"}
    push = {"METHOD", "PUSH_TIMEOUT", "PUSH_INTERVAL", "ON_CHALLENGE"}
    assert environment_variables(FAC_TOKEN) == {"FORTI_OAUTH_CACHE"} | {f"FAC_{name}" for name in common | user | own | push}
    assert environment_variables(FORTICWP_TOKEN) == {"FORTI_OAUTH_CACHE"} | {f"FORTICWP_{name}" for name in common | user | {"CREDENTIAL"}}
    assert environment_variables(FAC_TOKEN_INFO) == {f"FAC_{name}" for name in common | {"CLIENT_ID"}}


@pytest.mark.parametrize("spec", [FAC_TOKEN, FORTICWP_TOKEN], ids=["fac", "forticwp"])
def test_a_variable_has_the_name_of_the_environment_variable(spec: Spec) -> None:
    named = {environment_variable(spec, name): variable for name, variable in variables(spec).items()}
    assert named.pop("FORTI_OAUTH_CACHE") == "forti_oauth_cache"
    assert {variable.upper().replace("FAC_OAUTH_", "FAC_") for variable in named.values()} == set(named)


def test_a_line_end_in_the_environment_is_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAC_PASSWORD", "hunter2\n")
    monkeypatch.setenv("FAC_USERNAME", "\r\n")
    assert (fac()["password"], fac()["username"]) == ("hunter2", None)
    monkeypatch.setenv("FAC_PASSWORD", "hunter\n2")
    with pytest.raises(OptionError, match=r"^password holds a line end"):
        fac()


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


@pytest.mark.parametrize("spec", [FAC_TOKEN, FAC_TOKEN_INFO, FORTICWP_TOKEN, FORTICWP_RESOURCE_MAP_INFO, TOKEN_STORE, TOKEN_STORE_INFO])
def test_core_hides_each_option_that_is_a_secret(spec: Spec) -> None:
    """C(cache) may hold a password beside what a person must read: its messages are cleaned by the collection. client_key is a path."""
    secret = re.compile("password|secret|token|code|credential|verifier|session|response|key")
    assert {name for name, option in spec.items() if secret.search(name) and not option.get("no_log")} <= {"client_key"}
    assert all(secret.search(name) for name, option in spec.items() if option.get("no_log"))


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
