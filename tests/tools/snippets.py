# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The snippets for editors, as they are when nobody changes what stands in their placeholders."""

from __future__ import annotations

import json
import re

from tests.tools.build import ROOT

_FILE = ROOT / "extensions" / "snippets" / "forti_oauth.code-snippets"
_CHOICE = re.compile(r"\$\{\d+\|([^,|]*)[^|]*\|\}")
_PLACEHOLDER = re.compile(r"\$\{\d+:([^{}]*)\}")
_STOP = re.compile(r"\$\d+")


def snippets() -> dict[str, str]:
    """Return each snippet's text by its name, filled in with the defaults: of a choice, the first one."""
    return {name: _filled("\n".join(known["body"])) for name, known in json.loads(_FILE.read_text()).items()}


def prefixes() -> list[str]:
    """Return what is typed to get a snippet, of all of them."""
    return [prefix for known in json.loads(_FILE.read_text()).values() for prefix in known["prefix"]]


def _filled(body: str) -> str:
    return _STOP.sub("", _PLACEHOLDER.sub(r"\1", _CHOICE.sub(r"\1", body)))
