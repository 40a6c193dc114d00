# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is foreign is data: no template in a server's answer is filled in, however a play uses it, and nothing in it steers a terminal."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest

from tests.integration.harness import Outcome, Player

TOKEN = "/api/v1/oauth/token/"
VERIFY = "/api/v1/oauth/verify_token/"
PUSHPOLL = "/api/v1/pushpoll/"
CREDENTIALS = "/api/v1/auth/credentials/token/"
MAP = "/api/v1/resourceURLMap"
# Each would make a file beside the playbook. The first ones are fit for a header.
EXECUTED = "executed"
TIGHT = "{{lookup('pipe','>executed')}}"
TIGHT_STATEMENT = "{%if(lookup('pipe','>executed'))%}{%endif%}"
SPACED = "{{ lookup('pipe', 'touch executed') }}{% if lookup('pipe', 'touch executed') %}{% endif %}{# not seen #} !unsafe x"
# Colours, a C1 control sequence, a bell, a line of its own, a backspace, a half of a pair, text from right to left.
STEERING = f"\x1b[31m{SPACED}\x9b1m\x07\r\nok: [host000]\t\x08\x7f\x00\x85\u2028\u202e\ud800end"
AS_SHOWN = "".join(letter if letter.isprintable() else " " for letter in STEERING).strip()
AS_QUOTED = " ".join(AS_SHOWN.split())
FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\ufffd]")
JSON = "application/json"
FAC_OPTIONS = "username: luser1, password: '{{ secret.luser1 }}', retries: 0"
CWP_OPTIONS = "credential: '{{ secret.credential }}', retries: 0"
FAC_LOOKUP = "lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1, retries=0%s)"
CWP_LOOKUP = "lookup('forti.oauth.forticwp_token', credential=secret.credential, retries=0%s)"


def serve(play: Player, path: str, body: Any, *, status: int = 200, times: int | None = None, **more: Any) -> None:
    """Let the server answer this."""
    play.sim.fault(path, status=status, body=json.dumps(body), content_type=JSON, times=times, **more)


def run(play: Player, folder: pathlib.Path, tasks: str, **how: Any) -> Outcome:
    """Run the tasks. Nothing that a server sent may be executed, or reach the screen as a control character."""
    outcome = play(tasks, **how)
    found = FORBIDDEN.search(outcome.output)
    assert not found, repr(outcome.output[max(0, found.start() - 300) : found.end() + 100])
    assert list(folder.rglob(EXECUTED)) == []
    return outcome


def token(**more: Any) -> dict[str, Any]:
    """Return an answer with a payload in each field that may come with a token."""
    known = {"access_token": TIGHT + TIGHT_STATEMENT, "refresh_token": SPACED, "id_token": SPACED + "2", "token_type": STEERING, "scope": STEERING + "2"}
    unknown = {
        "ansible_facts": {"token_fac_options": SPACED},
        "msg": STEERING,
        "warnings": [STEERING],
        "invocation": STEERING,
        "_ansible_no_log": False,
        SPACED: STEERING,
    }
    return {**known, **unknown, "status": STEERING, "message": STEERING, **more}


TOKEN_AS_KEPT = {
    "access_token": TIGHT + TIGHT_STATEMENT,
    "authorization": f"Bearer {TIGHT}{TIGHT_STATEMENT}",
    "refresh_token": SPACED,
    "id_token": f"{SPACED}2",
    "token_type": AS_SHOWN,
    "scope": f"{AS_SHOWN}2",
}
USES = """
- {debug: {msg: "{{ %(it)s }}"}}
- {debug: {msg: "it is {{ %(it)s.scope }} and {{ %(it)s.access_token }}"}}
- {debug: {var: %(it)s.scope}}
- {set_fact: {whole_%(n)s: "{{ %(it)s }}", part_%(n)s: "{{ %(it)s.scope }}", header_%(n)s: {Authorization: "{{ %(it)s.authorization }}"}}}
- {debug: {msg: "{{ part_%(n)s }} {{ whole_%(n)s.token_type }} {{ hostvars[inventory_hostname]['part_%(n)s'] }} {{ lookup('vars', 'part_%(n)s') }}"}}
- {debug: {msg: "{{ mine }}"}, vars: {mine: "{{ %(it)s.access_token }}"}}
- {debug: {msg: "{{ item }} {{ item | upper }}"}, loop: "{{ [%(it)s.scope, %(it)s.access_token] }}"}
- {set_fact: {matched_%(n)s: true}, when: "%(it)s.scope == part_%(n)s and %(it)s.access_token in header_%(n)s.Authorization"}
- {debug: {msg: never}, when: part_%(n)s, ignore_errors: true}
- {debug: {msg: never}, when: "%(it)s.access_token", ignore_errors: true}
- {assert: {that: "%(it)s.scope != part_%(n)s", fail_msg: "{{ %(it)s.scope }}"}, ignore_errors: true}
- {fail: {msg: "{{ %(it)s.token_type }}"}, ignore_errors: true}
- copy: {content: "{{ %(it)s.access_token }}|{{ part_%(n)s }}|{{ whole_%(n)s.refresh_token }}", dest: "{{ playbook_dir }}/copied_%(n)s", mode: "0600"}
- {template: {src: use.j2, dest: "{{ playbook_dir }}/templated_%(n)s", mode: "0600"}, vars: {it: "{{ %(it)s }}", once: "{{ part_%(n)s }}"}}
- {set_fact: {again_%(n)s: "{{ lookup('template', 'use.j2') }}"}, vars: {it: "{{ whole_%(n)s }}", once: "{{ part_%(n)s }}"}}
"""
TEMPLATE = "{{ it.access_token }}|{{ once }}|{{ it.refresh_token }}"
WRITTEN = f"{TIGHT}{TIGHT_STATEMENT}|{AS_SHOWN}2|{SPACED}"
SOURCES = {
    "module": f"- {{forti.oauth.fac_oauth_token: {{{FAC_OPTIONS}}}, register: module}}\n",
    "cached": "".join(f"- {{forti.oauth.fac_oauth_token: {{{FAC_OPTIONS}}}, register: {name}}}\n" for name in ("first", "cached")),
    "cwp": f"- {{forti.oauth.forticwp_token: {{{CWP_OPTIONS}}}, register: cwp}}\n",
    "looked": "",
    "cwp_looked": "",
    "token_fac": "- {import_role: {name: forti.oauth.token}}\n",
    "token_forticwp": "- {import_role: {name: forti.oauth.token}}\n",
}


@pytest.mark.daily("module")
@pytest.mark.parametrize("source", SOURCES)
def test_a_token(play: Player, tmp_path: pathlib.Path, source: str) -> None:
    serve(play, TOKEN, token(expires_in=3600))
    serve(play, CREDENTIALS, token())
    (tmp_path / "use.j2").write_text(TEMPLATE)
    variables = {
        "looked": f"{{{{ {FAC_LOOKUP % ', return_as=%r' % ('dict',)} }}}}",
        "cwp_looked": f"{{{{ {CWP_LOOKUP % ', return_as=%r' % ('dict',)} }}}}",
        "token_fac_options": {"username": "luser1", "password": "{{ secret.luser1 }}", "retries": 0},
        "token_forticwp_options": {"credential": "{{ secret.credential }}", "retries": 0},
    }
    tasks = SOURCES[source] + USES % {"it": source, "n": 1}
    outcome = run(play, tmp_path, tasks, keep=f"{source} whole_1 part_1 header_1 matched_1 again_1 token_fac_options", variables=variables)
    for name in (source, "whole_1"):
        assert {key: outcome[name][key] for key in TOKEN_AS_KEPT} == TOKEN_AS_KEPT
        assert not {"ansible_facts", "warnings", "message", "status", SPACED} & set(outcome[name])
    assert outcome["part_1"] == f"{AS_SHOWN}2"
    assert outcome["header_1"] == {"Authorization": TOKEN_AS_KEPT["authorization"]}
    assert (outcome["matched_1"], outcome["again_1"]) == (True, WRITTEN)
    assert [(tmp_path / name).read_text() for name in ("copied_1", "templated_1")] == [WRITTEN, WRITTEN]
    assert outcome["token_fac_options"]["username"] == "luser1"


def test_the_text_of_a_lookup(play: Player, tmp_path: pathlib.Path) -> None:
    """As most use it: the token, or the header, in the midst of other text."""
    serve(play, TOKEN, token(expires_in=3600))
    known = {"plain": f"{{{{ {FAC_LOOKUP % ''} }}}}", "header": f"x {{{{ {FAC_LOOKUP % ', return_as=%r' % ('authorization',)} }}}}", "deep": "{{ header }}"}
    known["listed"] = f"{{{{ {FAC_LOOKUP % ', wantlist=true'} }}}}"
    tasks = """
- {debug: {msg: "{{ plain }} {{ deep }}"}}
- {set_fact: {kept_plain: "{{ plain }}", kept_deep: "{{ deep }}", asked: "{{ listed }}"}}
- {debug: {msg: "{{ kept_plain }} {{ kept_deep }} {{ asked }}"}}
- {debug: {msg: "{{ item }}"}, with_forti.oauth.fac_oauth_token: {username: luser1}, vars: {fac_oauth_password: "{{ secret.luser1 }}"}, ignore_errors: true}
"""
    outcome = run(play, tmp_path, tasks, keep="kept_plain kept_deep asked", variables=known)
    access = TOKEN_AS_KEPT["access_token"]
    assert (outcome["kept_plain"], outcome["kept_deep"], outcome["asked"]) == (access, f"x Bearer {access}", [access])


REASONS = ("error_description", "error_message", "message", "status_message", "detail")
REFUSALS: list[dict[str, Any]] = [
    *({"status": 401, "body": {"error": STEERING, reason: STEERING}} for reason in REASONS),
    {"status": 401, "body": {"error": {"errorCode": STEERING, "message": STEERING}}},
    *({"status": status, "body": {"error": SPACED, "error_description": STEERING}} for status in (400, 403, 404, 418, 429, 500, 503)),
]
NO_TOKENS: list[dict[str, Any]] = [
    {"status": 200, "body": token(access_token=STEERING)},
    {"status": 200, "body": token(access_token=SPACED)},
    {"status": 200, "body": token(expires_in=SPACED, expires=SPACED)},
    {"status": 200, "body": {"status": STEERING, "message": STEERING}},
    {"status": 200, "body": [STEERING]},
    {"status": 406, "body": {"challenge": STEERING, "method": TIGHT, "session": TIGHT, "message": STEERING}},
    {"status": 406, "body": {"challenge": TIGHT, "method": STEERING, "session": TIGHT, "message": STEERING}},
    {"status": 406, "body": {"challenge": TIGHT, "method": TIGHT, "session": STEERING, "message": STEERING}},
    {"status": 302, "body": {}, "headers": {"Location": f"https://localhost:1/{SPACED}\x1b[31m\x9b1m\x07"}},
    {"status": 503, "body": {}, "headers": {"Retry-After": f"{SPACED}\x1b[31m\x9b1m\x07"}},
    {"status": 200, "body": {}, "headers": {"Content-Encoding": f"{TIGHT}\x1b[31m"}},
]
LOOKED = '- {set_fact: {x: "{{ %s }}"}, register: looked_%s, ignore_errors: true}\n'  # one that fails ends a loop, up to ansible-core 2.18
FAILING = """
- {forti.oauth.fac_oauth_token: {%(fac)s, cache: none}, loop: "{{ range(%(n)s) | list }}", register: fac, ignore_errors: true}
- {forti.oauth.forticwp_token: {%(cwp)s, cache: none}, loop: "{{ range(%(n)s) | list }}", register: cwp, ignore_errors: true}
%(lookups)s
- {set_fact: {looked: [%(looked)s]}}
- {debug: {msg: "{{ fac }} {{ cwp }} {{ looked }}"}}
- {set_fact: {told: "{{ (fac.results + cwp.results + looked) | map(attribute='msg') | list }}"}}
- {debug: {msg: "{{ item }}"}, loop: "{{ told }}"}
- copy: {content: "{{ told | join('|') }}", dest: "{{ playbook_dir }}/copied", mode: "0600"}
- block:
    - {forti.oauth.fac_oauth_token: {%(fac)s, cache: none}}
  rescue:
    - {debug: {msg: "{{ ansible_failed_result.msg }} {{ ansible_failed_result }}"}}
    - {set_fact: {rescued: "{{ ansible_failed_result.msg }}"}}
"""


def failing(play: Player, folder: pathlib.Path, answers: list[dict[str, Any]]) -> Outcome:
    """Let the module, the other family's module and a lookup meet each of these answers, and use what they are told."""
    for path, times in ((TOKEN, 1), (CREDENTIALS, 1), (TOKEN, 1)):
        for answer in answers:
            serve(play, path, answer["body"], status=answer["status"], headers=answer.get("headers", {}), times=times)
    serve(play, TOKEN, answers[0]["body"], status=answers[0]["status"], times=1)
    numbers = range(len(answers))
    lookups = "".join(LOOKED % (FAC_LOOKUP % ", cache='none'", number) for number in numbers)
    looked = ", ".join(f"'{{{{ looked_{number} }}}}'" for number in numbers)
    tasks = FAILING % {"fac": FAC_OPTIONS, "cwp": CWP_OPTIONS, "lookups": lookups, "looked": looked, "n": len(answers)}
    outcome = run(play, folder, tasks, keep="fac cwp looked told rescued")
    assert play.sim.counts["faults"] == 3 * len(answers) + 1
    results = [*outcome["fac"]["results"], *outcome["cwp"]["results"], *outcome["looked"]]
    assert len(results) == 3 * len(answers) and all(result["failed"] for result in results)
    assert outcome["told"] == [result["msg"] for result in results]
    assert (folder / "copied").read_text() == "|".join(outcome["told"])
    assert outcome["rescued"] == outcome["told"][0]
    assert not any(FORBIDDEN.search(text) for text in outcome["told"])
    return outcome


def test_a_reason_to_refuse(play: Player, tmp_path: pathlib.Path) -> None:
    outcome = failing(play, tmp_path, REFUSALS)
    for text in outcome["told"]:
        assert f"({AS_QUOTED})" in text
    for name in ("fac", "cwp"):
        assert {item["error"] for item in outcome[name]["results"]} == {AS_QUOTED, SPACED}
        assert {item.get("error_description") for item in outcome[name]["results"]} == {AS_QUOTED, None}


@pytest.mark.long
def test_what_is_no_token(play: Player, tmp_path: pathlib.Path) -> None:
    outcome = failing(play, tmp_path, NO_TOKENS)
    quoting = [text for text in outcome["told"] if "executed" in text]
    refused = [text for text in quoting if f" answered 200 {AS_QUOTED} ({AS_QUOTED}). Check " in text]  # a success that says no
    challenged = [text for text in quoting if f" answered 406 ({AS_QUOTED}). Check server." in text]  # FortiCWP has no challenges
    assert (len(refused), len(challenged), len(quoting)) == (3, 3, 6)


CHALLENGE = {"challenge": TIGHT, "method": f"{TIGHT}2", "session": f"{TIGHT}3", "message": STEERING, "status": STEERING}
CHALLENGED = """
- {forti.oauth.fac_oauth_token: {%(fac)s, on_challenge: return}, register: r}
- {forti.oauth.fac_oauth_token: {%(fac)s}, register: failed, ignore_errors: true}
- {debug: {msg: "{{ r }} {{ r.challenge.message }} {{ failed.msg }}"}}
- {set_fact: {asked: "{{ r.challenge }}"}}
- forti.oauth.fac_oauth_token:
    username: luser1
    password: "{{ secret.luser1 }}"
    challenge: "{{ asked.challenge }}"
    session: "{{ r.challenge.session }}"
    challenge_response: "123456"
  register: second
  ignore_errors: true
- {forti.oauth.fac_oauth_token: {username: push1, password: "{{ secret.push1 }}", push_interval: 1}, register: push, ignore_errors: true}
- {debug: {msg: "{{ push.msg }} {{ second.msg }}"}}
"""


def test_a_challenge(play: Player, tmp_path: pathlib.Path) -> None:
    """What is foreign goes back to the server as it came."""
    serve(play, TOKEN, CHALLENGE, status=406, times=1)
    serve(play, TOKEN, {"error": STEERING, "error_description": STEERING}, status=401, times=1)
    serve(play, PUSHPOLL, {"status": STEERING, "message": STEERING})
    outcome = run(play, tmp_path, CHALLENGED % {"fac": FAC_OPTIONS}, keep="r failed asked second push")
    shown = {name: text for name, text in CHALLENGE.items() if name != "status"} | {"message": AS_QUOTED}
    assert outcome["r"]["challenge"] == outcome["asked"] == outcome["failed"]["challenge"] == shown
    assert f"({TIGHT}, method {TIGHT}2). It says: {AS_QUOTED} " in outcome["failed"]["msg"]
    assert f"({AS_QUOTED})" in outcome["second"]["msg"]
    assert f"the push was not approved ({AS_QUOTED})." in outcome["push"]["msg"]
    answered = json.loads([request for request in play.sim.requests if request["path"] == TOKEN][1]["body"])
    assert (answered["challenge"], answered["session"]) == (TIGHT, f"{TIGHT}3")


def test_who_a_token_belongs_to(play: Player, tmp_path: pathlib.Path) -> None:
    serve(play, VERIFY, {"username": STEERING, "expires_in": SPACED, "client_id": STEERING, "ansible_facts": {"x": SPACED}})
    tasks = """
- {forti.oauth.fac_oauth_token_info: {access_token: some-token}, register: info}
- {debug: {msg: "{{ info }} {{ info.username }}"}}
- {set_fact: {user: "{{ info.username }}"}}
- {debug: {msg: "{{ user }}"}, when: info.username == user}
"""
    outcome = run(play, tmp_path, tasks, keep="info user")
    assert (outcome["info"]["username"], outcome["user"]) == (AS_QUOTED, AS_QUOTED)
    assert outcome["info"]["expires_in"] is None
    assert "ansible_facts" not in outcome["info"]


ENTRY = {
    "resourceURL": f"https://example.com/{TIGHT}",
    "roleId": TIGHT,
    "companyMapSet": [{"companyId": f"{TIGHT}2", "companyName": STEERING, SPACED: STEERING}],
    "buMapSet": [{"companyId": f"{TIGHT}2", "buId": f"{TIGHT}3", "buName": STEERING}],
}
READ = "- {forti.oauth.forticwp_resource_map_info: {access_token: 't%s', retries: 0%s}, register: map_%s, ignore_errors: true}\n"


def test_a_resource_map(play: Player, tmp_path: pathlib.Path) -> None:
    bad = [{name: STEERING} for name in ("resourceURL", "roleId")] + [
        {"companyMapSet": [{"companyId": STEERING}]},
        {"buMapSet": [{"companyId": 1, "buId": STEERING}]},
    ]
    bad += [{"companyMapSet": STEERING}, {"companyMapSet": [STEERING]}, {"resourceURL": "https://x.example.com/\x1b[31m"}]
    serve(play, MAP, [ENTRY], times=1)
    serve(play, MAP, [ENTRY], times=1)
    for change in bad:
        serve(play, MAP, [{**ENTRY, **change}], times=1)
    serve(play, MAP, {"error": STEERING, "error_description": STEERING}, status=403, times=1)
    tasks = READ % ("", "", "good") + READ % ("2", ", company: nobody", "unknown")
    tasks += "".join(READ % (f"-bad{number}", "", f"bad{number}") for number in range(len(bad) + 1))
    tasks += """
- {debug: {msg: "{{ map_good }} {{ map_good.company_name }} {{ map_good.resource_url }} {{ map_unknown.msg }}"}}
- {set_fact: {headers: "{{ map_good.headers }}", name: "{{ map_good.company_name }}"}}
- {debug: {msg: "{{ headers }} {{ name }} {{ map_good.companies | map(attribute='company_id') | list }}"}}
- {debug: {msg: "{{ item.resource_url }}"}, loop: "{{ map_good.companies }}", loop_control: {label: "{{ item.company_name }}"}}
"""
    names = [f"map_bad{number}" for number in range(len(bad) + 1)]
    outcome = run(play, tmp_path, tasks, keep=" ".join(["map_good map_unknown headers name", *names]))
    good = outcome["map_good"]
    assert (good["company_id"], good["company_name"], good["role_id"], good["bu_ids"]) == (f"{TIGHT}2", outcome["name"], TIGHT, [f"{TIGHT}3"])
    assert good["company_name"].strip() == AS_SHOWN
    assert good["resource_url"] == ENTRY["resourceURL"]
    assert outcome["headers"] == good["headers"]
    assert (good["headers"]["companyId"], good["headers"]["roleId"], good["headers"]["buId"]) == (f"{TIGHT}2", TIGHT, f"{TIGHT}3")
    assert f"It lists {TIGHT}2 ({AS_QUOTED})." in outcome["map_unknown"]["msg"]
    failed = [outcome[name].get("failed", False) for name in names]
    assert failed == [False, True, True, True, True, True, False, True]
    assert all("resource_url" not in outcome[name] for name in ("map_bad0", "map_bad6"))
    assert f"({AS_QUOTED})" in outcome[names[-1]]["msg"]


@pytest.mark.long
def test_a_template_of_the_user_would_be_executed(play: Player, tmp_path: pathlib.Path) -> None:
    """The test of the tests: core fills these payloads in where they are the user's own, and shows control characters."""
    for text in (TIGHT, TIGHT_STATEMENT, SPACED):
        play("- {debug: {msg: '{{ own }}'}}", variables={"own": text})
        assert (tmp_path / EXECUTED).exists()
        (tmp_path / EXECUTED).unlink()
    assert FORBIDDEN.search(play("- {debug: {msg: '{{ own }}'}}", variables={"own": "a\x7f"}).output)
