# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource map: from a credential to a call with all its headers, for one login and one request."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.harness import PASSWORDS, Player, without_age

MAP = "/api/v1/resourceURLMap"
READ = "- {forti.oauth.forticwp_resource_map_info: , register: cwp}\n"
CREDENTIAL = {"FORTICWP_CREDENTIAL": PASSWORDS["credential"]}
SEVERITY = "- {uri: {url: '{{ %s.resource_url }}/api/v1/severity', headers: '{{ %s.headers }}', ca_path: '{{ ca }}'}, no_log: true}\n"
TWO = [{"companyId": 2, "companyName": "Example"}, {"companyId": 3, "companyName": "Other"}]
JSON = "application/json"
# The 403 last: what is refused is not asked again for a minute.
BAD_ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "HTML": ({"status": 200, "body": "<html>Welcome</html>", "content_type": "text/html"}, "answered 200 with an HTML page."),
    "no list": ({"status": 200, "body": '{"data": []}', "content_type": JSON}, "answered 200 with no JSON list."),
    "nothing": ({"status": 200, "body": ""}, "answered 200 with nothing."),
    "404": ({"status": 404, "body": ""}, "answered 404. Check server: there is no resource map at this address."),
    "redirect": ({"status": 302, "body": "", "headers": {"Location": "https://other.example.com/"}}, "answered 302, a redirect. It was not followed"),
    "403": ({"status": 403, "body": "", "repeat_request": True}, "answered 403"),
}


def asked(play: Player) -> dict[str, int]:
    """Return how often each address was asked."""
    return Counter(request["path"] for request in play.sim.requests)


def serve(play: Player, entries: Any, **more: Any) -> None:
    """Let the server answer with another map."""
    play.sim.fault(MAP, status=200, content_type=JSON, body=json.dumps(entries), **{"times": None, **more})


@pytest.mark.daily("run")
@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["run", "check mode"])
def test_from_a_credential_to_a_call(play: Player, arguments: tuple[str, ...]) -> None:
    alerts = (
        "- uri:\n    url: '{{ cwp.resource_url }}/api/v1/alert/list'\n    method: POST\n    headers: '{{ cwp.headers }}'\n    ca_path: '{{ ca }}'\n"
        "    body_format: json\n    body: {startTime: 1700000000000, endTime: 1700086400000, skip: 0, limit: 10}\n  no_log: true\n"
    )
    tasks = READ + SEVERITY % ("cwp", "cwp") + alerts + "- {forti.oauth.forticwp_token: , register: token}\n" + READ
    outcome = play(tasks, keep="cwp token", hosts=4, env=CREDENTIAL, variables={"ca": play.sim.ca}, arguments=arguments)
    calls = {} if arguments else {"/api/v1/severity": 4, "/api/v1/alert/list": 4}
    assert asked(play) == {"/api/v1/auth/credentials/token/": 1, MAP: 1, **calls}
    cwp, token = outcome.of_all("cwp")[0], outcome.of_all("token")[0]
    assert cwp["headers"] == {"Authorization": token["authorization"], "Content-Type": "application/json", "companyId": "2", "roleId": "1"}
    assert (cwp["company_id"], cwp["company_name"], cwp["role_id"], cwp["changed"]) == (2, "Example", 1, False)
    assert cwp["companies"][0]["headers"] == cwp["headers"]


@pytest.mark.long
def test_on_another_host(play: Player, python39: str) -> None:
    tasks = READ + "- {forti.oauth.forticwp_resource_map_info: {access_token: no-such-token}, register: bad, ignore_errors: true}"
    outcome = play(tasks, keep="cwp bad", hosts=3, env={**CREDENTIAL, "ANSIBLE_PYTHON_INTERPRETER": python39}, delegate_to="jump")
    assert asked(play) == {"/api/v1/auth/credentials/token/": 1, MAP: 2}
    assert {cwp["headers"]["companyId"] for cwp in outcome.of_all("cwp")} == {"2"}
    assert {bad["status"] for bad in outcome.of_all("bad")} == {401}


def test_several_companies(play: Player) -> None:
    serve(
        play,
        [
            {"resourceURL": play.sim.url, "roleId": 1, "companyMapSet": TWO},
            {"resourceURL": "http://plain.example.com", "buMapSet": [{"companyId": 4, "buId": 9}]},
        ],
    )
    chosen = READ.replace("info: ,", "info: {company: '%s'},").replace("register: cwp", "register: %s")
    tasks = (
        READ
        + chosen % (3, "by_id")
        + chosen % ("Example", "by_name")
        + chosen % (4, "casb")
        + chosen.replace("}\n", ", ignore_errors: true}\n") % ("No", "missing")
    )
    outcome = play(tasks, keep="cwp by_id by_name casb missing", env=CREDENTIAL)
    assert asked(play)[MAP] == 1
    assert "headers" not in outcome["cwp"]
    assert [company["company_id"] for company in outcome["cwp"]["companies"]] == [2, 3, 4]
    assert (outcome["by_id"]["company_name"], outcome["by_name"]["company_id"]) == ("Other", 2)
    assert (outcome["casb"]["headers"]["buId"], outcome["casb"]["bu_ids"], "resource_url" in outcome["casb"]) == ("9", [9], False)
    assert f"{play.sim.url} names no https address as resourceURL." in " ".join(outcome.output.split())
    assert outcome["missing"]["msg"] == f"company: {play.sim.url} lists no such company. It lists 2 (Example), 3 (Other), 4 (no name)."


@pytest.fixture(scope="module")
def bad_answers(new_play: Callable[[], Player]) -> tuple[Player, list[str], dict[str, int]]:
    """Ask for all bad answers in one play, and once more; return the player, the messages and how often each address was asked."""
    play = new_play()
    for answer, _message in BAD_ANSWERS.values():
        play.sim.fault(MAP, **answer)
    loop = f"  loop: {list(range(len(BAD_ANSWERS) + 1))}\n  ignore_errors: true\n"
    outcome = play("- forti.oauth.forticwp_resource_map_info:\n  register: bad\n" + loop, keep="bad", env=CREDENTIAL)
    return play, [result["msg"] for result in outcome["bad"]["results"]], asked(play)


@pytest.mark.xdist_group("bad resource maps")
@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_a_bad_answer(bad_answers: tuple[Player, list[str], dict[str, int]], name: str) -> None:
    play, messages, _asked = bad_answers
    message = messages[list(BAD_ANSWERS).index(name)]
    assert f"{play.sim.url} {BAD_ANSWERS[name][1]}" in message
    assert "\n" not in message


@pytest.mark.xdist_group("bad resource maps")
def test_what_was_refused_is_not_asked_again(bad_answers: tuple[Player, list[str], dict[str, int]]) -> None:
    _play, messages, counts = bad_answers
    assert messages[-1] != messages[-2]
    assert without_age(messages[-1]) == messages[-2]
    assert counts == {"/api/v1/auth/credentials/token/": 1, MAP: len(BAD_ANSWERS)}


@pytest.mark.parametrize(
    ("entries", "message"),
    [([], "lists no company for this account."), ([{"companyMapSet": [{"companyName": "x"}]}], "sent a resource map without companyId.")],
)
def test_a_map_without_a_company(play: Player, entries: list[Any], message: str) -> None:
    serve(play, entries)
    outcome = play(READ, fails=True, hosts=2, env=CREDENTIAL)
    assert f"{play.sim.url} {message}" in " ".join(outcome.output.split())
    assert asked(play)[MAP] == 1


def test_a_dead_token_is_tried_once_for_all(play: Player) -> None:
    tasks = "- {forti.oauth.forticwp_resource_map_info: {access_token: no-such-token}, register: bad, ignore_errors: true}\n"
    outcome = play(tasks + tasks, keep="bad", hosts=5)
    assert {without_age(bad["msg"]) for bad in outcome.of_all("bad")} == {
        f"{play.sim.url} answered 401 invalid_token (The access token is not valid.). "
        "The token has ended, or another server issued it. Get a new one, for example with force."
    }
    assert asked(play) == {MAP: 1}


def test_force_and_no_cache(play: Player) -> None:
    play(READ + READ.replace("info: ,", "info: {force: true},"), hosts=3, env=CREDENTIAL)
    assert asked(play) == {"/api/v1/auth/credentials/token/": 2, MAP: 2}
    play.sim.reset()
    play(READ.replace("info: ,", "info: {cache: none},"), hosts=2, env=CREDENTIAL)
    assert asked(play) == {"/api/v1/auth/credentials/token/": 2, MAP: 2}


@pytest.mark.long
def test_the_role_puts_it_beside_the_token(play: Player) -> None:
    serve(play, [{"resourceURL": play.sim.url, "roleId": 1, "companyMapSet": TWO}])
    role = "- {import_role: {name: forti.oauth.token%s}}\n"
    variables = {"ca": play.sim.ca, "token_forticwp_options": {"credential": "{{ secret.credential }}"}, "token_forticwp_company": 2}
    call = SEVERITY % ("token_forticwp", "token_forticwp")
    again = "- {set_fact: {before: '{{ token_forticwp }}'}, no_log: true}\n" + role % ", tasks_from: revoke"
    outcome = play(role % "" + call + again, keep="before token_forticwp __token_result", hosts=3, variables=variables)
    assert asked(play) == {"/api/v1/auth/credentials/token/": 1, MAP: 1, "/api/v1/severity": 3}
    fact = outcome.of_all("before")[0]
    assert {"access_token", "authorization", "headers", "resource_url", "companies", "source"} <= set(fact)
    assert not {"changed", "failed"} & set(fact)
    assert outcome.of_all("token_forticwp") == [{}, {}, {}]
    assert outcome.of_all("__token_result") == [{}, {}, {}]
