# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lookup's miss: its options by core's precedence, what it refuses, and what return_as gives."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING, Any

import pytest
from ansible import constants as C
from ansible.config.manager import ConfigManager
from ansible.errors import AnsibleLookupError
from ansible_collections.forti.oauth.plugins.plugin_utils import _lookup_miss
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import TokenProvider

from tests.unit.plugins.plugin_utils.core import USER, Core

if TYPE_CHECKING:
    from extensions.simulator import Simulator

LEVELS = ("call", "variable", "environment", "ansible.cfg")


class Seen(Exception):
    """Stops a lookup when it has its options."""


@pytest.fixture
def config(tmp_path: pathlib.Path) -> pathlib.Path:
    """An ansible.cfg, which core reads when C(use) is called."""
    return tmp_path / "ansible.cfg"


def use(config: pathlib.Path, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(content)
    monkeypatch.setattr(C, "config", ConfigManager(str(config)))


def options_of(core: Core, monkeypatch: pytest.MonkeyPatch, variables: dict[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    """Return the validated options of a lookup. Nothing is sent."""
    seen: list[Any] = []

    class Provider(TokenProvider):
        def __init__(self, service: Any, **_more: Any) -> None:
            seen.append(service)
            raise Seen

    with monkeypatch.context() as changed:
        changed.setattr(_lookup_miss, "TokenProvider", Provider)
        with pytest.raises(Seen):
            core.lookup(None, variables, **given)
    options: dict[str, Any] = seen[0].options
    return options


@pytest.mark.parametrize("highest", range(5), ids=[*LEVELS, "default"])
def test_an_option_comes_from_the_call_then_a_variable_the_environment_ansible_cfg_and_its_default(
    core: Core, config: pathlib.Path, monkeypatch: pytest.MonkeyPatch, highest: int
) -> None:
    levels = LEVELS[highest:]
    use(config, "[fac_oauth]\ntimeout = 4\n" if "ansible.cfg" in levels else "", monkeypatch)
    if "environment" in levels:
        monkeypatch.setenv("FAC_TIMEOUT", "3")
    variables = {"fac_oauth_timeout": "2"} if "variable" in levels else {}
    given = {"timeout": 1} if "call" in levels else {}
    assert options_of(core, monkeypatch, variables, **USER, **given)["timeout"] == [1, 2, 3, 4, 30][highest]


@pytest.mark.parametrize("source", ["environment", "ansible.cfg"])
@pytest.mark.parametrize("empty", ["", None], ids=["empty text", "none"])
def test_an_option_that_is_empty_is_not_set(core: Core, config: pathlib.Path, monkeypatch: pytest.MonkeyPatch, empty: str | None, source: str) -> None:
    if source == "environment":
        monkeypatch.setenv("FAC_CLIENT_ID", source)
    else:
        use(config, f"[fac_oauth]\nclient_id = {source}\n", monkeypatch)
    given = {name: USER[name] for name in ("username", "password")}
    assert options_of(core, monkeypatch, **given, client_id=empty)["client_id"] == source
    assert options_of(core, monkeypatch, {"fac_oauth_client_id": empty}, **given)["client_id"] == source


def test_an_environment_variable_that_is_empty_is_not_set(core: Core, config: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(config, "[fac_oauth]\nclient_id = from-ansible-cfg\n", monkeypatch)
    monkeypatch.setenv("FAC_CLIENT_ID", "")
    monkeypatch.setenv("FAC_REALM", "")
    options = options_of(core, monkeypatch, **{name: USER[name] for name in ("username", "password")})
    assert (options["client_id"], options["realm"]) == ("from-ansible-cfg", None)


def test_ansible_cfg_holds_no_secret(core: Core, config: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(config, "[fac_oauth]\npassword = from-ansible-cfg\n[forti_oauth]\ncache = none\n", monkeypatch)
    with pytest.raises(AnsibleLookupError, match=r"^password is missing"):
        core.lookup(client_id="ansible", username="luser1")
    assert options_of(core, monkeypatch, **USER)["cache"] == "none"


@pytest.mark.parametrize(
    ("variables", "environment"), [({"forti_oauth_cache": "none"}, {}), ({}, {"FORTI_OAUTH_CACHE": "none"})], ids=["variable", "environment"]
)
def test_the_services_share_where_tokens_are_kept(core: Core, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert options_of(core, monkeypatch, variables, **USER)["cache"] == "none"
    assert options_of(core, monkeypatch, variables, name="forticwp_token", credential="c")["cache"] == "none"


def test_an_alias_is_the_option(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    assert options_of(core, monkeypatch, **USER, otp="123456")["challenge_response"] == "123456"


ONLY_THE_MODULE = r"Only the module has it: a lookup gets a token or fails\.$"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *((name, r"Did you mean timeout\?$") for name in ("tiemout", "fac_oauth_timeout")),
        ("returnas", r"Did you mean return_as\?$"),
        ("tpo", r"Did you mean otp\?$"),
        *((name, ONLY_THE_MODULE) for name in ("state", "access_token", "on_challenge")),
        ("xyz", r"Known are .*otp.*return_as.*timeout"),
    ],
)
def test_an_unknown_option_is_refused_and_the_one_that_was_meant_is_named(core: Core, sim: Simulator, name: str, said: str) -> None:
    with pytest.raises(AnsibleLookupError, match=rf"^Unknown option {name}\. {said}"):
        core.lookup(**{**USER, name: "x"})
    assert sim.requests == []


@pytest.mark.parametrize("terms", [["x"], [""], [None]], ids=str)
def test_terms_are_refused(core: Core, sim: Simulator, terms: list[Any]) -> None:
    with pytest.raises(AnsibleLookupError, match=r"^This lookup takes no terms, only options by name"):
        core.lookup(terms, **USER)
    assert sim.requests == []


def test_return_as(core: Core) -> None:
    token = core.lookup(**USER)
    whole = core.lookup(**USER, return_as="dict")
    assert core.lookup(**USER, return_as="authorization") == whole["authorization"] == f"Bearer {token}"
    assert core.lookup(**USER, return_as="access_token") == core.lookup(**USER, return_as="") == whole["access_token"] == token
    assert "changed" not in whole
    with pytest.raises(AnsibleLookupError, match="return_as must be one of: access_token, authorization, dict"):
        core.lookup(**USER, return_as="header")


@pytest.mark.parametrize("min_validity", [60, 10_000_000], ids=["good", "never good for so long"])
def test_an_answer_is_stored_only_as_long_as_the_cache_would_give_it(core: Core, run_folder: pathlib.Path, min_validity: int) -> None:
    core.lookup(**USER, min_validity=min_validity)
    assert len(list((run_folder / "answers").glob("*.token"))) == (1 if min_validity == 60 else 0)


def test_a_lookup_of_the_other_service(core: Core, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    options = options_of(core, monkeypatch, {"forticwp_server": sim.host}, name="forticwp_token", credential="c")
    assert (options["server"], options["credential"]) == (sim.url, "c")
