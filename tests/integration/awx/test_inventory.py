# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lookup in the variables of an inventory source: AWX keeps it as it is written, and the job fills it in."""

from __future__ import annotations

import json
import pathlib
import subprocess

import yaml

from tests.integration.harness import PASSWORDS, PROGRAM, Player
from tests.tools.guides import example

SOURCE = example("guide_awx", "fac_authorization:").removeprefix("---\n")
INVENTORY = str(pathlib.Path(PROGRAM).parent / "ansible-inventory")
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - assert: {that: ["fac_authorization is match('Bearer .{20}')"]}
"""


def test_a_synchronized_inventory_holds_no_token(play: Player, tmp_path: pathlib.Path) -> None:
    source = tmp_path / "source.yml"
    source.write_text(f"{SOURCE}  hosts:\n    switch1:\n      ansible_connection: local\n    switch2:\n      ansible_connection: local\n")
    # As AWX synchronizes a source of a project.
    command = [INVENTORY, "-i", str(source), "--list", "--export"]
    kept = json.loads(subprocess.run(command, env=play.environment, capture_output=True, text=True, check=True).stdout)
    lookup = yaml.safe_load(SOURCE)["all"]["vars"]["fac_authorization"]
    assert kept["all"]["vars"] == {"fac_authorization": lookup}
    assert play.sim.requests == []
    # As AWX hands it to the job.
    script = tmp_path / "hosts"
    script.write_text(f"#!/usr/bin/env python3\nprint({json.dumps(kept)!r})\n")
    script.chmod(0o700)
    play.playbook(PLAY, "-i", str(script), inventory="[none]\n", env={"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"]})
    assert play.sim.counts["fac.login"] == 1
