# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the connection leads to another host, the module runs there; caching, hiding and telling stay on the controller."""

from __future__ import annotations

from tests.integration.harness import PASSWORDS, Player

BOTH = """
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: fac}
- {forti.oauth.forticwp_token: {credential: '{{ secret.credential }}'}, register: cwp}
"""


def there(python: str) -> dict[str, str]:
    """Return the environment in which modules run on this Python."""
    return {"ANSIBLE_PYTHON_INTERPRETER": python}


def test_it_runs_there_once_for_all(play: Player, python39: str) -> None:
    outcome = play(BOTH, keep="fac cwp", hosts=4, connection="elsewhere", env=there(python39))
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
        connection="elsewhere",
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
        connection="elsewhere",
        env=there(python39),
    )
    assert outcome["r"]["access_token"]
    assert "push1: approve the sign-in to" in outcome.output
    assert play.sim.counts["fac.challenge"] == 1


def test_requests_is_missing_there(play: Player, bare_python39: str) -> None:
    login = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: fac, ignore_errors: true}"
    outcome = play(login, keep="fac", connection="elsewhere", env=there(bare_python39))
    message = outcome["fac"]["msg"]
    assert "The Python library requests is missing for" in message
    assert "pip install requests" in message and "delegate_to: localhost" in message
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
        connection="elsewhere",
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
        connection="elsewhere",
        env=there(python39),
    )
    assert outcome["r"]["access_token"]
    assert "OTHER_VARIABLE=other-value" in outcome.output
    assert PASSWORDS["luser1"] not in outcome.output
