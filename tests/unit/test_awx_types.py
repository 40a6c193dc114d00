# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential types for AWX name the options that there are, and an empty field is one that is not set."""

from __future__ import annotations

import pathlib
import re
import stat
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._argspec import FAC_TOKEN, FORTICWP_TOKEN, Spec, environment_variables
from ansible_collections.forti.oauth.plugins.module_utils._options import validated

from tests.tools.awx_types import CREDENTIAL_TYPES, inject

pytest.importorskip("flask", reason="it needs flask, which is not installed")
pytest.importorskip("trustme", reason="it needs trustme, which is not installed")
from tests.awx.checks import check_credential_type

CACHE: Spec = {"cache": FAC_TOKEN["cache"]}
SPECS: dict[str, Spec] = {
    "fac": {name: option for name, option in FAC_TOKEN.items() if name != "cache"},
    "forticwp": {name: option for name, option in FORTICWP_TOKEN.items() if name != "cache"},
    "redis": CACHE,
}
NEEDED = {
    "fac": {"server": "fac.example.com", "client_id": "ansible", "password": "Pass-Word-12345678"},
    "forticwp": {"credential": "f59fb84e-c896-4d38-91f3-1eee401823b6"},
    "redis": {"url": "redis://redis.example.com:6379/0"},
}


def fields(key: str) -> dict[str, dict[str, Any]]:
    return {field["id"]: field for field in CREDENTIAL_TYPES[key]["inputs"]["fields"]}


def options(monkeypatch: pytest.MonkeyPatch, key: str, inputs: dict[str, Any], folder: pathlib.Path) -> dict[str, Any]:
    """Return the options of a task in a job that has such a credential."""
    pytest.importorskip("awx_plugins.interfaces", reason="AWX's own code is not on this machine, or Python is too old for it")
    for name, value in inject(key, inputs, folder).env.items():
        monkeypatch.setenv(name, value)
    return validated(SPECS[key], {})


@pytest.mark.parametrize("key", CREDENTIAL_TYPES)
def test_awx_would_keep_a_type_as_it_is(key: str) -> None:
    assert check_credential_type(CREDENTIAL_TYPES[key]) == CREDENTIAL_TYPES[key]
    assert all("type" in field for field in fields(key).values())


@pytest.mark.parametrize("key", CREDENTIAL_TYPES)
def test_only_the_environment_gets_something_and_only_what_an_option_reads(key: str) -> None:
    injectors = CREDENTIAL_TYPES[key]["injectors"]
    assert set(injectors) <= {"env", "file"}
    assert set(injectors["env"]) <= environment_variables(SPECS[key])


def test_two_credentials_of_a_job_do_not_undo_each_other() -> None:
    names = [name for known in CREDENTIAL_TYPES.values() for name in known["injectors"]["env"]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("key", CREDENTIAL_TYPES)
def test_a_field_is_secret_if_its_option_is(key: str) -> None:
    of_variable = {option["fallback"][1][0]: option for option in SPECS[key].values() if "fallback" in option}
    secret = {"client_cert"} if key == "fac" else {"url"} if key == "redis" else set()  # a key; a URL with a password
    for variable, template in CREDENTIAL_TYPES[key]["injectors"]["env"].items():
        if of_variable[variable].get("no_log"):
            secret |= fields(key).keys() & set(re.findall(r"\w+", template))
    assert {name for name, field in fields(key).items() if field.get("secret")} == secret


@pytest.mark.parametrize("key", CREDENTIAL_TYPES)
def test_a_field_that_an_option_needs_is_required(key: str) -> None:
    needed = {name for name, option in SPECS[key].items() if option.get("required")}
    assert needed <= set(CREDENTIAL_TYPES[key]["inputs"].get("required", [])) == set(NEEDED[key])


@pytest.mark.parametrize("key", CREDENTIAL_TYPES)
def test_no_field_has_choices_of_which_awx_would_take_the_first(key: str) -> None:
    assert not [name for name, field in fields(key).items() if "choices" in field]


@pytest.mark.parametrize("form", ["missing", "empty"])
@pytest.mark.parametrize("key", CREDENTIAL_TYPES)
def test_an_empty_field_is_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, key: str, form: str) -> None:
    empty = {name: False if field["type"] == "boolean" else "" for name, field in fields(key).items()}
    given = options(monkeypatch, key, {**(empty if form == "empty" else {}), **NEEDED[key]}, tmp_path)
    option_of = {"url": "cache"}
    assert given == validated(SPECS[key], {option_of.get(name, name): value for name, value in NEEDED[key].items()})


@pytest.mark.parametrize("key", ["fac", "forticwp"])
def test_each_field_sets_its_option(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, key: str) -> None:
    filled = {name: True if field["type"] == "boolean" else f"{name}.example" for name, field in fields(key).items()}
    given = options(monkeypatch, key, filled, tmp_path)
    assert given.pop("server") == "https://server.example"
    assert given.pop("validate_certs") is False
    for option, field in (("ca_path", "ca_cert"), ("client_cert", "client_cert")):
        if field in filled:
            path = pathlib.Path(given.pop(option))
            assert path.read_text() == f"{field}.example"
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    others = filled.keys() - {"server", "ca_cert", "client_cert", "skip_certificate_check"}
    assert {name: given[name] for name in others} == {name: filled[name] for name in others}


@pytest.mark.parametrize(
    ("url", "added"),
    [
        ("redis://redis.example.com/0", ""),
        ("rediss://redis.example.com/0", "?ssl_ca_certs="),
        ("rediss://redis.example.com/0?ssl_cert_reqs=required", "&ssl_ca_certs="),
    ],
)
def test_a_ca_certificate_for_redis_goes_into_the_url(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, url: str, added: str) -> None:
    cache = options(monkeypatch, "redis", {"url": url, "ca_cert": "a certificate"}, tmp_path)["cache"]
    address, _mark, path = cache.partition(added) if added else (cache, "", "")
    assert address == url
    assert not added or pathlib.Path(path).read_text() == "a certificate"
