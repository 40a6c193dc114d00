# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pip is told on this machine, for those who install in its place."""

from __future__ import annotations

import ast
import os
import subprocess

_HOW_MUCH_IT_SAYS = ("PIP_QUIET", "PIP_VERBOSE")


def settings_of_pip(python: str) -> dict[str, str]:
    """Return the settings of pip from its files and variables. A command's own counts more than a global one, and the environment most of all.

    :arg python: has pip.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _HOW_MUCH_IT_SAYS}
    command = [python, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listed:  # such as global.cert='/etc/ssl/ca.pem'
        section, _dot, rest = line.partition(".")
        key, _equals, value = rest.partition("=")
        if section in found:
            found[section][key] = str(ast.literal_eval(value))
    return {**found["global"], **found["install"], **found[":env:"]}
