# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 6: what is foreign is data. Its depth and size are bounded, and no control character of it reaches a screen."""

from __future__ import annotations

import json
import pathlib
import re
import time

import pytest
import redis

from tests.integration.harness import Player
from tests.tools.redis_server import RedisServer

MAP = "/api/v1/resourceURLMap"
TOKEN = "/api/v1/oauth/token/"
READ = "- {forti.oauth.forticwp_resource_map_info: {access_token: abc}, register: %s, ignore_errors: true}\n"
LOGIN = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'%s}, register: r, ignore_errors: true}\n"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
COMPANY = '[{"roleId": 1, "resourceURL": "https://x.example.com", "companyMapSet": [{"companyId": 1, "companyName": %s}]}]'


@pytest.mark.parametrize(
    "body",
    [
        '[{"roleId": NaN}]',
        '[{"roleId": 1e999}]',
        '[{"roleId": -Infinity}]',
        "[" * 300 + "]" * 300,
        "[" * 200_000,
        f"[{','.join(['[]'] * 300_000)}]",
        f'[{{"x": {"9" * 5000}}}]',
    ],
    ids=["NaN", "too large a number", "infinite", "300 deep", "200,000 deep", "300,000 lists", "5,000 digits"],
)
def test_a_map_that_is_no_map_is_a_clear_error_at_once(play: Player, body: str) -> None:
    play.sim.fault(MAP, status=200, content_type="application/json", body=body)
    began = time.monotonic()
    outcome = play(READ % "r", keep="r")
    assert "answered 200 with no JSON list. Check that server is the token service" in outcome["r"]["msg"]
    assert time.monotonic() - began < 60


def test_a_map_comes_without_control_characters(play: Player) -> None:
    """A company's name is shown where it is not found, and in the map, which core masks only in part from 2.22 on."""
    name = json.dumps("A\x1b[31mB\x9b1mC\u202eD\ud800E")
    play.sim.fault(MAP, status=200, content_type="application/json", body=COMPANY % name, times=2)
    outcome = play(
        READ % "r" + "- {forti.oauth.forticwp_resource_map_info: {access_token: abc, company: other, force: true}, register: s, ignore_errors: true}\n",
        keep="r s",
    )
    assert outcome["r"]["company_name"] == "A [31mB 1mC D E"
    assert outcome["r"]["resource_map"][0]["companyMapSet"][0]["companyName"] == "A [31mB 1mC D E"
    assert "A [31mB 1mC D E" in outcome["s"]["msg"]
    assert not CONTROL.search(outcome.output)


def test_shown_fields_of_a_token_come_without_control_characters(play: Player) -> None:
    body = {"access_token": "abc", "token_type": "Bearer\x1b[1m", "scope": "a\x9bb\r\nc", "refresh_token": "r\x00", "id_token": "i\n", "expires_in": 60}
    play.sim.fault(TOKEN, status=200, content_type="application/json", body=json.dumps(body))
    outcome = play(LOGIN % "", keep="r")
    assert (outcome["r"]["token_type"], outcome["r"]["scope"]) == ("Bearer [1m", "a b  c")
    assert "refresh_token" not in outcome["r"] and "id_token" not in outcome["r"]
    assert not CONTROL.search(outcome.output)


PLANTED = (
    b'{"format": 3, "kind": "\\u001b]0;owned\\u0007", "service": "\\u001b[31m", "server": "https://x\\u001b[2J"'
    b', "client_id": {}, "expires_at": 1e999, "keep_until": "\\u009b"}\nrest'
)
INFO = "- {forti.oauth.token_store_info: {cache: '{{ store }}'}, register: found}\n- {debug: {var: found}}\n"


def test_what_somebody_plants_in_a_directory_steers_no_terminal(play: Player, tmp_path: pathlib.Path) -> None:
    store = tmp_path / "tokens"
    store.mkdir(mode=0o700)
    (store / f"{'ab' * 16}.token").write_bytes(PLANTED)
    (store / f"{'cd' * 16}.token").write_bytes(b"[" * 100_000)
    outcome = play(INFO, keep="found", variables={"store": str(store)})
    assert outcome["found"]["count"] == 2
    assert outcome["found"]["entries"] == [dict.fromkeys(("kind", "service", "server", "client_id", "expires_at", "kept_until"))] * 2
    assert not CONTROL.search(outcome.output)


def test_nor_in_redis_and_a_huge_entry_is_not_read(play: Player, redis_server: RedisServer, tmp_path: pathlib.Path) -> None:
    client = redis.Redis.from_url(redis_server.url)
    client.set("forti_oauth:token:" + "ab" * 16, PLANTED)
    client.setrange("forti_oauth:token:" + "cd" * 16, 200 * 1024 * 1024, b"x")
    outcome = play(INFO, keep="found", variables={"store": redis_server.url})
    assert outcome["found"]["count"] == 2
    assert {entry["kind"] for entry in outcome["found"]["entries"]} == {None}
    assert not CONTROL.search(outcome.output)
