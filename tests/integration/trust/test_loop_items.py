# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A loop's item that holds a secret is shown without it where core prints the item: beside a failure, and beside a result without a token."""

from __future__ import annotations

import base64
import importlib.metadata
import json
import pathlib
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.harness import PASSWORDS, Outcome, Player, without_age
from tests.integration.jobs import Job, leaks
from tests.integration.printing import MASKED_BY_CORE
from tests.tools.other_collections import fetch

CORE = tuple(int(part) for part in importlib.metadata.version("ansible-core").split(".")[:2])
HIDES_WHOLE = (2, 19) <= CORE < (2, 21)  # core lets no other item into the result; it shows the message, and a warning
REFUSED = "answered 401 invalid_grant (Invalid credentials given.)"
MASKED = "$REDACTED$" if MASKED_BY_CORE else "********"
# Both are wrong. The second one is not known while the first is tried.
USERS = [{"user": "luser1", "password": PASSWORDS["wrong"]}, {"user": "ftm1", "password": PASSWORDS["client"]}]
ASK = "forti.oauth.fac_oauth_token: {username: '{{ item.user }}', password: '{{ item.password }}', retries: 0}, loop: '{{ users }}'"
ASK_USER = ASK.replace("item.", "user.")
CASES = {
    "a list": f"{ASK}",
    "its own variable": f"{ASK_USER}, loop_control: {{loop_var: user}}",
    "a dictionary": "forti.oauth.fac_oauth_token: {username: '{{ item.key }}', password: '{{ item.value }}'}, with_dict: '{{ by_name }}'",
    "a label with it": f"{ASK}, loop_control: {{label: '{{{{ item.user }}}} with {{{{ item.password }}}}'}}",
    "a label without it": f"{ASK}, loop_control: {{label: '{{{{ item.user }}}}'}}",
    "a label of the result": f"{ASK}, loop_control: {{label: '{{{{ item.user }}}}, {{{{ r.msg }}}}'}}",
    "all items": f"{ASK}, loop_control: {{extended: true, index_var: number}}",
    "all items, not in it": (
        "forti.oauth.fac_oauth_token: {username: luser1, password: '{{ item.password | default(secret.portal) }}'}, loop: '{{ some }}', "
        "loop_control: {extended: true}"
    ),
    "tried again": f"{ASK}, until: r is success, retries: 1, delay: 0",
    "the password itself": "forti.oauth.fac_oauth_token: {username: luser1, password: '{{ item }}'}, loop: '{{ passwords }}'",
    "the environment": "forti.oauth.fac_oauth_token: {username: luser1}, environment: {FAC_PASSWORD: '{{ item.password }}'}, loop: '{{ users }}'",
    "a misspelled option": "forti.oauth.fac_oauth_token: {username: luser1, pasword: '{{ item.password }}'}, loop: '{{ users }}'",
    "a wrong type": "forti.oauth.fac_oauth_token: {username: luser1, password: '{{ item }}'}, loop: '{{ users }}'",
    "another option of a wrong type": "forti.oauth.fac_oauth_token: {username: true, password: '{{ item.password }}'}, loop: '{{ users }}'",
    "its variables": (
        "forti.oauth.fac_oauth_token: {retries: 0}, loop: '{{ users }}', "
        "vars: {fac_oauth_username: '{{ item.user }}', fac_oauth_password: '{{ item.password }}'}"
    ),
    "a variable beside that is not defined": (
        "forti.oauth.fac_oauth_token: , loop: '{{ users }}', vars: {fac_oauth_password: '{{ item.password }}', fac_oauth_realm: '{{ nosuch }}'}"
    ),
    "the URL of a store": "forti.oauth.fac_oauth_token: {timeout: x, cache: 'redis://:{{ item.password }}@localhost:1/0'}, loop: '{{ users }}'",
    "a store": "forti.oauth.token_store_info: {cache: 'rediss://:{{ item.password }}@localhost:1/0'}, loop: '{{ users }}'",
    "in base64": "forti.oauth.fac_oauth_token: {username: luser1, password: '{{ item | b64decode }}', retries: 0}, loop: '{{ encoded }}'",
    "FortiCWP": "forti.oauth.forticwp_token: {credential: '{{ item.password }}'}, loop: '{{ users }}'",
}
VARIABLES: dict[str, Any] = {
    "users": USERS,
    "some": [{"user": "luser1"}, USERS[1]],
    "passwords": [user["password"] for user in USERS],
    "encoded": [base64.b64encode(user["password"].encode()).decode() for user in USERS],
    "by_name": {user["user"]: user["password"] for user in USERS},
}
FAILS = "- {{block: [{{{task}, register: r}}], rescue: [{{meta: noop}}]}}\n"


def run(play: Player, tasks: str | list[str], printer: str = "ansible.builtin.default", **how: Any) -> Outcome:
    """Run tasks under a callback for stdout; others write files. All of it is searched for every secret."""
    home = pathlib.Path(play.environment["HOME"])
    environment = {
        "ANSIBLE_STDOUT_CALLBACK": printer,
        "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit,ansible.builtin.tree",
        "ANSIBLE_CALLBACK_TREE_DIR": str(home / "tree"),
        "JUNIT_OUTPUT_DIR": str(home / "junit"),
        "ANSIBLE_LOG_PATH": str(home / "run.log"),
    }
    outcome = play(tasks, env=environment, variables=VARIABLES, **how)
    assert {path.name for path in home.iterdir()} >= {"tree", "junit", "run.log"}
    play.search_files()
    return outcome


def use_others(play: Player) -> None:
    """Let the play find the collections of others that have callbacks."""
    try:
        others = fetch(["ansible.posix", "community.general"])
    except subprocess.CalledProcessError:
        pytest.skip("the package ansible cannot be downloaded here: not tried with the callbacks of other collections")
    play.environment["ANSIBLE_COLLECTIONS_PATH"] += f":{others}"
    play.environment["ANSIBLE_COLLECTIONS_ON_ANSIBLE_VERSION_MISMATCH"] = "ignore"


def unfolded(output: str) -> str:
    """Return an output without the line breaks, blanks and escapes that a callback has put into it."""
    return "".join(output.split()).replace("\\n", "").replace('\\"', '"')


def is_in(text: str, output: str) -> bool:
    """Return whether a text is in an output, however it is folded."""
    return "".join(text.split()) in unfolded(output)


@pytest.fixture(scope="module")
def shown(new_play: Callable[[], Player]) -> dict[str, tuple[str, dict[str, Any]]]:
    """What one run shows of each case, which has a play and a host of its own, and the variables in the end."""
    play = new_play()
    play.environment["FORTI_OAUTH_CACHE"] = "none"  # no case is answered from the memory of another
    outcome = run(play, [FAILS.format(task=task) for task in CASES.values()], keep="r users")
    assert play.sim.counts["fac.login"] == 0 and len(play.sim.requests) > len(CASES)
    plays = outcome.output.split("\nPLAY [")[1:]
    return {case: (output, variables) for case, output, variables in zip(CASES, plays, outcome.kept.values(), strict=True)}


@pytest.mark.long
@pytest.mark.xdist_group("items of loops")
@pytest.mark.parametrize("case", CASES)
def test_an_item_is_shown_without_its_secret(shown: dict[str, tuple[str, dict[str, Any]]], case: str) -> None:
    """The message is readable, and what is registered tells which item failed."""
    output, variables = shown[case]
    messages = [without_age(result["msg"]) for result in variables["r"]["results"]]
    assert len(messages) == 2 and all(is_in(message, output) for message in messages)
    assert variables["users"] == USERS


@pytest.mark.daily("ansible.builtin.default")
@pytest.mark.parametrize("printer", ["ansible.builtin.default", "ansible.builtin.minimal", "ansible.builtin.oneline", "ansible.posix.json"])
def test_the_item_that_failed_can_be_told(play: Player, printer: str) -> None:
    if printer.startswith("ansible.posix"):
        use_others(play)
    outcome = run(play, FAILS.format(task=CASES["a list"]), printer, keep="r")
    if HIDES_WHOLE and printer.endswith("oneline"):
        return  # it shows no warnings
    assert is_in(REFUSED, outcome.output)
    for user, result in zip(USERS, outcome["r"]["results"]):
        shown = ({"user": user["user"], "password": MASKED}, {"password": MASKED, "user": user["user"]})
        assert any(is_in(text, outcome.output.replace("'", '"')) for text in map(json.dumps, shown)), outcome.output[-3000:]
        assert result["item"]["user"] == user["user"]
        assert result["item"]["password"] in (user["password"], "********")


def test_a_label_is_shown(play: Player) -> None:
    """A label without a secret stays what it is, and one with a secret is shown without it."""
    outcome = run(play, FAILS.format(task=CASES["a label with it"]) + FAILS.format(task=CASES["a label without it"]))
    if not HIDES_WHOLE:
        assert f"(item=luser1 with {MASKED})" in outcome.output
        assert "(item=luser1)" in outcome.output


def test_an_item_without_a_secret_is_left_alone(play: Player) -> None:
    task = "forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret[item.name] }}'}, loop: [{name: wrong}, {name: client}]"
    outcome = run(play, FAILS.format(task=task), keep="r")
    assert "(item={'name': 'wrong'}) => {" in outcome.output
    assert [result["item"]["name"] for result in outcome["r"]["results"]] == ["wrong", "client"]


def test_a_loop_in_a_loop(play: Player, tmp_path: pathlib.Path) -> None:
    """The outer items are core's to print: here they are numbers."""
    (tmp_path / "inner.yml").write_text(FAILS.format(task=CASES["its own variable"]))
    outcome = run(play, "- {include_tasks: inner.yml, loop: [1, 2], loop_control: {loop_var: outer}}\n", keep="r")
    assert is_in(REFUSED, outcome.output)
    assert [result["user"]["user"] for result in outcome["r"]["results"]] == ["luser1", "ftm1"]


def test_the_other_items_work(play: Player) -> None:
    """The user's data stays whole: a later item and a later task use it. The registered token does, too."""
    tasks = "- {%s, register: r, ignore_errors: true}\n- {%s, register: again, ignore_errors: true}\n"
    asks = ASK.replace("{{ users }}", "{{ [users[0], users[0] | combine(dict(password=secret.luser1)), users[0]] }}")
    outcome = run(play, tasks % (asks, asks), keep="r again users")
    for name in ("r", "again"):
        assert ["access_token" in result for result in outcome[name]["results"]] == [False, True, False]
        assert outcome[name]["results"][1]["item"]["password"] == PASSWORDS["luser1"]
    assert outcome["users"] == USERS


def test_a_result_without_a_token(play: Player) -> None:
    """Its item may be one: of a task that looks at a token, or ends it."""
    tasks = """
    - {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: got}
    - {forti.oauth.fac_oauth_token_info: {access_token: '{{ item }}'}, loop: ['{{ got.access_token }}'], register: info}
    - {forti.oauth.fac_oauth_token: {state: absent, access_token: '{{ item.token }}'}, loop: [{token: '{{ got.access_token }}'}], register: ended}
    """
    outcome = run(play, tasks, keep="info ended")
    assert outcome["info"]["results"][0]["valid"]
    assert outcome["ended"]["results"][0]["changed"]


@pytest.mark.long
@pytest.mark.parametrize("case", ["a list", "all items", "a misspelled option"])
def test_on_another_host(play: Player, case: str) -> None:
    outcome = run(play, FAILS.format(task=CASES[case]), keep="r", delegate_to="jump")
    assert all(is_in(result["msg"], outcome.output) for result in outcome["r"]["results"])


def test_a_host_that_cannot_be_reached(play: Player) -> None:
    nowhere = "- {add_host: {name: nowhere, ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1}, changed_when: false}\n"
    outcome = run(play, nowhere + f"- {{{ASK}, register: r, delegate_to: nowhere, ignore_unreachable: true}}\n", keep="r")
    assert [result["unreachable"] for result in outcome["r"]["results"]] == [True, True]
    assert all("Connection refused" in result["msg"] for result in outcome["r"]["results"])
    assert "Connection refused" in outcome.output


def test_a_message_of_a_host_is_no_template(play: Player) -> None:
    """The copy of the result that hides the item keeps foreign texts from being templates."""
    body = json.dumps({"error": "invalid_grant", "error_description": "{{ 6 * 7 }}"})
    play.sim.fault("/api/v1/oauth/token/", status=401, body=body, content_type="application/json", times=None)
    tasks = FAILS.format(task=f"{ASK}, failed_when: r.error_description != 'x'") + "- {set_fact: {copied: '{{ r.results[0].msg }}'}}\n"
    outcome = run(play, tasks, keep="r copied")
    assert "{{ 6 * 7 }}" in outcome["r"]["results"][0]["msg"]
    assert outcome["copied"] == outcome["r"]["results"][0]["msg"]


PLAY = """
- hosts: all
  connection: local
  gather_facts: false
  vars_files: ["{folder}/secret.yml"]
  tasks:
    - {{{ask}, register: r, ignore_errors: true}}
    - {{{extended}, register: r, ignore_errors: true}}
"""


def test_the_events_of_a_job(play: Player, tmp_path: pathlib.Path) -> None:
    """As AWX keeps them."""
    pytest.importorskip("ansible_runner", reason="there is no ansible-runner on this machine: nothing was tried as AWX runs it")
    (tmp_path / "secret.yml").write_text(json.dumps({"secret": PASSWORDS, **VARIABLES}))
    job = Job(tmp_path / "job", PLAY.format(folder=tmp_path, ask=CASES["a list"], extended=CASES["all items"]))
    printed = job.run(play.environment, "-vvvv")
    failed = [event for event in job.events() if event["event"] == "runner_item_on_failed"]
    assert len(failed) == 8
    assert HIDES_WHOLE or all("'user': 'luser1'" in event["stdout"] or "'user': 'ftm1'" in event["stdout"] for event in failed)
    assert is_in(REFUSED, printed)
    assert leaks({**job.written(".", hidden={}), "what the runner printed": printed}, {*PASSWORDS.values(), *play.sim.secrets()}) == set()


PRINTED = {
    "skipped": f"{{{ASK}, when: item.user == 'nobody'}}",
    "too slow": f"{{{ASK}, timeout: 1, ignore_errors: true}}",
    "included": "{include_tasks: inner.yml, loop: '{{ users }}'}",
}


@pytest.mark.parametrize("case", PRINTED)
def test_what_is_left_to_the_user(play: Player, tmp_path: pathlib.Path, case: str) -> None:
    """Core prints these items without asking the action. The guide says so; it should not, once this fails."""
    (tmp_path / "inner.yml").write_text("- {meta: noop}\n")
    play.sim.fault("/api/v1/oauth/token/", delay=3, times=None)
    outcome = play(f"- {PRINTED[case]}\n", variables=VARIABLES, shows=tuple(VARIABLES["passwords"]))
    assert (PASSWORDS["client"] in outcome.output) is not (MASKED_BY_CORE and case == "too slow")
