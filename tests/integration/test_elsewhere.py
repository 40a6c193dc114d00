# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only a task that is delegated to a host somewhere else asks from there. Caching, hiding and telling stay on the controller."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest

from tests.integration.harness import PASSWORDS, Player

LOGIN = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'%s}, register: %s%s}\n"
BOTH = """
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: fac}
- {forti.oauth.forticwp_token: {credential: '{{ secret.credential }}'}, register: cwp}
"""


def there(python: str) -> dict[str, str]:
    """Return the environment in which modules run on this Python."""
    return {"ANSIBLE_PYTHON_INTERPRETER": python}


def test_it_runs_there_once_for_all(play: Player, python39: str) -> None:
    outcome = play(BOTH, keep="fac cwp", hosts=4, delegate_to="jump", env=there(python39))
    assert (play.sim.counts["fac.token"], play.sim.counts["forticwp.credentials"]) == (1, 1)
    assert len({result["access_token"] for result in outcome.of_all("fac")}) == 1
    assert sorted(result["source"] for result in outcome.of_all("cwp")) == ["cache", "cache", "cache", "login"]
    assert 35980 <= outcome.of_all("fac")[0]["expires_in"] <= 36000


def test_all_kinds_of_work_there(play: Player, python39: str) -> None:
    outcome = play(
        BOTH
        + """
- {forti.oauth.forticwp_token: {grant_type: refresh_token, refresh_token: '{{ cwp.refresh_token }}'}, register: refreshed}
- {forti.oauth.fac_oauth_token_info: {access_token: '{{ fac.access_token }}'}, register: info}
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', state: absent}, register: ended}
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.wrong }}'}, register: wrong, ignore_errors: true}
- {forti.oauth.fac_oauth_token: {username: sms1, password: '{{ secret.sms1 }}', on_challenge: return}, register: sms}
- {forti.oauth.fac_oauth_token: {username: sms1, password: '{{ secret.sms1 }}'}, register: sms_failed, ignore_errors: true}
""",
        keep="cwp refreshed info ended wrong sms sms_failed",
        delegate_to="jump",
        env=there(python39),
    )
    # It equals a secret option of that task, which core would have blanked.
    assert outcome["refreshed"]["refresh_token"] == outcome["cwp"]["refresh_token"]
    assert (outcome["info"]["valid"], outcome["ended"]["changed"]) == (True, True)
    assert (outcome["wrong"]["status"], outcome["wrong"]["error"]) == (401, "invalid_grant")
    assert outcome["sms"]["challenge"] == outcome["sms_failed"]["challenge"] == {"challenge": "otp", "method": "sms"}
    assert outcome["sms_failed"]["failed"]


def test_push_there_is_told_here(play: Player, python39: str) -> None:
    outcome = play(
        "- {forti.oauth.fac_oauth_token: {username: push1, password: '{{ secret.push1 }}', push_interval: 1}, register: r}",
        keep="r",
        delegate_to="jump",
        env=there(python39),
    )
    assert outcome["r"]["access_token"]
    assert "push1: approve the sign-in to" in outcome.output
    assert play.sim.counts["fac.challenge"] == 1


def test_requests_is_missing_there(play: Player, bare_python39: str) -> None:
    login = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: fac, ignore_errors: true}"
    outcome = play(login, keep="fac", delegate_to="jump", env=there(bare_python39))
    message = outcome["fac"]["msg"]
    assert "The Python library requests is missing for" in message
    assert "pip install requests" in message and "without delegate_to" in message
    assert play.sim.requests == []


def test_a_short_secret_does_not_tear_the_token(play: Player, python39: str) -> None:
    """The client's secret is one letter, which stands in every token by chance."""
    play.sim.fault(
        "/api/v1/oauth/token/",
        times=None,
        status=200,
        content_type="application/json",
        body='{"access_token": "aXbXc", "expires_in": 60, "token_type": "Bearer", "scope": "X"}',
    )
    outcome = play(
        "- {forti.oauth.fac_oauth_token: {username: luser1, password: X}, register: r}",
        keep="r",
        delegate_to="jump",
        env=there(python39),
    )
    assert (outcome["r"]["access_token"], outcome["r"]["authorization"]) == ("aXbXc", "Bearer aXbXc")


def test_environment_is_not_in_a_command_line(play: Player, python39: str) -> None:
    """Core writes a task's environment into the shell command of a module, which -vvv and the process list show."""
    outcome = play(
        """
- forti.oauth.fac_oauth_token:
  environment: {FAC_USERNAME: luser1, FAC_PASSWORD: "{{ secret.luser1 }}", OTHER_VARIABLE: other-value}
  register: r
""",
        keep="r",
        delegate_to="jump",
        env=there(python39),
    )
    assert outcome["r"]["access_token"]
    assert "OTHER_VARIABLE=other-value" in outcome.output
    assert PASSWORDS["luser1"] not in outcome.output


def executed(output: str) -> list[str]:
    """Return the commands by which a module was executed on a host, and the temporary folders that were made for one."""
    return re.findall(r"EXEC .*(?:AnsiballZ|ansible-tmp-|fac_oauth_token|forticwp_token).*", output)


def result(value: Any, *wanted: str) -> list[Any]:
    """Return the wanted values of each item of a loop."""
    return [tuple(item.get(name) for name in wanted) for item in value["results"]]


@pytest.mark.long
def test_a_connection_alone_changes_nothing(play: Player, bare_python39: str) -> None:
    """The Python of the hosts lacks requests: whatever ran there would fail."""
    info = "- {forti.oauth.fac_oauth_token_info: {access_token: '{{ fac.access_token }}'}, register: info}\n"
    read = "- {forti.oauth.forticwp_resource_map_info: {credential: '{{ secret.credential }}'}, register: read}\n"
    revoke = LOGIN % (", state: absent", "ended", "")
    outcome = play(BOTH + info + read + revoke, keep="fac cwp info read ended", hosts=4, connection="elsewhere", env=there(bare_python39))
    assert executed(outcome.output) == []
    assert "EXEC" not in outcome.output
    assert (play.sim.counts["fac.login"], play.sim.counts["forticwp.credentials"]) == (1, 1)
    assert sorted(result["source"] for result in outcome.of_all("fac")) == ["cache", "cache", "cache", "login"]
    assert {info["username"] for info in outcome.of_all("info")} == {"luser1"}
    assert {read["company_id"] for read in outcome.of_all("read")} == {2}
    assert sorted(ended["changed"] for ended in outcome.of_all("ended")) == [False, False, False, True]


def test_a_module_that_runs_elsewhere_is_seen(play: Player, python39: str) -> None:
    """The test of the test above."""
    assert executed(play(LOGIN % ("", "r", ""), delegate_to="jump", env=there(python39)).output) != []


@pytest.mark.long
def test_delegated_and_undelegated_are_two(play: Player, python39: str) -> None:
    """Whatever comes first: neither gets the other's token."""
    here = LOGIN % ("", "here", ", delegate_to: localhost")
    again = LOGIN % ("", "here_again", ", delegate_to: localhost")
    tasks = here + LOGIN % ("", "there", "") + again + LOGIN % ("", "there_again", "")
    outcome = play(tasks, keep="here there here_again there_again", hosts=2, delegate_to="jump", env=there(python39))
    assert play.sim.counts["fac.login"] == 2
    tokens = {name: {result["access_token"] for result in outcome.of_all(name)} for name in ("here", "there", "here_again", "there_again")}
    assert (tokens["here"], tokens["there"]) == (tokens["here_again"], tokens["there_again"])
    assert len(tokens["here"]) == len(tokens["there"]) == 1
    assert tokens["here"].isdisjoint(tokens["there"])


def test_a_lookup_and_an_undelegated_task_share_one(play: Player) -> None:
    """A lookup is filled in on the controller, whatever the task's connection is."""
    looked = "- {set_fact: {looked: \"{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1) }}\"}, no_log: true}\n"
    outcome = play(LOGIN % ("", "r", "") + looked, keep="r looked", connection="elsewhere")
    assert outcome["looked"] == outcome["r"]["access_token"]
    assert play.sim.counts["fac.login"] == 1


@pytest.mark.long
def test_each_host_for_itself(play: Player, python39: str) -> None:
    outcome = play(
        LOGIN % ("", "first", "") + LOGIN % ("", "second", ""),
        keep="first second",
        hosts=2,
        connection="elsewhere",
        delegate_to="{{ inventory_hostname }}",
        env=there(python39),
    )
    assert play.sim.counts["fac.login"] == 2
    assert [result["source"] for result in outcome.of_all("first")] == ["login", "login"]
    assert len({result["access_token"] for result in outcome.of_all("first")}) == 2
    for kept in outcome.kept.values():
        assert kept["first"]["access_token"] == kept["second"]["access_token"]


@pytest.mark.long
def test_a_loop_over_hosts_to_delegate_to(play: Player, python39: str) -> None:
    """One task, three places to ask from. What is true of one item must not stay for the next."""
    loop = ", loop: [jump, localhost, jump2, localhost, jump]"
    outcome = play(LOGIN % ("", "r", loop), keep="r", delegate_to="{{ item }}", env=there(python39))
    first, second, third, *again = result(outcome["r"], "access_token", "source")
    assert len({token for token, _source in (first, second, third)}) == 3
    assert {source for _token, source in (first, second, third)} == {"login"}
    assert again == [(second[0], "cache"), (first[0], "cache")]
    assert play.sim.counts["fac.login"] == 3


@pytest.mark.long
def test_a_delegated_token_outlives_no_run(play: Player, python39: str, tmp_path: pathlib.Path) -> None:
    """A directory is for the controller's tokens: no file of it may come from a host that is not believed."""
    store = tmp_path / "tokens"
    kept = f", cache: '{store}'"
    env = there(python39)
    first = play(LOGIN % (kept, "r", ""), keep="r", delegate_to="jump", env=env)
    second = play(LOGIN % (kept, "r", ""), keep="r", delegate_to="jump", env=env)
    assert [first["r"]["source"], second["r"]["source"]] == ["login", "login"]
    here = play(LOGIN % (kept, "r", ""), keep="r")
    assert here["r"]["source"] == "login"
    assert play(LOGIN % (kept, "r", ""), keep="r")["r"]["access_token"] == here["r"]["access_token"]
    third = play(LOGIN % (kept, "r", ""), keep="r", delegate_to="jump", env=env)
    assert third["r"]["source"] == "login"
    assert play.sim.counts["fac.login"] == 4
    assert "kept for this run only" in " ".join(first.output.split())
