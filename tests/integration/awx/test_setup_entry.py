# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""forti.oauth.awx_setup, where AWX does not let it in: what it says, and that it tries once."""

from __future__ import annotations

import pytest

from tests.awx import Awx
from tests.awx.server import PASSWORD, USER

from .values import Setup


def test_a_wrong_password_is_tried_once(awx: Awx, setup: Setup) -> None:
    assert "Failed to get token: HTTP Error 401" in setup({}, fails=True, CONTROLLER_USERNAME=USER, CONTROLLER_PASSWORD="not-the-password-4711")
    assert awx.api.requests == [("POST", "/api/v2/tokens/")]


@pytest.mark.long
@pytest.mark.parametrize("prefix", ["/api/", "/api/controller/"])
def test_an_awx_that_gives_no_token_for_a_password_wants_one(awx: Awx, setup: Setup, prefix: str) -> None:
    awx.api.makes_tokens = False
    variables = {"CONTROLLER_USERNAME": USER, "CONTROLLER_PASSWORD": PASSWORD, "CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX": prefix}
    output = setup({}, "-vvvv", fails=True, **variables)
    assert "Failed to get token: HTTP Error 404" in output
    assert "Newer ones give no token for user and password: make one, and set CONTROLLER_OAUTH_TOKEN instead." in output
    assert len(awx.api.requests) == 1


def test_the_path_of_the_api_is_checked(awx: Awx, setup: Setup) -> None:
    output = setup({}, fails=True, CONTROLLER_OAUTH_TOKEN="any", CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX="/api/controller")
    assert "CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX is /api/controller. It must begin and end with a slash: /api/controller/." in output
    assert awx.api.requests == []


@pytest.mark.long
def test_another_path_is_told(awx: Awx, setup: Setup) -> None:
    token = awx.api.new_token()[1]
    output = setup({}, fails=True, CONTROLLER_OAUTH_TOKEN=token, CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX="/nowhere/")
    assert "CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX is /api/ for AWX, and /api/controller/ for Automation Platform from 2.5 on." in output


def test_an_organization_that_is_not_there_is_told(awx: Awx, setup: Setup) -> None:
    output = setup({"awx_setup_organization": "Nobody"}, fails=True)
    assert "There is no organization Nobody, or you may not see it." in output
    assert awx.writes() == []


@pytest.mark.daily("https://")
@pytest.mark.parametrize("address", ["", "https://"])
def test_no_address_is_told(awx: Awx, setup: Setup, address: str) -> None:
    output = setup({}, fails=True, CONTROLLER_OAUTH_TOKEN="any", CONTROLLER_HOST=address)
    assert "Set the environment variable CONTROLLER_HOST to the address of AWX, such as https://awx.example.com." in output
    assert awx.api.requests == []


@pytest.mark.daily(r"\r")
@pytest.mark.parametrize("end", ["\r", "\n", " "])
def test_a_token_that_fits_no_header_is_not_shown(awx: Awx, setup: Setup, end: str) -> None:
    output = setup({}, "-vvvv", fails=True, CONTROLLER_OAUTH_TOKEN=f"{awx.api.new_token()[1]}{end}")
    assert "CONTROLLER_OAUTH_TOKEN holds a blank or a control character" in output
    assert awx.api.requests == []
