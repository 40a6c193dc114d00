# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource map: how it is read, and what becomes of it: companies with headers, or one line that says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse, FortiError, OptionError
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._forticwp_resource_map import ResourceMap, chosen, companies

if TYPE_CHECKING:
    from extensions.simulator import Simulator


SERVER = "https://www.forticwp.com"
ENTRY: dict[str, Any] = {"resourceURL": SERVER, "roleId": 1, "username": "u", "companyMapSet": [{"companyId": 2, "companyName": "Example"}]}
TWO = [{"companyId": 2, "companyName": "Example"}, {"companyId": 3, "companyName": "Other"}]
HEADERS = {"Authorization": "Bearer T30", "Content-Type": "application/json", "companyId": "2", "roleId": "1"}
NOT_HTTPS = f"{SERVER} names no https address as resourceURL. It is left out: resource_url is not set. Tokens are never sent over plain http."


def read(*entries: Any, warned: list[str] | None = None) -> list[dict[str, Any]]:
    return companies(list(entries), server=SERVER, access_token="T30", warn=pytest.fail if warned is None else warned.append)


def test_a_company_as_the_vendors_page_shows_it() -> None:
    assert read(ENTRY) == [{"company_id": 2, "company_name": "Example", "role_id": 1, "bu_ids": [], "resource_url": SERVER, "headers": HEADERS}]


def test_every_company_of_every_entry() -> None:
    other = {"resourceURL": "https://eu.forticwp.com/", "companyMapSet": [{"companyId": "7"}]}
    found = read({**ENTRY, "companyMapSet": TWO}, other)
    assert [(company["company_id"], company["role_id"], company["resource_url"]) for company in found] == [
        (2, 1, SERVER),
        (3, 1, SERVER),
        ("7", None, "https://eu.forticwp.com"),
    ]
    assert "roleId" not in found[2]["headers"]
    assert (found[2]["headers"]["companyId"], found[2]["company_name"]) == ("7", None)


@pytest.mark.parametrize(
    ("units", "expected"), [([], None), ([{"companyId": 2, "buId": 7}], "7"), ([{"companyId": 2, "buId": 7}, {"companyId": 2, "buId": 8}], None)]
)
def test_a_business_unit_is_in_the_headers_where_there_is_one(units: list[Any], expected: str | None) -> None:
    (company,) = read({**ENTRY, "buMapSet": units})
    assert company["headers"].get("buId") == expected
    assert company["bu_ids"] == [unit["buId"] for unit in units]


def test_a_company_that_only_business_units_name() -> None:
    """FortiCASB's map, as public clients read it."""
    entry = {"resourceURL": SERVER, "roleId": 1, "buMapSet": [{"companyId": 2, "buId": 7}, {"companyId": 3, "buId": 8}, {"companyId": 3, "buId": 9}]}
    assert [(company["company_id"], company["bu_ids"]) for company in read(entry)] == [(2, [7]), (3, [8, 9])]


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        5,
        "http://www.forticwp.com",
        "www.forticwp.com",
        "https://",
        "https://u:p@www.forticwp.com",
        "https://h/?a=b",
        "https://h:99999",
        "https://a b",
    ],
)
def test_an_address_that_is_not_https_is_left_out(url: Any) -> None:
    warned: list[str] = []
    (company,) = read({**ENTRY, "resourceURL": url}, warned=warned)
    assert "resource_url" not in company
    assert warned == [NOT_HTTPS]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], f"{SERVER} lists no company for this account. Check that the user of the credential belongs to one."),
        ([{"resourceURL": SERVER}], f"{SERVER} lists no company for this account. Check that the user of the credential belongs to one."),
        (["text"], f"{SERVER} sent a resource map with an entry that is not a JSON object. Check that server is the service that issued the token."),
        ([{"companyMapSet": [{}]}], f"{SERVER} sent a resource map without companyId. Check that server is the service that issued the token."),
        (
            [{"companyMapSet": {"companyId": 2}}],
            f"{SERVER} sent a resource map whose companyMapSet is not a list of JSON objects. Check that server is the service that issued the token.",
        ),
        ([{"buMapSet": [{"companyId": 2}]}], f"{SERVER} sent a resource map without buId. Check that server is the service that issued the token."),
    ],
)
def test_what_is_no_map(entries: list[Any], message: str) -> None:
    with pytest.raises(BadResponse) as caught:
        read(*entries)
    assert str(caught.value) == message


@pytest.mark.parametrize("value", [True, 2.0, "", "2\nX-Other: 1", "ü", [2], {"a": 1}])
def test_an_id_that_cannot_stand_in_a_header(value: Any) -> None:
    with pytest.raises(BadResponse, match="with an unusable companyId"):
        read({**ENTRY, "companyMapSet": [{"companyId": value}]})


def test_the_choice() -> None:
    known = read({**ENTRY, "companyMapSet": [*TWO, {"companyId": 4, "companyName": "2"}]})
    assert chosen(known[:1], None, server=SERVER) == known[0]
    assert chosen(known, None, server=SERVER) == {}
    assert chosen(known, "Other", server=SERVER) == known[1]
    assert chosen(known, "2", server=SERVER) == known[0]  # an ID comes first


@pytest.mark.parametrize(("wanted", "what"), [("No", "no such company"), ("Example", "more than one such company. Give its ID, or take it from companies")])
def test_a_choice_that_is_none(wanted: str, what: str) -> None:
    known = read({**ENTRY, "companyMapSet": [TWO[0], {"companyId": 3, "companyName": "Example"}, {"companyId": 4}]})
    with pytest.raises(OptionError) as caught:
        chosen(known, wanted, server=SERVER)
    assert str(caught.value) == f"company: {SERVER} lists {what}. It lists 2 (Example), 3 (Example), 4 (no name)."


def test_a_long_list_is_cut() -> None:
    known = read({**ENTRY, "companyMapSet": [{"companyId": number} for number in range(30)]})
    with pytest.raises(OptionError, match=r"18 \(no name\), 19 \(no name\) and more\."):
        chosen(known, "x", server=SERVER)


def service_for(options: dict[str, Any]) -> ResourceMap:
    return ResourceMap.from_options(options, explicit=options, warn=pytest.fail, notify=pytest.fail)


def test_a_given_token_needs_no_credential() -> None:
    assert service_for({"access_token": "T30"}).options["access_token"] == "T30"
    with pytest.raises(OptionError, match="credential is missing"):
        service_for({})
    with pytest.raises(OptionError, match="access_token holds a space"):
        service_for({"access_token": "Bearer T30"})


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_map_is_read_with_the_token_alone(sim: Simulator, check_mode: bool) -> None:
    login = {"server": sim.host, "ca_path": sim.ca, "credential": "f59fb84e-c896-4d38-91f3-1eee401823b6"}
    access_token = FortiCwp.from_options(login, explicit=login, warn=pytest.fail, notify=pytest.fail).fetch().access_token
    result = service_for({"server": sim.host, "ca_path": sim.ca, "access_token": access_token}).run(check_mode=check_mode)
    entry = {"resourceURL": sim.url, "roleId": 1, "username": "cwp@example.com", "companyMapSet": [{"companyId": 2, "companyName": "Example"}]}
    assert result == {"changed": False, "server": sim.url, "resource_map": [entry]}
    request = sim.requests[-1]
    assert (request["method"], request["path"], request["query"], request["body"]) == ("GET", "/api/v1/resourceURLMap", "", "")
    assert (request["headers"]["Authorization"], request["headers"]["Content-Type"]) == (f"Bearer {access_token}", "application/json")


def test_nothing_in_a_map_steers_a_terminal(sim: Simulator) -> None:
    sim.fault("/api/v1/resourceURLMap", status=200, body=[{"company\nName": "\x1b[31mEvil\u202e", "ids": [1, None, {"\x9b": "\ud800"}]}])
    result = service_for({"server": sim.host, "ca_path": sim.ca, "access_token": "J.W.T"}).run(check_mode=False)
    assert result["resource_map"] == [{"company Name": " [31mEvil ", "ids": [1, None, {" ": " "}]}]


ENDED = "The token has ended, or another server issued it. Get a new one, for example with force."
NO_LIST = "Check that server is the token service, and not a proxy or a login page."


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param({"status": 400}, "400. Check that server is the one that issued the token.", id="400"),
        pytest.param({"status": 401}, f"401. {ENDED}", id="401"),
        pytest.param(None, f"401 invalid_token (The access token is not valid.). {ENDED}", id="unknown token"),
        pytest.param({"status": 403}, "403. Check that this account may use the API.", id="403"),
        pytest.param({"status": 404}, "404. Check server: there is no resource map at this address.", id="404"),
        pytest.param({"status": 405}, "405. Check server: there is no resource map at this address.", id="405"),
        pytest.param({"status": 200, "body": {"a": 1}}, f"200 with no JSON list. {NO_LIST}", id="not a list"),
    ],
)
def test_a_map_that_cannot_be_read_says_what_to_check(sim: Simulator, fault: dict[str, Any] | None, said: str) -> None:
    if fault is not None:
        sim.fault("/api/v1/resourceURLMap", **fault)
    with pytest.raises(FortiError) as caught:
        service_for({"server": sim.host, "ca_path": sim.ca, "access_token": "J.W.T"}).run(check_mode=False)
    assert str(caught.value) == f"{sim.url} answered {said}"
