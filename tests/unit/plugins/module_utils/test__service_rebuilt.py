# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A delegated host is not believed: of what its module claims, each service rebuilds only what the server could have answered."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator, FortiAuthenticatorInfo
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._forticwp_resource_map import ResourceMap
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService

from tests.unit.plugins.module_utils.samples import CWP, FAC, USER

EVIL = "https://evil.example.com"
# What a host may add to steer the play, or to be taken for the controller's.
LIES: dict[str, Any] = {
    "server": EVIL,
    "ansible_facts": {"fac_oauth_server": EVIL},
    "_ansible_no_log": False,
    "invocation": {"module_args": {"password": "p"}},
    "failed": False,
    "msg": "\x1b[31m",
    "access_token": "of-the-host",
    "companies": [{"resource_url": EVIL}],
    "warnings": ["x"],
}
TOKEN = {**FAC, "access_token": "A30"}
MAP = {**CWP, "access_token": "T1"}
EVERY = [
    pytest.param(FortiAuthenticator, {**USER, "state": "absent"}, {"changed": False, "server": "https://fac.example.com"}, id="fac"),
    pytest.param(FortiCwp, {**CWP, "state": "absent"}, {"changed": False, "server": "https://www.forticwp.com"}, id="cwp"),
    pytest.param(
        FortiAuthenticatorInfo, TOKEN, {"changed": False, "server": "https://fac.example.com", "valid": False, "username": None, "expires_in": None}, id="info"
    ),
    pytest.param(ResourceMap, MAP, {"changed": False, "server": "https://www.forticwp.com", "resource_map": []}, id="map"),
]


def rebuilt(kind: type[TokenService], options: dict[str, Any], **claimed: Any) -> dict[str, Any]:
    return kind.from_options(options, explicit=options, warn=pytest.fail, notify=pytest.fail, delegated_to="jump").rebuilt(claimed)


@pytest.mark.parametrize(("service", "options", "expected"), EVERY)
def test_the_server_is_the_one_that_was_asked_and_what_nobody_asked_for_is_dropped(
    service: type[TokenService], options: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert rebuilt(service, options, changed=False, resource_map=[], **LIES) == expected


@pytest.mark.parametrize(
    ("changed", "is_change"), [(True, True), (False, False), (None, False), (1, False), ("yes", False), ("true", False), ([1], False)], ids=str
)
def test_only_a_plain_true_is_a_change(changed: Any, is_change: bool) -> None:
    absent = {**TOKEN, "state": "absent"}
    assert rebuilt(FortiAuthenticator, absent, changed=changed)["changed"] is is_change
    assert rebuilt(FortiAuthenticator, absent)["changed"] is False


@pytest.mark.parametrize(("service", "options"), [(FortiAuthenticatorInfo, TOKEN), (ResourceMap, MAP)], ids=["info", "map"])
def test_what_only_reads_is_no_change_whatever_the_host_says(service: type[TokenService], options: dict[str, Any]) -> None:
    assert rebuilt(service, options, changed=True, resource_map=[])["changed"] is False


def info(**claimed: Any) -> tuple[Any, Any, Any]:
    result = rebuilt(FortiAuthenticatorInfo, TOKEN, **claimed)
    assert set(result) == {"changed", "server", "valid", "username", "expires_in"}
    return result["valid"], result["username"], result["expires_in"]


def test_a_live_token_is_told_as_the_server_tells_it() -> None:
    assert info(valid=True, username="luser1", expires_in=3600) == (True, "luser1", 3600)
    assert info(valid=True) == (True, None, None)


@pytest.mark.parametrize("valid", ["true", "yes", "True", 1, [True], {"valid": True}, None, False, ""], ids=repr)
def test_a_token_is_valid_only_by_a_plain_true(valid: Any) -> None:
    assert info(valid=valid, username="luser1", expires_in=3600) == (False, None, None)


@pytest.mark.parametrize(
    ("username", "told"),
    [
        ("a\nb", "a b"),
        ("\x1b[31mroot\x1b[0m", "[31mroot [0m"),
        ("a\x9bb\u202ec", "a b c"),
        ("\ud800u", "u"),
        ("größe", "größe"),
        ("x" * 5000, "x" * 200 + "…"),
        (5, None),
        (["luser1"], None),
        ({"a": 1}, None),
        (True, None),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_user_name_is_one_short_line_or_none(username: Any, told: str | None) -> None:
    assert info(valid=True, username=username) == (True, told, None)


@pytest.mark.parametrize("expires_in", ["3600", 1.5, True, [3600], {}, "\x1b"], ids=repr)
def test_seconds_that_are_no_whole_number_are_left_out(expires_in: Any) -> None:
    assert info(valid=True, expires_in=expires_in) == (True, None, None)


def resource_map(value: Any) -> Any:
    return rebuilt(ResourceMap, MAP, resource_map=value, server=EVIL)["resource_map"]


def test_a_map_keeps_its_shape_and_loses_what_steers_a_terminal() -> None:
    claimed = [{"companyMapSet": [{"companyId": 7, "company\nName": "\x1b[31mEvil\u202e Corp\x9b"}], "roleId": None, "x": [1.5, True, {"\ud800": "\ud800"}]}]
    assert resource_map(claimed) == [
        {"companyMapSet": [{"companyId": 7, "company Name": " [31mEvil  Corp "}], "roleId": None, "x": [1.5, True, {" ": " "}]},
    ]


@pytest.mark.parametrize("value", [None, "[]", {}, {"0": []}, 5, True], ids=repr)
def test_what_is_no_list_is_no_map(value: Any) -> None:
    with pytest.raises(BadResponse) as caught:
        resource_map(value)
    assert str(caught.value) == "https://www.forticwp.com sent no resource map. Check that server is the service that issued the token."


def test_a_result_without_a_map_is_a_bad_response() -> None:
    with pytest.raises(BadResponse, match=r"^https://www\.forticwp\.com sent no resource map\."):
        rebuilt(ResourceMap, MAP, changed=False, server=EVIL)
