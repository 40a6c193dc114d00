# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of resources that AWX keeps, and their fields."""

from __future__ import annotations

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Field:
    """A field of the API: its type, what it is if nobody sets it, the kind of resource that its number is one of."""

    type: type
    default: Any
    refers_to: str = ""
    required: bool = False
    read_only: bool = False


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of resource: what the API calls one, its fields, those that no two share, its lists of other resources."""

    type: str
    fields: dict[str, Field]
    unique: tuple[str, ...] = ("name",)
    lists: tuple[str, ...] = ()


TEXT, FLAG, NUMBER = Field(str, ""), Field(bool, False), Field(int, 0)
NEEDED = Field(str, "", required=True)
COMMON = {"name": NEEDED, "description": TEXT}


def one_of(kind: str, *, required: bool = False, read_only: bool = False) -> Field:
    """Return a field that holds the number of a resource of this kind."""
    return Field(int, None, kind, required, read_only)


def _kind(type_: str, fields: dict[str, Field], **more: Any) -> Kind:
    return Kind(type_, {**COMMON, **fields}, **more)


OWNER = {"organization": one_of("organizations")}
KINDS = {
    "organizations": _kind("organization", {}),
    "inventories": _kind("inventory", OWNER, unique=("name", "organization")),
    "credential_types": _kind(
        "credential_type",
        {"kind": NEEDED, "inputs": Field(dict, {}), "injectors": Field(dict, {}), "managed": Field(bool, False, read_only=True)},
        unique=("name", "kind"),
    ),
    "credentials": _kind(
        "credential",
        {**OWNER, "credential_type": one_of("credential_types", required=True), "inputs": Field(dict, {})},
        unique=("organization", "name", "credential_type"),
    ),
    "execution_environments": _kind(
        "execution_environment",
        {**OWNER, "image": NEEDED, "credential": one_of("credentials"), "pull": TEXT},
    ),
    "projects": _kind(
        "project",
        {
            **OWNER,
            "credential": one_of("credentials"),
            "default_environment": one_of("execution_environments"),
            **dict.fromkeys(("local_path", "scm_type", "scm_url", "scm_branch", "scm_refspec"), TEXT),
            **dict.fromkeys(("scm_clean", "scm_delete_on_update", "scm_track_submodules", "scm_update_on_launch", "allow_override"), FLAG),
            **dict.fromkeys(("scm_update_cache_timeout", "timeout"), NUMBER),
            "scm_revision": Field(str, "", read_only=True),
        },
        unique=("organization", "name"),
    ),
    "project_updates": _kind("project_update", {"project": one_of("projects"), "status": TEXT}, unique=()),
    "job_templates": _kind(
        "job_template",
        {
            "organization": one_of("organizations", read_only=True),  # the project's
            "inventory": one_of("inventories"),
            "project": one_of("projects"),
            "execution_environment": one_of("execution_environments"),
            **dict.fromkeys(("job_type", "playbook", "limit", "extra_vars", "scm_branch", "job_tags", "skip_tags"), TEXT),
            **dict.fromkeys(("survey_enabled", "allow_simultaneous", "ask_inventory_on_launch", "ask_variables_on_launch"), FLAG),
            **dict.fromkeys(("forks", "timeout", "verbosity", "job_slice_count"), NUMBER),
        },
        unique=("organization", "name"),
        lists=("credentials",),
    ),
}
