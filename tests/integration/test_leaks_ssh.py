# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Over a real ssh: no secret in what is printed, logged, left in files, or told to other processes of either side."""

from __future__ import annotations

import base64
import hashlib
import pathlib
import re
from collections.abc import Iterator

import pytest

from tests.integration.harness import PASSWORDS, Outcome, Player, written_forms
from tests.integration.printing import ALL_KINDS, KEEP, only_masked_by_core, variables
from tests.tools.python_path import python_path
from tests.tools.ssh_server import SshServer, Watch, program

TOKEN = "/api/v1/oauth/token/"
CREDENTIALS = "/api/v1/auth/credentials/token/"
FLOWS = """
- forti.oauth.fac_oauth_token: {username: email1, password: '{{ secret.email1 }}', cache: none, retries: 1}
  loop: [1, 2, 3, 4]
  register: broken
  ignore_errors: true
- forti.oauth.fac_oauth_token: {username: email1, password: '{{ secret.email1 }}', server: 'localhost:1', retries: 0}
  register: unreachable
  ignore_errors: true
- {forti.oauth.fac_oauth_token: {username: email1, password: '{{ secret.email1 }}', ca_path: /etc/hostname}, register: untrusted, ignore_errors: true}
- {forti.oauth.fac_oauth_token: {username: email1, password: '{{ secret.email1 }}'}, register: repeated, ignore_errors: true}
- {forti.oauth.forticwp_token: {credential: '{{ secret.credential }}', cache: none}, register: cwp_repeated, ignore_errors: true}
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: login}
- forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', client_id: ansible-secret, client_secret: '{{ secret.client }}'}
  register: client
- {forti.oauth.fac_oauth_token: {username: push1, password: '{{ secret.push1 }}', push_interval: 1}, register: push}
- {forti.oauth.fac_oauth_token: {username: ftm1, password: '{{ secret.ftm1 }}', method: ftm, otp: '{{ otp }}'}, register: typed}
- {forti.oauth.fac_oauth_token: {username: radius1, password: '{{ secret.radius1 }}', otp: '{{ radius_otp }}'}, register: radius}
- {forti.oauth.fac_oauth_token: {username: sms1, password: '{{ secret.sms1 }}'}, register: challenged, ignore_errors: true}
- forti.oauth.fac_oauth_token: {cache: none}
  environment: {FAC_USERNAME: luser1, FAC_PASSWORD: "{{ secret.luser1 }}"}
  register: from_environment
- {forti.oauth.fac_oauth_token: {grant_type: refresh_token, refresh_token: '{{ login.refresh_token }}'}, register: refreshed}
- {forti.oauth.fac_oauth_token_info: {access_token: '{{ refreshed.access_token }}'}, register: info}
- {forti.oauth.fac_oauth_token: {state: absent, access_token: '{{ refreshed.access_token }}'}, register: ended}
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.wrong }}'}, register: refused, ignore_errors: true}
- {forti.oauth.forticwp_token: {credential: '{{ secret.credential }}'}, register: cwp}
- {forti.oauth.forticwp_token: {grant_type: password, username: cwp@example.com, password: '{{ secret.cwp }}'}, register: cwp_password}
- {forti.oauth.forticwp_token: {grant_type: refresh_token, refresh_token: '{{ cwp.refresh_token }}'}, register: cwp_refreshed}
- {set_fact: {x: "{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.wrong) }}"}, register: lookup_refused, ignore_errors: true}
- set_fact: {x: "{{ lookup('forti.oauth.forticwp_token', credential=secret.credential, server='localhost:1', retries=0) }}"}
  register: lookup_unreachable
  ignore_errors: true
- import_role: {name: forti.oauth.token}
  vars: {token_fac_options: {username: luser1, password: '{{ secret.luser1 }}'}, token_forticwp_options: {credential: '{{ secret.credential }}'}}
- {template: {src: agent.j2, dest: '{{ playbook_dir }}/there/agent.conf', mode: "0600"}, no_log: true}
"""
# A user's own file, filled in here and written there: the one place where tokens belong.
TEMPLATE = """
{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1, client_id='ansible-secret', client_secret=secret.client) }}
{{ lookup('forti.oauth.forticwp_token', credential=secret.credential, return_as='dict').refresh_token }}
{{ token_fac.access_token }} {{ token_forticwp.authorization }}
"""
TOKENS = ["login", "client", "push", "typed", "radius", "from_environment", "refreshed", "cwp", "cwp_password", "cwp_refreshed"]
FAILED = ["repeated", "cwp_repeated", "challenged", "refused"]
MORE_FAILED = ["broken", "unreachable", "untrusted", "lookup_refused", "lookup_unreachable"]
BROKEN = [
    {"status": 200, "body": "<html>", "repeat_request": True},
    {"close": True},
    {"status": 307, "headers": {"Location": "https://localhost:1/"}, "body": ""},
]
SYSLOG = """
import pathlib
import syslog
syslog.syslog = lambda *said: pathlib.Path({path!r}).open("a").write(repr(said) + "\\n") and None
"""


class Host:
    """A host behind ssh, and all that can be seen on it and on the way there."""

    def __init__(self, play: Player, folder: pathlib.Path, short: pathlib.Path) -> None:
        """:arg short: a folder of its own for what holds sockets, whose paths must be short: ssh's, and those of core itself."""
        self.play, self.folder, self.short, self.log = play, folder, short, folder / "run.log"
        self.syslog = folder / "there" / "syslog"
        for name in ("there", "there/tmp", "there/python"):
            (folder / name).mkdir()
        (folder / "there" / "python" / "sitecustomize.py").write_text(SYSLOG.format(path=str(self.syslog)))
        self._here = {
            "TMPDIR": str(short),
            "ANSIBLE_LOG_PATH": str(self.log),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(short),
            "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=auto -o ControlPersist=5s",
        }
        there = {"HOME": folder / "there", "TMPDIR": folder / "there" / "tmp", **python_path(folder / "there" / "python")}
        self.server = SshServer(folder, {name: str(path) for name, path in there.items()})

    def run(self, tasks: str, env: dict[str, str], *, keep: str = "", variables: dict[str, str] | None = None, shows: tuple[str, ...] = ()) -> Outcome:
        """Run the tasks there, and watch."""
        given = {**self.server.variables, **(variables or {})}
        codes = tuple((variables or {}).values())  # six digits stand in times too: the test looks for them itself
        with self.server, Watch(self.server.pid) as self.watch:
            outcome = self.play(tasks, keep=keep, connection="ssh", delegate_to="jump", variables=given, env={**self._here, **env}, shows=(*shows, *codes))
        assert "ESTABLISH SSH CONNECTION FOR USER" in outcome.output
        return outcome

    def seen(self, outcome: Outcome) -> Iterator[tuple[str, str]]:
        """Return all that was seen, each with the name of the place. The test itself wrote the variables and the kept results."""
        yield "the output", outcome.output
        yield from (("a command line", text) for text in self.watch.commands)
        yield from (("an environment on the host", text) for text in self.watch.environments)
        own = {self.folder / "secret.yml", self.folder / "there" / "agent.conf", *self.folder.glob("host*.json")}
        for path in (*self.folder.rglob("*"), *self.short.rglob("*")):
            if path.is_file() and path not in own:
                yield str(path), path.read_text(errors="replace")


@pytest.fixture
def host(play: Player, tmp_path: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Host:
    """A host behind ssh."""
    if program() is None:
        pytest.skip("there is no sshd on this machine: nothing was tried over a real ssh")
    if not pathlib.Path("/proc/self/environ").exists():
        pytest.skip("there is no /proc on this machine: processes cannot be watched")
    return Host(play, tmp_path, tmp_path_factory.mktemp("short"))


def leaks(host: Host, outcome: Outcome, secrets: set[str]) -> set[str]:
    """Return what was seen of the secrets, and where."""
    forms = written_forms(secrets)
    words = re.compile("|".join(rf"(?<![\w.]){re.escape(form)}(?![\w.])" if form.isdigit() else re.escape(form) for form in forms))
    return {f"{forms[found]} in {place}" for place, text in host.seen(outcome) for found in words.findall(text)}


@pytest.mark.daily("plain-pipelining")
@pytest.mark.parametrize("pipelining", ["1", "0"], ids=["pipelining", "files"])
@pytest.mark.parametrize("debug", ["0", "1"], ids=["plain", "debug"])
def test_every_flow(host: Host, debug: str, pipelining: str) -> None:
    sim = host.play.sim
    codes = {"otp": sim.otp("ftm1"), "radius_otp": sim.otp("radius1")}
    (host.folder / "agent.j2").write_text(TEMPLATE)
    for fault in (*BROKEN, {"status": 503, "repeat_request": True, "times": 2}, {"status": 401, "repeat_request": True}):
        sim.fault(TOKEN, **fault)
    sim.fault(CREDENTIALS, status=401, repeat_request=True)
    kept = " ".join([*TOKENS, *FAILED, *MORE_FAILED, "info", "ended", "token_fac", "token_forticwp"])
    outcome = host.run(FLOWS, {"ANSIBLE_DEBUG": debug, "ANSIBLE_PIPELINING": pipelining}, keep=kept, variables=codes)
    assert all(outcome[name]["access_token"] in sim.secrets() for name in TOKENS)
    assert [outcome[name].get("status") for name in FAILED] == [401, 401, None, 401]
    assert all(outcome[name]["failed"] for name in MORE_FAILED)
    assert [result.get("status") for result in outcome["broken"]["results"]] == [200, None, 307, 503]
    written = (host.folder / "there" / "agent.conf").read_text().replace("Bearer ", "").split()
    assert len(written) == 4 and set(written) < set(sim.secrets())
    assert (outcome["info"]["valid"], outcome["ended"]["changed"]) == (True, True)
    assert "push1: approve the sign-in to" in outcome.output
    assert host.log.stat().st_size > 10000
    assert "Invoked with" in host.syslog.read_text()
    assert any("ansible-tmp-" in command for command in host.watch.commands) or pipelining == "1"
    assert any(f"HOME={host.folder}/there" in text for text in host.watch.environments)
    assert leaks(host, outcome, {*PASSWORDS.values(), *sim.secrets()}) == set()


@only_masked_by_core
def test_later_tasks_are_masked_too(host: Host) -> None:
    """What core itself tells other processes is left out here: a command with a token in it is a process, seen by all."""
    known = variables(host.play.sim.host, kept_in=str(host.folder / "tokens"))
    host.play(KEEP, variables=known)
    outcome = host.run(ALL_KINDS, {}, keep="kept cwp looked", variables=known)
    assert {outcome["kept"]["access_token"], outcome["cwp"]["access_token"], outcome["looked"]} < set(host.play.sim.secrets())
    assert outcome["kept"]["source"] == "cache"
    assert "$REDACTED$" in host.log.read_text()
    assert {place for place in leaks(host, outcome, {*PASSWORDS.values(), *host.play.sim.secrets()}) if "in a command line" not in place} == set()


def test_a_secret_in_a_command_line_would_be_seen(host: Host) -> None:
    """The test of the tests: core shows a command, and a task's environment, to everybody on the host."""
    task = "- {command: \"sh -c 'sleep 1; true' {{ secret.cwp }}\", environment: {MY_SECRET: '{{ secret.portal }}'}}"
    secrets = {PASSWORDS["cwp"], PASSWORDS["portal"]}
    outcome = host.run(task, {"ANSIBLE_PIPELINING": "1"}, shows=tuple(secrets))
    found = leaks(host, outcome, secrets)
    assert f"{PASSWORDS['cwp']} in a command line" in found
    assert f"{PASSWORDS['portal']} in an environment on the host" in found
    assert f"{PASSWORDS['cwp']} in {host.log}" in found
    assert f"{PASSWORDS['cwp']} in {host.syslog}" in found


def opened(sealed: str, key: str) -> bool:
    """Tell whether the key opens what a module wrote."""
    text = base64.b64decode(sealed)
    stream = hashlib.shake_256(key.encode()).digest(len(text))
    return bytes(left ^ right for left, right in zip(text, stream, strict=True)).startswith(b'{"')


@pytest.mark.daily("pipelining")
@pytest.mark.parametrize("pipelining", ["1", "0"], ids=["pipelining", "files"])
def test_the_key_of_a_result_is_seen_nowhere(host: Host, pipelining: str) -> None:
    """With ANSIBLE_DEBUG the sealed result is printed. Whoever finds its key too, in the host's syslog or beside it, has the token."""
    login = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}}"
    outcome = host.run(login, {"ANSIBLE_DEBUG": "1", "ANSIBLE_PIPELINING": pipelining})
    (sealed,) = set(re.findall(r'"result\\*": \\*"([A-Za-z0-9+/=]{40,})', outcome.output))
    likely = {(key, place) for place, text in host.seen(outcome) for key in re.findall(r"(?<![\w-])[\w-]{43}(?![\w-])", text)}
    assert {place for key, place in likely if opened(sealed, key)} == set()
