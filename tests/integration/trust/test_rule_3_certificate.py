# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 3: without the check of its certificate nothing is known of who answered. Such a token serves only tasks of the same run that do not check either."""

from __future__ import annotations

import pathlib

from tests.integration.harness import Player

LOGIN = "username: luser1, password: '{{ secret.luser1 }}'"
CHECKED = f"- {{forti.oauth.fac_oauth_token: {{{LOGIN}}}, register: %s}}\n"
UNCHECKED = f"- {{forti.oauth.fac_oauth_token: {{{LOGIN}, validate_certs: false}}, register: %s}}\n"
LOOKUP = "- {set_fact: {%s: \"{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1%s) | checksum }}\"}}\n"
WARNING = "The token is kept for this run only, not in the store that cache names: validate_certs is false, so any server could have sent it."


def test_who_checks_does_not_get_the_token_of_who_does_not(play: Player, tmp_path: pathlib.Path) -> None:
    store = tmp_path / "tokens"
    env = {"FORTI_OAUTH_CACHE": str(store)}
    tasks = UNCHECKED % "a" + UNCHECKED % "b" + LOOKUP % ("x", ", validate_certs=false")
    first = play(tasks, keep="a b x", hosts=3, env=env)
    assert len({first_of["access_token"] for name in "ab" for first_of in first.of_all(name)}) == play.sim.counts["fac.login"] == 1
    assert list(store.glob("*.token")) == []
    assert " ".join(first.output.split()).count(WARNING) == 1
    second = play(CHECKED % "c" + LOOKUP % ("y", "") + UNCHECKED % "d", keep="c d y", env=env)
    assert (second["c"]["source"], second["d"]["source"]) == ("login", "login")
    assert len({first.of_all("a")[0]["access_token"], second["c"]["access_token"], second["d"]["access_token"]}) == 3
    assert first.of_all("x")[0] != second["y"]
    third = play(CHECKED % "e", keep="e", env=env)
    assert third["e"]["access_token"] == second["c"]["access_token"]


def test_a_refusal_without_the_check_is_remembered_for_the_run_only(play: Player, tmp_path: pathlib.Path) -> None:
    env = {"FORTI_OAUTH_CACHE": str(tmp_path / "tokens")}
    wrong = (UNCHECKED % "r, ignore_errors: true").replace("secret.luser1", "secret.wrong")
    play(wrong, hosts=3, env=env)
    assert play.sim.counts["fac.token"] == 1
    play(wrong.replace(", validate_certs: false", ""), env=env)
    play(wrong, env=env)
    assert play.sim.counts["fac.token"] == 3
    assert list((tmp_path / "tokens").glob("*.token")) != []  # the refusal that was checked


def test_a_resource_map_without_the_check_is_not_that_of_who_checks(play: Player) -> None:
    login = "- {forti.oauth.forticwp_token: {credential: '{{ secret.credential }}'}, register: w}\n"
    read = "- {forti.oauth.forticwp_resource_map_info: {access_token: '{{ w.access_token }}'%s}, register: r}\n"
    play(login + read % ", validate_certs: false" + read % "" + read % "")
    assert len([request for request in play.sim.requests if request["path"] == "/api/v1/resourceURLMap"]) == 2
