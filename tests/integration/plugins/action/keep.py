# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Write what a play holds into a file for the test, without a word on the screen."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        value = json.loads(json.dumps(self._task.args["value"], default=str))
        path = pathlib.Path(self._task.args["into"])
        path.write_text(json.dumps(value))
        return {"changed": False}
