# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The doctor finds each fault that lies between a task and its token, at its step, and says what to do."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import socket
from collections.abc import Callable
from typing import Any

import pytest
import trustme

from tests.integration.harness import Outcome, Player
from tests.tools.proxy import PASSWORD as PROXY_PASSWORD
from tests.tools.proxy import proxy
from tests.tools.redis_server import PASSWORD as REDIS_PASSWORD
from tests.tools.redis_server import RedisServer, program
from tests.unit.simulator_calls import login, post

STEPS = ("options", "name", "connection", "certificate", "clock", "service", "login", "cache")
TOKEN, CREDENTIALS = "/api/v1/oauth/token/", "/api/v1/auth/credentials/token/"
GOOD = "username: luser1, password: '{{ secret.luser1 }}'"


@dataclasses.dataclass(frozen=True)
class Case:
    """A fault: the options of the task, what the simulator does, the step that fails and what it says."""

    step: str
    says: str
    options: str = GOOD
    service: str = "fac"
    keywords: str = ""
    fault: dict[str, Any] | None = None

    def task(self) -> str:
        """Return the task, as a user writes it."""
        return f"- {{forti.oauth.doctor_info: {{service: {self.service}, {self.options}}}, register: r{self.keywords}}}\n"


def through(proxy: str) -> str:
    """Return the keyword that leads a task through a proxy."""
    return f", environment: {{https_proxy: '{proxy}', no_proxy: ''}}"


# The simulator plays the faults of its own in this order. A doctor that comes too early would take another's, so they stand first.
CASES = {
    "clock ahead": Case("clock", "ahead of this machine's. Set both by NTP", fault={"headers": {"Date": "Mon, 01 Jan 2035 00:00:00 GMT"}}),
    "clock behind": Case("clock", "behind this machine's. Set both by NTP", fault={"headers": {"Date": "Mon, 01 Jan 2024 00:00:00 GMT"}}),
    "403": Case("service", "answered 403 to a request without a login", fault={"status": 403, "body": "<html>"}),
    "404": Case(
        "service",
        "answered 404 to a request without a login. Check server: a FortiAuthenticator has this address from version 6.0 on.",
        fault={"status": 404, "body": {}},
    ),
    "redirect": Case("service", "answered 302, a redirect. It was not followed", fault={"status": 302, "headers": {"Location": "https://elsewhere.invalid/"}}),
    "page": Case("service", "answered 200 without JSON. Check that server is the token service", fault={"status": 200, "body": "<html>Log in</html>"}),
    "503": Case(
        "service", "answered 503 to a request without a login. The fault is on the server's side. Run it again later.", fault={"status": 503, "body": ""}
    ),
    "silence": Case("service", "closed the connection", fault={"close": True}),
    "FortiCWP 404": Case("service", "answered 404", service="forticwp", options="credential: '{{ secret.credential }}'", fault={"status": 404, "body": {}}),
    "no user": Case("options", "FAC_USERNAME. Found: server from FAC_SERVER; ca_path from FAC_CA_PATH; password from the task;", options="password: any"),
    "wrong option of the environment": Case(
        "options", "push_timeout", options="username: any, password: any", keywords=", environment: {FAC_PUSH_TIMEOUT: soon}"
    ),
    "option of a token": Case("options", "state does not go with doctor_info", options=f"state: absent, login: true, {GOOD}"),
    "unknown option": Case("options", "Unknown option usrname. Did you mean username?", options="usrname: luser1"),
    "undefined": Case("options", "The variable fac_oauth_username cannot be evaluated", keywords=", vars: {fac_oauth_username: '{{ nowhere }}'}", options=""),
    "name": Case("name", "https://fac.invalid has an unknown host name. Check server and the DNS.", options=f"server: fac.invalid, {GOOD}"),
    "port": Case("connection", "could not be connected to: connection refused. Check server, its port", options=f"server: 'localhost:1', {GOOD}"),
    "proxy": Case(
        "connection",
        "the proxy http://127.0.0.1:1 failed (connection refused). Check https_proxy and no_proxy.",
        keywords=through("http://me:proxy-word-4711@127.0.0.1:1"),
    ),
    "password that ends a URL": Case("name", "https_proxy is not the URL of a proxy", keywords=through("http://me:proxy-word-4711/x@127.0.0.1:1")),
    "proxy with a blank": Case("name", "https_proxy is not the URL of a proxy", keywords=through("http://my proxy:3128")),
    "unknown proxy": Case("connection", "the proxy http://proxy.invalid:3128 failed (unknown host name).", keywords=through("http://proxy.invalid:3128")),
    "no URL of a proxy": Case(
        "name",
        "https_proxy is not the URL of a proxy",
        keywords=through("http://me:proxy-word#4711@127.0.0.1:1"),
    ),
    "certificate": Case("certificate", "The certificate is issued to localhost, 127.0.0.1, ::1 by ", options=f"ca_path: '{{{{ other_ca }}}}', {GOOD}"),
    "no TLS": Case("certificate", "could not agree on TLS", options=f"server: '{{{{ plain }}}}', {GOOD}"),
    "wrong password": Case("login", "answered 401 invalid_grant", options="login: true, username: luser1, password: '{{ secret.wrong }}'"),
    "locked": Case("login", "The account is locked", options="login: true, username: radius1, password: '{{ secret.radius1 }}'"),
    "challenge": Case("login", "wants a second factor (otp, method sms). Give otp", options="login: true, username: sms1, password: '{{ secret.sms1 }}'"),
    "denied": Case("login", "was not approved (denied)", options="login: true, username: push1, password: '{{ secret.push1 }}', push_interval: 1"),
    "FortiCWP login": Case("login", "answered 401 invalid_client", service="forticwp", options="login: true, credential: 00000000-0000-0000-0000-000000000000"),
    "foreign cache": Case("cache", "is not used: other users have access to it.", options=f"cache: '{{{{ foreign }}}}', {GOOD}"),
    "URL of a Redis": Case("options", "cache is not a URL of Redis", options=f"cache: 'redis://:redis-word/4711@127.0.0.1:6379', {GOOD}"),
    "directory under a file": Case("cache", "does not exist, and cannot be made in /etc/hostname. Name another", options=f"cache: /etc/hostname/a/b, {GOOD}"),
    "no Redis": Case("cache", "Redis at 127.0.0.1:1 cannot be used", options=f"cache: 'redis://:redis-word-4711@127.0.0.1:1/0', {GOOD}"),
}


@pytest.fixture(scope="module")
def outcome(new_play: Callable[[], Player], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What the doctor found, of all cases in one run."""
    play, folder = new_play(), tmp_path_factory.mktemp("doctor")
    for number in range(3):
        post(play.sim, login("radius1", password=f"wrong-{number}"))
    for case in CASES.values():
        if case.fault:
            play.sim.fault(TOKEN if case.service == "fac" else CREDENTIALS, **case.fault)
    play.sim.phone("push1", "deny", after=0.1)
    (folder / "foreign").mkdir()
    (folder / "foreign").chmod(0o777)
    variables = {"other_ca": other_authority(folder), "foreign": str(folder / "foreign"), "plain": play.sim.control.partition("//")[2]}
    outcome = play([case.task() for case in CASES.values()], keep="r", variables=variables)
    assert play.sim.faults.waiting == []
    return outcome


def other_authority(folder: pathlib.Path) -> str:
    """Return the file of a CA that has not signed the simulator's certificate."""
    trustme.CA().cert_pem.write_to_path(str(folder / "other.pem"))
    return str(folder / "other.pem")


def failed(result: dict[str, Any]) -> tuple[str, str]:
    """Return the step that failed, and what it says."""
    ((step, detail),) = [(step["step"], step["detail"]) for step in result["steps"] if step["state"] == "failed"]
    return step, detail


def details(result: dict[str, Any]) -> dict[str, str]:
    """Return what each step says."""
    return {step["step"]: step["detail"] for step in result["steps"]}


@pytest.mark.xdist_group("doctor")
@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_found_at_its_step(outcome: Outcome, name: str) -> None:
    case, result = CASES[name], outcome.of_all("r")[list(CASES).index(name)]
    step, detail = failed(result)
    assert step == case.step
    assert case.says in detail
    assert result["healthy"] is False
    assert tuple(each["step"] for each in result["steps"]) == STEPS


@pytest.mark.xdist_group("doctor")
def test_the_faults_show_no_secret(outcome: Outcome) -> None:
    # Each as a task has it, and a library may quote a part of it. Core shows the task's environment with -vvvv for no action.
    for word in ("proxy-word", "redis-word"):
        assert word not in outcome.output


def test_it_logs_in_only_if_it_is_asked_to(play: Player) -> None:
    outcome = play(Case("", "").task(), keep="r")
    assert outcome["r"]["healthy"]
    assert outcome["r"]["changed"] is False
    assert [step["state"] for step in outcome["r"]["steps"]] == ["ok"] * 6 + ["skipped"] * 2
    assert [(request["method"], request["path"]) for request in play.sim.requests] == [("GET", TOKEN)]
    assert "Set login: true; with the playbook, -e doctor_login=true." in details(outcome["r"])["login"]


def test_one_line_for_each_step(play: Player) -> None:
    outcome = play(Case("", "").task(), verbosity=1)
    for step in STEPS:
        assert re.search(rf"^host000: (ok|skipped) +{step} +.* \(\d+\.\d\d s\)$", outcome.output, re.MULTILINE)


def test_a_login_is_one_and_shared_with_the_play(play: Player) -> None:
    asked = Case("", "", options=f"login: true, {GOOD}").task()
    outcome = play(f"{asked}- {{forti.oauth.fac_oauth_token: {{{GOOD}}}, register: token}}\n", keep="r token", hosts=3)
    assert play.sim.counts["fac.login"] == 1
    assert {result["access_token"] for result in outcome.of_all("token")} == {outcome.of_all("token")[0]["access_token"]}
    said = sorted(details(result)["login"] for result in outcome.of_all("r"))
    assert re.fullmatch(r"a token until \S+Z, with a refresh token, from a login; the server says that it is live", said[0])
    assert "from the cache" in said[1]


def test_a_token_that_nobody_verifies_is_still_one(play: Player) -> None:
    play.sim.fault("/api/v1/oauth/verify_token/", status=503, body="", times=None)
    outcome = play(Case("", "", options=f"login: true, retries: 0, {GOOD}").task(), keep="r")
    assert outcome["r"]["healthy"]
    assert details(outcome["r"])["login"].endswith(", from a login; the server did not tell whether it is live")


def test_a_page_that_asks_for_a_password(play: Player) -> None:
    """Such as that of a reverse proxy."""
    play.sim.fault(TOKEN, status=401, body="<html>Who are you?</html>")
    outcome = play(Case("", "").task(), keep="r")
    assert details(outcome["r"])["service"] == "a server answers 401 to a request without a login; most token services answer 405"


def test_in_check_mode_it_writes_nothing(play: Player, tmp_path: pathlib.Path) -> None:
    (tmp_path / "kept").mkdir(mode=0o700)
    outcome = play(Case("", "", options=f"cache: '{tmp_path / 'kept'}', {GOOD}", keywords=", check_mode: true").task(), keep="r")
    assert details(outcome["r"])["cache"] == f"the directory {tmp_path / 'kept'} was not tried in check mode; it holds 0 entries, 0 of this server"
    assert list((tmp_path / "kept").glob("salt*")) == []


def test_through_a_proxy(play: Player) -> None:
    with proxy() as (url, opened):
        outcome = play(Case("", "", keywords=f", environment: {{https_proxy: '{url}', no_proxy: ''}}").task(), keep="r")
    found = details(outcome["r"])
    assert outcome["r"]["healthy"]
    assert re.fullmatch(r"through the proxy http://127\.0\.0\.1:\d+", found["connection"])
    assert found["name"].endswith(" looks it up")
    assert set(opened) == {play.sim.host}
    assert PROXY_PASSWORD not in outcome.output


def test_a_proxy_that_wants_a_password(play: Player) -> None:
    with proxy() as (url, opened):
        bare = f"http://{url.partition('@')[2]}"
        outcome = play(Case("", "", keywords=through(bare)).task(), keep="r")
    said = f"the proxy {bare} failed (it answered 407, so it wants a user and a password in its URL). Check https_proxy and no_proxy."
    assert failed(outcome["r"]) == ("connection", f"{play.sim.url} was not reached: {said}")
    assert opened == []


@pytest.mark.long
def test_a_port_that_says_nothing(play: Player) -> None:
    """Neither the proxy nor the server holds the doctor up for longer than the timeout."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        tasks = [
            Case("", "", options=f"timeout: 2, {GOOD}", keywords=through(f"http://{place}")).task(),
            Case("", "", options=f"timeout: 2, server: '{place}', {GOOD}").task(),
        ]
        outcome = play(tasks, keep="r")
    by_proxy, direct = outcome.of_all("r")
    assert failed(by_proxy) == (
        "connection",
        f"{play.sim.url} was not reached: the proxy http://{place} failed (it opened no tunnel within 2 seconds). Check https_proxy and no_proxy.",
    )
    assert failed(direct)[0] == "certificate"
    assert all(step["seconds"] < 6 for result in (by_proxy, direct) for step in result["steps"])


def test_a_task_for_another_host_is_refused(play: Player) -> None:
    outcome = play("- {forti.oauth.doctor_info: {service: fac}, register: r, ignore_errors: true}\n", keep="r", delegate_to="jump")
    assert outcome["r"]["msg"] == "doctor_info looks from the controller only. Take delegate_to out of the task."


def test_no_log_shows_no_step(play: Player) -> None:
    outcome = play(Case("", "", keywords=", no_log: true").task(), keep="r", verbosity=1)
    assert outcome["r"]["healthy"]
    assert "connection" not in outcome.output


def test_until_it_is_healthy(play: Player) -> None:
    play.sim.fault(TOKEN, status=503, body="", times=2)
    outcome = play(Case("", "", keywords=", until: r.healthy, retries: 3, delay: 0").task(), keep="r")
    assert outcome["r"]["attempts"] == 3
    assert outcome["r"]["msg"] == "No step failed."


@pytest.mark.long
def test_an_unchecked_certificate(play: Player, tmp_path: pathlib.Path) -> None:
    outcome = play(Case("", "", options=f"validate_certs: false, cache: '{tmp_path / 'tokens'}', {GOOD}").task(), keep="r")
    assert details(outcome["r"])["certificate"].endswith("; not checked, because validate_certs is false")
    assert details(outcome["r"])["cache"].endswith("; this token is not kept there, because validate_certs is false")


def test_a_directory_that_can_be_used(play: Player, tmp_path: pathlib.Path) -> None:
    kept = f"cache: '{tmp_path / 'tokens'}', {GOOD}"
    outcome = play(
        Case("", "", options=kept).task() + f"- forti.oauth.fac_oauth_token: {{{kept}}}\n" + Case("", "", options=kept).task().replace(": r", ": s"), keep="r s"
    )
    assert details(outcome["r"])["cache"] == f"the directory {tmp_path / 'tokens'} does not exist yet; the first token makes it"
    assert details(outcome["s"])["cache"] == f"the directory {tmp_path / 'tokens'} can be used; it holds 1 entry, 1 of this server"
    assert [path.suffix for path in (tmp_path / "tokens").iterdir() if path.name.endswith(".token")] == [".token"]


@pytest.mark.long
def test_a_full_directory(play: Player, full_disk: pathlib.Path) -> None:
    outcome = play(Case("", "", options=f"cache: '{full_disk}', {GOOD}").task(), keep="r")
    assert failed(outcome["r"]) == ("cache", f"the directory {full_disk} cannot be used: No space left on device")


@pytest.mark.long
def test_a_full_redis(play: Player, tmp_path: pathlib.Path) -> None:
    if program() is None:
        pytest.skip("there is no redis-server on this machine: a full one was not tried")
    with RedisServer(tmp_path, "--maxmemory", "1", "--maxmemory-policy", "noeviction") as server:
        outcome = play(Case("", "", options=f"cache: '{server.url}', {GOOD}").task(), keep="r")
    assert failed(outcome["r"])[0] == "cache"
    assert f"Redis at 127.0.0.1:{server.port} cannot be used" in failed(outcome["r"])[1]
    assert REDIS_PASSWORD not in outcome.output


@pytest.mark.long
def test_a_wrong_value_of_its_own_fails_the_task(play: Player) -> None:
    outcome = play("- {forti.oauth.doctor_info: {service: fortigate}, register: r, ignore_errors: true}\n", keep="r")
    assert "fac, forticwp" in outcome["r"]["msg"]


def test_in_a_loop(play: Player) -> None:
    """Core shows the item of a loop. The passwords in it are hidden."""
    looped = "- {forti.oauth.doctor_info: {service: fac, username: '{{ item.name }}', password: '{{ item.word }}'}, loop: '{{ all }}', register: r}\n"
    variables = {"all": [{"name": "luser1", "word": "{{ secret.luser1 }}"}, {"name": "remote1", "word": "{{ secret.remote1 }}"}]}
    outcome = play(looped, keep="r", variables=variables)
    assert [result["healthy"] for result in outcome["r"]["results"]] == [True, True]


def test_an_item_is_hidden_even_if_the_service_is_wrong(play: Player) -> None:
    looped = "- {forti.oauth.doctor_info: {service: fortigate, password: '{{ item }}'}, loop: [Hunter-2-Word], register: r, ignore_errors: true}\n"
    outcome = play(looped, keep="r")
    assert "fac, forticwp" in outcome["r"]["results"][0]["msg"]
    assert "item=Hunter-2-Word" not in outcome.output
    assert '"item": "Hunter-2-Word"' not in outcome.output
