# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page "From uri and set_fact to this collection" says of the difference. That both sides work is what test_examples.py shows."""

from __future__ import annotations

import pathlib

import pytest
import yaml

from tests.integration.harness import PASSWORDS, Player
from tests.tools.guides import GUIDES, examples

PAGE = "guide_from_uri"
USER = {"vault_fac_username": "luser1", "vault_fac_password": PASSWORDS["luser1"]}
WRONG = {**USER, "vault_fac_password": PASSWORDS["wrong"]}
FIREWALLS = "localhost ansible_connection=local\n[firewalls]\nfirewall1\nfirewall2\nfirewall3\n"


def before_and_after(play: Player, part: str) -> tuple[str, str]:
    """Return the example with this text, and the one that follows it, with the simulator for the server."""
    blocks = [block.replace("fac.example.com", play.sim.host) for block in examples(PAGE)]
    (place,) = [number for number, block in enumerate(blocks) if part in block]
    return blocks[place], blocks[place + 1]


def run(play: Player, tasks: str, given: dict[str, str], *, fails: bool = False) -> str:
    """Run tasks of the page; return the output."""
    return play(tasks, variables=given, env={"SSL_CERT_FILE": str(play.sim.ca)}, fails=fails).output


def run_book(play: Player, book: str) -> None:
    """Run a play of the page on three firewalls, which no connection reaches."""
    vault = pathlib.Path(play.environment["HOME"], "vault.yml")
    vault.write_text(yaml.safe_dump(USER))
    play.playbook(book, "--extra-vars", f"@{vault}", inventory=FIREWALLS, env={"SSL_CERT_FILE": str(play.sim.ca)})


@pytest.mark.long
def test_the_refresh(play: Player) -> None:
    """The one before refreshes a token that ends soon, and only such a one."""
    before, _after = before_and_after(play, "Refresh the token if it ends")
    run(play, before, USER)
    assert (play.sim.counts["fac.login"], play.sim.counts["fac.refresh"]) == (1, 0)
    run(play, before.replace("client_id: ansible", "client_id: short"), USER)
    assert (play.sim.counts["fac.login"], play.sim.counts["fac.refresh"]) == (2, 1)


def test_why_a_login_failed(play: Player) -> None:
    before, after = before_and_after(play, "Log in, and tell why it failed")
    assert "401: Invalid credentials given." in run(play, before, WRONG, fails=True)
    shown = " ".join((GUIDES / f"{PAGE}.rst").read_text().split())
    start = shown.index("https://fac.example.com answered 401")
    message = shown[start : shown.index("lock an account.", start)] + "lock an account."
    output = run(play, after, WRONG, fails=True)
    assert message.replace("fac.example.com", play.sim.host) in output


@pytest.mark.long
def test_another_try(play: Player) -> None:
    """The one before locks the account. The one after sends a wrong password once."""
    before, after = before_and_after(play, "Log in, and try again")
    before = before.replace("delay: 5", "delay: 0")
    run(play, before, WRONG, fails=True)
    assert play.sim.state["locked"] == ["luser1"]
    play.sim.reset()
    run(play, after, WRONG, fails=True)
    assert play.sim.counts["fac.token"] == 1
    play.sim.fault("/api/v1/oauth/token/", status=503)
    run(play, after, USER)
    assert (play.sim.counts["fac.token"], play.sim.counts["fac.login"]) == (2, 1)


@pytest.mark.long
def test_one_login_for_many_hosts(play: Player) -> None:
    """With C(serial), C(run_once) is once for each batch. The module needs no connection to a host, and no C(become)."""
    before, after = before_and_after(play, "Log in once, from the controller")
    head = "  gather_facts: false\n"
    run_book(play, before)
    assert play.sim.counts["fac.login"] == 1
    run_book(play, before.replace(head, f"{head}  serial: 1\n"))
    assert play.sim.counts["fac.login"] == 1 + 3
    play.sim.reset()
    run_book(play, after.replace(head, f"{head}  serial: 1\n"))
    assert play.sim.counts["fac.login"] == 1
    assert play.sim.counts["resource"] == 3
    get_it, _use_it = after.split("\n\n")
    run_book(play, get_it.replace(head, f"{head}  become: true\n  become_user: nobody_of_that_name\n") + "\n")
    assert play.sim.counts["fac.login"] == 2
