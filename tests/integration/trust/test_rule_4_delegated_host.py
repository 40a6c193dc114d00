# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 4: a delegated host is not believed. Its interpreter lies here: it has the key of the result, so it can change whatever the module found."""

from __future__ import annotations

import json
import pathlib
import shlex
import sys
import textwrap
from typing import Any

import pytest

from tests.integration.harness import PASSWORDS, Player

LOGIN = "username: luser1, password: '{{ secret.luser1 }}'"
THERE = f"- {{forti.oauth.fac_oauth_token: {{{LOGIN}}}, register: %s, ignore_errors: true}}\n"
HERE = THERE.replace("}, register", "}, delegate_to: localhost, register")
LOOKED = "- {set_fact: {looked: \"{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1) }}\"}, no_log: true}\n"
# Python loads it in every process of the lying interpreter. The module's result passes through json.dumps before it is encrypted.
LIES = """
import json
real = json.dumps

def dumps(value, *more, **options):
    if isinstance(value, dict) and isinstance(value.get("changed"), bool) and "server" in value:
        {lie}
    return real(value, *more, **options)

json.dumps = dumps
"""


def liar(folder: pathlib.Path, lie: str) -> dict[str, str]:
    """Return the environment of a run whose hosts have an interpreter that lies.

    :arg lie: Python statements that change C(value), the result of a module.
    """
    (folder / "lies").mkdir()
    (folder / "lies" / "sitecustomize.py").write_text(LIES.format(lie=lie.replace("\n", "\n        ")))
    python = folder / "lies" / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(folder))}/lies${{PYTHONPATH:+:$PYTHONPATH}} exec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o700)
    return {"ANSIBLE_PYTHON_INTERPRETER": str(python)}


def test_another_server_and_more_keys_are_dropped(play: Player, tmp_path: pathlib.Path) -> None:
    lie = "value.update(server='https://evil.example.com', ansible_facts={'fac_oauth_server': 'evil.example.com'}, source='lie', extra='lie')"
    store = tmp_path / "tokens"
    outcome = play(
        THERE % "there" + HERE % "here" + LOOKED,
        keep="there here looked fac_oauth_server",
        hosts=2,
        delegate_to="jump",
        env={**liar(tmp_path, lie), "FORTI_OAUTH_CACHE": str(store)},
    )
    there, here = outcome.of_all("there"), outcome.of_all("here")
    assert {result["server"] for result in there} == {f"https://{play.sim.host}"}
    assert {name for result in there for name in result} - {"warnings"} == set(here[0]) - {"warnings"}
    assert not any(outcome.of_all("fac_oauth_server"))
    assert {result["access_token"] for result in here} == set(outcome.of_all("looked"))
    assert {result["access_token"] for result in there}.isdisjoint(outcome.of_all("looked"))


@pytest.mark.daily("line end in the token", "deep")
@pytest.mark.parametrize(
    ("lie", "says"),
    [
        ("value['access_token'] += '\\r\\nX-Evil: 1'", "access_token is not valid in a header"),
        ("value.pop('access_token')", "access_token is missing"),
        ("value['expires_in'] = -5", "sent an expiry that is not a time"),
        ("value['expires_in'] = float('nan')", "The module's result cannot be read"),
        ("x = []\nfor _ in range(300): x = [x]\nvalue['scope'] = x", "The module's result cannot be read"),
        ("value['challenge'] = 'none'", "answered 406 without a challenge"),
        ("value.update(challenge={'challenge': 'otp', 'method': 'sms'}, msg='\\x1b[31mred\\nline')", "[31mred line"),
    ],
    ids=["line end in the token", "no token", "negative", "NaN", "deep", "no challenge", "escape sequence in a challenge"],
)
def test_what_a_server_could_not_answer_is_an_error(play: Player, tmp_path: pathlib.Path, lie: str, says: str) -> None:
    outcome = play(THERE % "r", keep="r", delegate_to="jump", env=liar(tmp_path, lie))
    assert outcome["r"]["failed"]
    assert says in outcome["r"]["msg"]
    assert "\n" not in outcome["r"]["msg"] and "\x1b" not in outcome.output


def test_texts_come_without_control_characters(play: Player, tmp_path: pathlib.Path) -> None:
    lie = "value.update(scope='read\\x1b[31m', token_type='Bearer\\x9b1m', refresh_token='a\\nb')"
    outcome = play(THERE % "r", keep="r", delegate_to="jump", env=liar(tmp_path, lie))
    assert (outcome["r"]["scope"], outcome["r"]["token_type"]) == ("read [31m", "Bearer 1m")
    assert "refresh_token" not in outcome["r"]


def test_the_other_modules_results_are_checked_too(play: Player, tmp_path: pathlib.Path) -> None:
    lie = "value.update(server='https://evil.example.com', valid='yes', username='\\x1b[31mroot', changed=True, ansible_facts={'a': 1})"
    outcome = play(
        """
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, delegate_to: localhost, register: r}
- {forti.oauth.fac_oauth_token_info: {access_token: '{{ r.access_token }}'}, register: info}
- {forti.oauth.fac_oauth_token: {state: absent, access_token: '{{ r.access_token }}'}, register: ended}
""",
        keep="info ended",
        delegate_to="jump",
        env=liar(tmp_path, lie),
    )
    assert {name: outcome["info"][name] for name in ("valid", "username", "expires_in", "changed")} == {
        "valid": False,
        "username": None,
        "expires_in": None,
        "changed": False,
    }
    assert outcome["info"]["server"] == outcome["ended"]["server"] == f"https://{play.sim.host}"
    assert "ansible_facts" not in outcome["info"]


# What a lying interpreter adds to the module's output on its way, without the key.
RELAY = """
import json, sys
text, more = open(sys.argv[1]).read(), json.load(open(sys.argv[2]))
try:
    print(json.dumps({**json.loads(text), **more}))
    print("junk\\x1b[31m\\x07")
except ValueError:
    print(text, end="")
"""


def relay(folder: pathlib.Path, **more: Any) -> dict[str, str]:
    """Return the environment of a run whose hosts have an interpreter that adds these fields to what a module writes."""
    (folder / "more.json").write_text(json.dumps(more))
    (folder / "relay.py").write_text(RELAY)
    python = folder / "python"
    added = f"{sys.executable} {folder}/relay.py {folder}/out {folder}/more.json"
    python.write_text(f'#!/bin/sh\n{sys.executable} "$@" > {folder}/out || exit\n{added}\n')
    python.chmod(0o700)
    return {"ANSIBLE_PYTHON_INTERPRETER": str(python)}


def test_what_core_would_show_or_mask_by_itself_is_left_out(play: Player, tmp_path: pathlib.Path) -> None:
    """Newer cores take warnings out of a module's output before its action sees them, and mask what it names as a secret."""
    secret = PASSWORDS["luser1"]
    env = relay(
        tmp_path,
        warnings=[f"w\x1b[31m RED \x07 line\nnext {secret}"] * 50,
        deprecations=[{"msg": f"old\x1b[31m {secret}", "version": "9.9"}],
        _ansible_new_secrets=["changed", "host000"],
    )
    outcome = play(THERE % "r" + "- {debug: {msg: 'still told'}}\n", keep="r", delegate_to="jump", env=env)
    assert outcome["r"]["access_token"]
    assert "\x1b" not in outcome.output and "\x07" not in outcome.output
    assert "w [31m RED line next ********" in " ".join(outcome.output.split())
    assert "still told" in outcome.output and "changed=0" in outcome.output and "host000" in outcome.output


@pytest.mark.daily("a type of core", "3,000 digits")
@pytest.mark.parametrize(
    "lie",
    [
        {"error": {"__ansible_type": "EVIL \x1b[31m"}},
        {
            "failed": True,
            "status": {
                "__ansible_type": "_AnsibleTaggedInt",
                "value": 401,
                "tags": [{"__ansible_type": "Deprecated", "msg": "EVIL \x1b[31m", "version": "3.0"}],
            },
        },
        {"failed": "EVIL \x1b[31m"},
        {"changed": ["EVIL \x1b[31m"]},
        {"warnings": ["\ud800", {"__ansible_type": "EVIL"}]},
        {"failed": True, "status": 10**3000 - 1},
    ],
    ids=["a type of core", "a tag of core", "failed is text", "changed is a list", "a lone surrogate", "3,000 digits"],
)
def test_no_value_is_one_that_core_would_act_upon(play: Player, tmp_path: pathlib.Path, lie: dict[str, Any]) -> None:
    """Newer cores make objects of their own out of what a module writes, and tell of what they cannot make one of."""
    show = "- {debug: {msg: '{{ r.status | default(0) }} {{ r.msg | default() }}'}}\n"
    outcome = play(THERE % "r" + show, keep="r", delegate_to="jump", env=relay(tmp_path, **lie))
    unwanted = ("\x1b", "EVIL", "deserializ", "converted to bool", "9" * 100)
    assert [text for text in unwanted if text in outcome.output] == []


def test_a_word_that_a_host_calls_a_token_is_not_masked_everywhere(play: Player, tmp_path: pathlib.Path) -> None:
    lie = "value.update(refresh_token='changed', id_token='e')"
    outcome = play(THERE % "r" + "- {debug: {msg: 'a message'}}\n", keep="r", delegate_to="jump", env=liar(tmp_path, lie))
    assert "a message" in outcome.output and "changed=0" in outcome.output


def test_another_machine_of_the_same_name_gets_nothing(play: Player) -> None:
    """The inventory's name is not the host: add_host may lead it elsewhere within the run."""
    moved = "- {add_host: {name: jump, ansible_host: 10.9.9.9, ansible_connection: elsewhere}, delegate_to: localhost}\n"
    outcome = play(THERE % "a" + THERE % "b" + moved + THERE % "c", keep="a b c", delegate_to="jump")
    assert [outcome[name]["source"] for name in "abc"] == ["login", "cache", "login"]


def test_a_host_does_not_say_which_token_is_ended_for_others(play: Player, tmp_path: pathlib.Path) -> None:
    """It claims that its token is the controller's, which it may know. What was ended by its options is then forgotten for it alone."""
    token, env = tmp_path / "token", {"FORTI_OAUTH_CACHE": str(tmp_path / "tokens")}
    lie = f"value.update(access_token=open('{token}').read()) if 'access_token' in value else None"
    known = "- {copy: {content: '{{ here.access_token }}', dest: '" + str(token) + "', mode: '0600'}, delegate_to: localhost, no_log: true}\n"
    end = THERE.replace("{username", "{state: absent, username")
    outcome = play(
        HERE % "here" + known + THERE % "there" + end % "ended" + HERE % "again",
        keep="here there again",
        delegate_to="jump",
        env={**liar(tmp_path, lie), **env},
    )
    assert outcome["there"]["access_token"] == outcome["here"]["access_token"] == outcome["again"]["access_token"]
    assert outcome["again"]["source"] == "cache"


def test_a_result_of_another_key_is_refused(play: Player, tmp_path: pathlib.Path) -> None:
    """Somebody who sees and changes what passes, without the key: a relay that prints, a wrapper of ssh."""
    env = liar(tmp_path, "pass")
    patched = textwrap.dedent("""
        import base64
        real_encode = base64.b64encode
        def b64encode(data, *more):
            return real_encode(bytes([data[0] ^ 1]) + data[1:] if len(data) > 200 else data, *more)
        base64.b64encode = b64encode
    """)
    with (tmp_path / "lies" / "sitecustomize.py").open("a") as file:
        file.write(patched)
    outcome = play(THERE % "r", keep="r", delegate_to="jump", env=env)
    assert "The module's result cannot be read" in outcome["r"]["msg"]
