# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action plugins and lookups, driven in this process as ansible-core drives them in a worker."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import action_loader, connection_loader, init_plugin_loader, lookup_loader
from ansible.template import Templar
from ansible.utils.collection_loader import AnsibleCollectionConfig  # type: ignore[attr-defined]
from ansible_collections.forti.oauth.plugins.plugin_utils import _token_provider
from ansible_collections.forti.oauth.plugins.plugin_utils._remote_module import cleaned_output

PLUGINS = pathlib.Path(_token_provider.__file__).parents[1]  # of the collection
USER: dict[str, Any] = {"client_id": "ansible", "username": "luser1", "password": "Pass-Word-12345678"}  # of the simulator


def as_core_reads(written: dict[str, Any]) -> dict[str, Any]:
    """Return the result that core makes of what a module writes. What core itself adds to it, such as rc, stays."""
    output = cleaned_output({"stdout": json.dumps(written)})["stdout"]
    added = {name: written[name] for name in ("rc", "module_stderr", "exception", "invocation") if name in written}
    return {**(json.loads(output) if output else {}), **added}


class Core:
    """Runs plugins of the collection. What they show a person is not looked at."""

    def __init__(self) -> None:
        if AnsibleCollectionConfig.collection_finder is None:
            init_plugin_loader([str(PLUGINS.parents[3])])
        self.loader = DataLoader()

    def action(
        self,
        name: str,
        arguments: dict[str, Any],
        *,
        check_mode: bool = False,
        environment: Any = None,
        transport: str = "local",
        delegate_to: str | None = None,
    ) -> ActionBase:
        """Return the action plugin of a task."""
        keywords = {"check_mode": check_mode, "environment": environment or {}, **({"delegate_to": delegate_to} if delegate_to else {})}
        task = Task.load({f"forti.oauth.{name}": arguments, **keywords})
        connection = connection_loader.get(transport, PlayContext(), None)
        action: ActionBase = action_loader.get(
            f"forti.oauth.{name}",
            task=task,
            connection=connection,
            play_context=PlayContext(),
            loader=self.loader,
            templar=Templar(self.loader, variables={}),
            shared_loader_obj=None,
        )
        return action

    def task(self, name: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Run a task, and return its result."""
        result: dict[str, Any] = self.action(name, arguments, **more).run(None, {})
        return result

    def lookup(self, terms: list[Any] | None = None, variables: dict[str, Any] | None = None, *, name: str = "fac_oauth_token", **options: Any) -> Any:
        """Return the value of a lookup."""
        known = variables or {}
        (value,) = self.lookup_plugin(known, name=name).run(terms or [], variables=known, **options)
        return value

    def lookup_plugin(self, variables: dict[str, Any] | None = None, *, name: str = "fac_oauth_token") -> Any:
        """Return the lookup plugin of a template with these variables."""
        return lookup_loader.get(f"forti.oauth.{name}", loader=self.loader, templar=Templar(self.loader, variables=variables or {}))
