# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A loop, or a task that is tried again, shows no token, whoever prints or writes it; what failed stays readable where items are shown.

Up to ansible-core 2.18 the sum of a loop knows nothing of what its items asked to be hidden.
"""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import socket
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.harness import PASSWORDS, Outcome, Player, written_forms
from tests.tools.other_collections import fetch

OTHERS = ("ansible.posix", "community.general")
TOKEN = "/api/v1/oauth/token/"
LOGIN = "forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret[item] }}', cache: none, retries: 0}"
# luser1 and wrong are the names of passwords. Two wrong ones in a row lock nobody out. Some callbacks do not show a failure that is ignored.
LOOPS = f"""
- {{name: all succeed, {LOGIN}, loop: [luser1, luser1], register: succeeded}}
- {{block: [{{name: all fail, {LOGIN}, loop: [wrong, wrong], register: failed}}], rescue: [{{meta: noop}}]}}
- {{block: [{{name: the last fails, {LOGIN}, loop: [luser1, wrong], register: last_fails}}], rescue: [{{meta: noop}}]}}
- {{block: [{{name: the first fails, {LOGIN}, loop: [wrong, luser1], register: first_fails}}], rescue: [{{meta: noop}}]}}
- {{block: [{{name: one of them, {LOGIN}, loop: [luser1], register: only, failed_when: "'access_token' in only"}}], rescue: [{{meta: noop}}]}}
- {{name: a skipped one, {LOGIN}, loop: [wrong, luser1], when: item == 'luser1', register: skipped}}
- name: cached
  forti.oauth.fac_oauth_token: {{username: luser1, password: '{{{{ secret.luser1 }}}}'}}
  loop: [1, 2]
  register: cached
- {{name: FortiCWP, forti.oauth.forticwp_token: {{credential: '{{{{ secret.credential }}}}'}}, loop: [1, 2], register: cwp}}
- {{name: the map, forti.oauth.forticwp_resource_map_info: {{credential: '{{{{ secret.credential }}}}'}}, loop: [1, 2], register: maps}}
- name: a challenge
  forti.oauth.fac_oauth_token: {{username: radius1, password: '{{{{ secret.radius1 }}}}', on_challenge: return}}
  loop: [1, 2]
  register: challenged
- name: a loop in a loop
  include_tasks: inner.yml
  loop: [1, 2]
  loop_control: {{loop_var: outer}}
"""
INNER = "- {name: inner, forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', cache: none}, loop: [1, 2], register: inner}\n"
WHOLE = {"succeeded": 2, "last_fails": 1, "first_fails": 1, "only": 1, "skipped": 1, "cached": 2, "cwp": 2, "inner": 2}  # tokens in each variable
KEPT = " ".join([*WHOLE, "failed", "maps", "challenged"])
REFUSED = "answered 401 invalid_grant (Invalid credentials given.)"


@dataclasses.dataclass(frozen=True)
class Printer:
    """A callback for stdout, and what it shows."""

    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    items: bool = True  # each item of a loop
    sums: bool = True  # the result of a loop as a whole
    verbosity: int = 4


SHOW_ALL = "{{ ansible_callback_diy.result.output | default({}) }}"
DIY = {f"ANSIBLE_CALLBACK_DIY_RUNNER_{when}_MSG": SHOW_ALL for when in ("ON_OK", "ON_FAILED", "ITEM_ON_OK", "ITEM_ON_FAILED", "RETRY")}
PRINTERS = {
    "ansible.builtin.default": Printer(),
    "default -v": Printer({"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"}, verbosity=1),
    "ansible.builtin.minimal": Printer(items=False),
    "ansible.builtin.oneline": Printer(items=False),
    "ansible.posix.debug": Printer(),
    "ansible.posix.json": Printer(items=False),
    "ansible.posix.jsonl": Printer(items=False),
    "community.general.counter_enabled": Printer(),
    "community.general.default_without_diff": Printer(),
    "community.general.dense": Printer(items=False, sums=False, verbosity=1),  # with -vv it is the default; it does not show all failures
    "community.general.diy": Printer(DIY),
    "community.general.null": Printer(items=False, sums=False),
    "community.general.selective": Printer(items=False),
    "community.general.tasks_only": Printer(),
    "community.general.timestamp": Printer(),
    "community.general.unixy": Printer(),
    "yaml": Printer({"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"}),
}
OWN_WRITERS = ["ansible.builtin.junit", "ansible.builtin.tree"]
OTHER_WRITERS = [
    "ansible.posix.profile_roles",
    "ansible.posix.profile_tasks",
    "ansible.posix.timer",
    "community.general.context_demo",
    "community.general.log_plays",
    "community.general.print_task",
    "community.general.say",
    "community.general.syslog_json",
]
ESPEAK = """#!/bin/sh
echo "$@" >> {said}
"""


@dataclasses.dataclass
class Writers:
    """What callbacks write into files, send to a syslog server, and say aloud."""

    folder: pathlib.Path
    syslog: socket.socket
    received: bytearray

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment in which they all write."""
        return {
            "ANSIBLE_CALLBACKS_ENABLED": ",".join([*OWN_WRITERS, *OTHER_WRITERS]),
            "ANSIBLE_COLLECTIONS_ON_ANSIBLE_VERSION_MISMATCH": "ignore",
            "ANSIBLE_LOG_PATH": str(self.folder / "run.log"),
            "ANSIBLE_LOG_FOLDER": str(self.folder / "log_plays"),
            "ANSIBLE_CALLBACK_TREE_DIR": str(self.folder / "tree"),
            "JUNIT_OUTPUT_DIR": str(self.folder / "junit"),
            "SYSLOG_SERVER": "127.0.0.1",
            "SYSLOG_PORT": str(self.syslog.getsockname()[1]),
        }

    def written(self) -> dict[str, str]:
        """Return what each has written, by the name of the file or the folder."""
        found = {"syslog": self.received.decode(errors="replace")}
        for path in self.folder.rglob("*"):
            if path.is_file():
                name = path.relative_to(self.folder).parts[0]
                found[name] = found.get(name, "") + path.read_text(errors="replace")
        return found


@pytest.fixture
def writers(tmp_path: pathlib.Path) -> Iterator[Writers]:
    """Where they write to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as syslog:
        syslog.bind(("127.0.0.1", 0))
        received = bytearray()

        def receive() -> None:
            with contextlib.suppress(OSError):
                while True:
                    received.extend(syslog.recv(65536) + b"\n")

        threading.Thread(target=receive, daemon=True).start()
        folder = tmp_path / "written"
        folder.mkdir()
        yield Writers(folder, syslog, received)


@pytest.fixture(scope="session")
def others() -> pathlib.Path | None:
    """The folder with the collections that have callbacks; None if they cannot be downloaded here."""
    try:
        return fetch(list(OTHERS))
    except subprocess.CalledProcessError:
        return None


def skip_without(others: pathlib.Path | None) -> None:
    """Skip a test that is about the callbacks of other collections."""
    if others is None:
        pytest.skip(f"the package ansible cannot be downloaded here: not tried with the callbacks of {' and '.join(OTHERS)}")


def run(play: Player, tasks: str, printer: str, writers: Writers, others: pathlib.Path | None, **how: Any) -> Outcome:
    """Run tasks under a callback for stdout, while all others write. The output is searched for every secret, and so is what was written."""
    folder = pathlib.Path(play.environment["HOME"])
    (folder / "espeak").write_text(ESPEAK.format(said=writers.folder / "said"))
    (folder / "espeak").chmod(0o755)
    ours = play.environment["ANSIBLE_COLLECTIONS_PATH"]
    environment = {
        **writers.environment,
        "ANSIBLE_COLLECTIONS_PATH": f"{ours}:{others}" if others else ours,
        "PATH": f"{folder}:{play.environment['PATH']}",
        "ANSIBLE_STDOUT_CALLBACK": printer,
        **PRINTERS[printer].environment,
    }
    if not others:
        environment["ANSIBLE_CALLBACKS_ENABLED"] = ",".join(OWN_WRITERS)
    outcome = play(tasks, env=environment, head="tags: [print_action]", verbosity=PRINTERS[printer].verbosity, **how)
    forms = written_forms({*PASSWORDS.values(), *play.sim.secrets()})
    assert [(name, forms[form]) for name, text in writers.written().items() for form in forms if form in text] == []
    return outcome


def is_loaded(name: str, output: str) -> bool:
    """Return whether core says that it has loaded a callback."""
    return f"Loading callback plugin {name.removeprefix('ansible.builtin.')} of type" in output


def plain(text: str) -> str:
    """Return a text as it reads, whatever a callback has put around it: lines that are folded, quotes that are escaped."""
    return " ".join(text.replace("\\n", " ").split())


def tokens_of(variable: dict[str, Any]) -> list[str]:
    """Return the access tokens of the items of a loop."""
    return [item["access_token"] for item in variable["results"] if "access_token" in item]


@pytest.mark.daily("ansible.builtin.default")
@pytest.mark.parametrize("printer", PRINTERS)
def test_loops(play: Player, tmp_path: pathlib.Path, writers: Writers, others: pathlib.Path | None, printer: str) -> None:
    if printer.startswith(OTHERS):
        skip_without(others)
    (tmp_path / "inner.yml").write_text(INNER)
    outcome = run(play, LOOPS, printer, writers, others, keep=KEPT)
    name = PRINTERS[printer].environment.get("ANSIBLE_STDOUT_CALLBACK", printer)
    if PRINTERS[printer].verbosity == 4:
        assert [name for name in (name, *OWN_WRITERS, *(OTHER_WRITERS if others else [])) if not is_loaded(name, outcome.output)] == []
    issued = set(play.sim.secrets())
    for name, number in WHOLE.items():
        found = tokens_of(outcome[name])
        assert len(found) == number and set(found) <= issued, name
    assert [item["company_id"] for item in outcome["maps"]["results"]] == [2, 2]
    assert all(item["challenge"]["session"] in issued for item in outcome["challenged"]["results"])
    for name in ("failed", "last_fails", "first_fails"):
        assert [REFUSED in item["msg"] for item in outcome[name]["results"] if item.get("failed")] in ([True], [True, True])
    shown = plain(outcome.output).count(REFUSED)
    assert shown >= (4 if PRINTERS[printer].items else 2 if PRINTERS[printer].sums else 0), outcome.output[-4000:]


@pytest.mark.long
def test_loops_on_another_host(play: Player, tmp_path: pathlib.Path, writers: Writers) -> None:
    """What a delegated host hands back is hidden as what the controller asked for."""
    (tmp_path / "inner.yml").write_text(INNER)
    outcome = run(play, LOOPS, "ansible.builtin.minimal", writers, None, keep=" ".join(WHOLE), delegate_to="jump")
    assert {name: len(tokens_of(outcome[name])) for name in WHOLE} == WHOLE
    assert "AnsiballZ_fac_oauth_token" in outcome.output


@pytest.mark.long
def test_what_they_write_is_seen(play: Player, tmp_path: pathlib.Path, writers: Writers, others: pathlib.Path | None) -> None:
    """The test of the tests: what is no secret is found in what each has written."""
    skip_without(others)
    (tmp_path / "inner.yml").write_text(INNER)
    run(play, LOOPS, "ansible.builtin.default", writers, others)
    written = writers.written()
    assert set(written) == {"run.log", "log_plays", "tree", "junit", "said", "syslog"}
    assert [name for name in ("run.log", "log_plays", "junit", "syslog") if REFUSED not in plain(written[name])] == []
    assert "Starting task: all succeed" in written["said"]


def test_the_last_result_in_a_tree(play: Player, writers: Writers) -> None:
    """The callback tree keeps one result of each host: its last."""
    names = ("all succeed", "all fail", "the last fails", "the first fails")
    lines = [line for line in LOOPS.splitlines() if any(f"name: {name}," in line for name in names)]
    tasks = "".join(f"- {{when: inventory_hostname == 'host{number:03}', block: [{line[2:]}]}}\n" for number, line in enumerate(lines))
    run(play, tasks, "ansible.builtin.minimal", writers, None, hosts=4)
    trees = {path.name: path.read_text() for path in (writers.folder / "tree").iterdir()}
    assert set(trees) == {f"host{number:03}" for number in range(4)}
    assert [REFUSED in plain(text) for _name, text in sorted(trees.items())][:2] == [False, True]


ASK = "forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', cache: none, retries: 0}, delay: 0"
AGAIN = f"""
- {{name: never satisfied, {ASK}, register: never, until: false, retries: 2, ignore_errors: true}}
- {{name: refused in the end, {ASK}, register: refused, until: refused is failed, retries: 2, ignore_errors: true}}
- {{name: satisfied in the end, {ASK}, register: satisfied, until: satisfied is success, retries: 2}}
- {{name: a loop that is never satisfied, {ASK}, loop: [1, 2], register: loop_never, until: false, retries: 1, ignore_errors: true}}
- {{name: a loop that is refused in the end, {ASK}, loop: [1], register: loop_refused, until: loop_refused is failed, retries: 2, ignore_errors: true}}
"""


@pytest.mark.long
@pytest.mark.parametrize("printer", ["ansible.builtin.default", "ansible.builtin.minimal"])
def test_what_is_tried_again(play: Player, writers: Writers, printer: str) -> None:
    """A token that C(until) does not accept is hidden; the refusal that comes after it is not."""

    for status in (None, None, None, None, 403, 418, None, None, None, None, None, None, 400):  # None: the real answer
        body = f'{{"error": "access_denied", "error_description": "No, {status}."}}'
        how = {"status": status, "body": body, "content_type": "application/json"} if status else {"after_processing": True}
        play.sim.fault(TOKEN, **how)
    outcome = run(play, AGAIN, printer, writers, None, keep="never refused satisfied loop_never loop_refused")
    assert play.sim.counts["faults"] == 13
    issued = set(play.sim.secrets())
    assert (outcome["never"]["attempts"], outcome["never"]["failed"]) == (2, True)
    assert {outcome["never"]["access_token"], outcome["satisfied"]["access_token"], *tokens_of(outcome["loop_never"])} < issued
    assert "(No, 403.)" in outcome["refused"]["msg"]
    assert "(No, 400.)" in outcome["loop_refused"]["results"][0]["msg"]
    output = plain(outcome.output)
    assert "(No, 403.)" in output and "(No, 400.)" in output
    assert "(No, 418.)" in output or printer.endswith("minimal")
