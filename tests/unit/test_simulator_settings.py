# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's settings: from Python, from the control page, and from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.unit.simulator_calls import CLIENT_GRANT, CREDENTIALS, RAW, TOKEN, call, form, login, post, tell

if TYPE_CHECKING:
    from extensions.simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
DEFAULTS = {
    "latency": 0.0,
    "expires_as_string": False,
    "empty_client_secret": "as documented",
    "form_body": "as documented",
    "missing_slash": "as documented",
    "single_login": True,
    "lockout": "FortiAuthenticator",
    "lockout_seconds": 900.0,
    "refused_with_200": False,
    "token_status": 200,
}
CHANGES = {
    "latency": 0.01,
    "expires_as_string": True,
    "empty_client_secret": "as seen",
    "form_body": "as seen",
    "missing_slash": "as seen",
    "single_login": False,
    "lockout": "FortiCloud",
    "lockout_seconds": 1.5,
    "refused_with_200": True,
    "token_status": 201,
}


def lenient(sim: Simulator) -> tuple[bool, bool, bool]:
    """Whether the three lenient ways are open: an empty secret, a form, no slash."""
    answers = (
        post(sim, login(client_secret="")),
        form(sim, TOKEN, login()),
        form(sim, CREDENTIALS.rstrip("/"), CLIENT_GRANT, **RAW),
    )
    secret, body, slash = (answer.status_code == 200 for answer in answers)
    return secret, body, slash


def test_defaults_and_reset(sim: Simulator) -> None:
    assert sim.state["settings"] == DEFAULTS
    sim.settings(**CHANGES)
    assert sim.state["settings"] == CHANGES
    sim.reset()
    assert sim.state["settings"] == DEFAULTS


@pytest.mark.parametrize("name", CHANGES)
def test_control_page(sim: Simulator, name: str) -> None:
    changed = {**DEFAULTS, name: CHANGES[name]}
    assert tell(sim, "/settings", {name: CHANGES[name]}) == {"status": "done"}
    assert requests.get(f"{sim.control}/state", timeout=10).json()["settings"] == changed
    for value in (DEFAULTS[name], CHANGES[name]):  # a form of the page has texts only
        assert requests.post(f"{sim.control}/settings", data={name: str(value)}, timeout=10).ok
        assert sim.state["settings"][name] == value
    assert f"{name}</td><td>{CHANGES[name]}" in requests.get(sim.control, timeout=10).text


def test_control_page_opens_the_lenient_ways(sim: Simulator) -> None:
    names = ("empty_client_secret", "form_body", "missing_slash")
    for name in names:
        tell(sim, "/settings", {name: "as seen"})
        assert lenient(sim) == tuple(known == name for known in names)
        tell(sim, "/settings", {name: "as documented"})
    assert lenient(sim) == (False, False, False)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"colour": "red"}, "There is no setting colour"),
        ({"form_body": "yes"}, "form_body must be one of as documented, as seen"),
        ({"lockout": "none"}, "lockout must be one of FortiAuthenticator, FortiCloud"),
        ({"token_status": 204}, "token_status must be one of 200, 201"),
        ({"single_login": "perhaps"}, "single_login must be one of False, True"),
        ({"latency": "long"}, "latency must be a number of seconds"),
    ],
)
def test_wrong_settings(sim: Simulator, given: dict[str, Any], text: str) -> None:
    assert tell(sim, "/settings", given) == {"status": "refused", "error": text}
    with pytest.raises(ValueError, match=text):
        sim.settings(**given)
    assert sim.state["settings"] == DEFAULTS


def test_from_the_start(simulator: Simulator) -> None:
    with type(simulator)(form_body="as seen", latency=0.01) as own:
        own.settings(form_body="as documented", latency=0)
        own.reset()
        assert own.state["settings"] == {**DEFAULTS, "form_body": "as seen", "latency": 0.01}
        assert call(own, "POST", TOKEN, data=login()).status_code == 200
