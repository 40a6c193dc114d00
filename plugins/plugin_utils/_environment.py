# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""The keyword C(environment) of a task, in the process of its action plugin."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from typing import Any

from ansible.plugins.action import ActionBase


@contextlib.contextmanager
def task_environment(action: ActionBase, own: Collection[str]) -> Iterator[None]:
    """Let the task's C(environment) apply in this process, which is the task's own fork.

    :arg own: the variables that options are read from. They are taken out of the task then: a module on another host
        gets options, and core would write the variables into a command line.
    """
    environment: dict[str, Any] = {}
    action._compute_environment_string(environment)
    before, written = dict(os.environ), action._task.environment
    os.environ.update({name: str(value) for name, value in environment.items()})
    action._task.environment = [{name: value for name, value in environment.items() if name not in own}]
    try:
        yield
    finally:
        action._task.environment = written
        os.environ.clear()
        os.environ.update(before)
