# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential types for AWX, and what AWX makes of one in a job."""

from __future__ import annotations

import dataclasses
import importlib
import pathlib
from typing import Any

import yaml

from tests.tools.build import ROOT


class _Loader(yaml.SafeLoader):
    """YAML as Ansible reads it, where !unsafe marks what it shall not fill in."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_mapping(node, deep=True))
_FILE = ROOT / "playbooks" / "vars" / "awx_credential_types.yml"
_READ: dict[str, dict[str, Any]] = yaml.load(_FILE.read_text(), _Loader)["awx_credential_types"]
CREDENTIAL_TYPES = {key: {**known, "kind": "cloud"} for key, known in _READ.items()}


@dataclasses.dataclass(frozen=True)
class Injected:
    """What a job gets, and what AWX shows of it."""

    env: dict[str, str]
    shown: dict[str, str]
    arguments: list[str]


def credential(key: str, **filled: Any) -> dict[str, Any]:
    """Return the inputs of a credential as the form of AWX saves them: what was not filled in is there, and empty."""
    fields = CREDENTIAL_TYPES[key]["inputs"]["fields"]
    return {field["id"]: filled.get(field["id"], False if field["type"] == "boolean" else "") for field in fields}


def inject(key: str, inputs: dict[str, Any], folder: pathlib.Path, *, container_root: str | None = None) -> Injected:
    """Let AWX's own code render a credential into a job's folder, which must be there.

    :arg container_root: where the job's container sees the folder; None if there is no container, and the job sees it where it is.
    :raises ImportError: AWX's code is not installed. It needs Python 3.11.
    """
    api: dict[str, Any] = {
        name: importlib.import_module(f"awx_plugins.interfaces._temporary_private_{name}_api") for name in ("inject", "credential", "container")
    }
    types = importlib.import_module("awx_plugins.interfaces._temporary_private_api")
    (folder / "env").mkdir(exist_ok=True)
    known = CREDENTIAL_TYPES[key]
    type_ = types.ManagedCredentialType(namespace=key, name=known["name"], kind=known["kind"], inputs=known["inputs"], injectors=known["injectors"])
    injected = Injected({}, {}, [])
    api["container"].CONTAINER_ROOT = container_root or str(folder)
    api["inject"].inject_credential(type_, api["credential"].Credential(inputs), injected.env, injected.shown, injected.arguments, str(folder))
    return injected
