# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX keeps, and how the API shows it."""

from __future__ import annotations

import copy
import zlib
from typing import Any

from .checks import ENCRYPTED, Refused, Values, check_credential, check_credential_type, check_execution_environment, check_fields, check_job_template
from .kinds import KINDS

_GOES_ON = {"pending": "running", "running": "successful"}
# Credential types that AWX brings along, and their kinds.
_MANAGED_TYPES = {"Machine": "ssh", "Source Control": "scm", "Vault": "vault", "Network": "net"}


class Resources:
    """All resources, by kind and number. An administrator's AWX: nothing is forbidden but what makes no sense."""

    def __init__(self, repositories: dict[str, list[str]]) -> None:
        """:arg repositories: the playbooks in the repository at each URL; a project finds them when it is updated."""
        self._repositories = repositories
        self.unreachable: set[str] = set()  # URLs of repositories; the update of a project fails there
        self._all: dict[str, dict[int, Values]] = {kind: {} for kind in KINDS}
        self._playbooks: dict[int, list[str]] = {}
        self._lists: dict[tuple[str, int, str], list[int]] = {}
        self._last = 0
        self.surveys: dict[int, Values] = {}
        self.create("organizations", {"name": "Default"})
        self.create("inventories", {"name": "Demo Inventory", "organization": 1})
        for name, kind in _MANAGED_TYPES.items():
            self._last += 1
            fields = [{"id": "username", "label": "Username", "type": "string"}]
            managed = {"name": name, "kind": kind, "inputs": {"fields": fields}, "injectors": {}, "managed": True, "description": ""}
            self._all["credential_types"][self._last] = {"id": self._last, **managed}

    def all(self, kind: str) -> list[Values]:
        """Return all resources of a kind."""
        return list(self._all[kind].values())

    def named(self, kind: str, name: str) -> Values:
        """Return the only resource of that name, secrets and all."""
        (resource,) = [resource for resource in self.all(kind) if resource["name"] == name]
        return resource

    def one(self, kind: str, number: int) -> Values:
        """Return a resource by its number."""
        if number not in self._all[kind]:
            raise Refused(404, detail="Not found.")
        return self._all[kind][number]

    def named_url(self, kind: str, resource: Values) -> str:
        """Return what AWX takes in place of a number, such as C(NAME++ORGANIZATION), or C(NAME++TYPE+KIND++ORGANIZATION) for a credential."""
        type_ = self.one("credential_types", resource["credential_type"]) if kind == "credentials" else None
        owner = self.one("organizations", resource["organization"])["name"] if resource.get("organization") else ""
        return "++".join([resource["name"], *([f"{type_['name']}+{type_['kind']}"] if type_ else []), owner])

    def listed(self, kind: str, number: int, name: str) -> list[int]:
        """Return the numbers in the list of a resource, such as a job template's credentials."""
        self.one(kind, number)
        return self._lists.setdefault((kind, number, name), [])

    def create(self, kind: str, given: Values) -> Values:
        """Make a resource; return it."""
        missing = [name for name, field in KINDS[kind].fields.items() if field.required and name not in given]
        if missing:
            raise Refused(400, **{name: ["This field is required."] for name in missing})
        self._last += 1
        defaults = {name: copy.deepcopy(field.default) for name, field in KINDS[kind].fields.items()}
        return self._keep(kind, self._last, {**defaults, "id": self._last}, given, None)

    def change(self, kind: str, number: int, given: Values) -> Values:
        """Change some fields of a resource; return it."""
        old = self.one(kind, number)
        return self._keep(kind, number, dict(old), given, old)

    def _keep(self, kind: str, number: int, fields: Values, given: Values, old: Values | None) -> Values:
        check_fields(kind, given)
        known = KINDS[kind].fields
        for name, value in given.items():
            if value is not None and known[name].refers_to and value not in self._all[known[name].refers_to]:
                raise Refused(400, **{name: [f'Invalid pk "{value}" - object does not exist.']})
        writable = {name: value for name, value in given.items() if not known[name].read_only}
        new = self._checked(kind, {**fields, **copy.deepcopy(writable)}, old)
        for resource in self.all(kind):
            if KINDS[kind].unique and resource["id"] != number and all(resource[name] == new[name] for name in KINDS[kind].unique):
                raise Refused(400, __all__=[f"{KINDS[kind].type} with this {' and '.join(KINDS[kind].unique)} already exists."])
        self._all[kind][number] = new
        if kind == "projects" and (old is None or any(old[name] != new[name] for name in ("scm_url", "scm_branch"))):
            self.update(new)
        return new

    def update(self, project: Values) -> Values:
        """Begin to update a project; return the update."""
        return self.create("project_updates", {"name": project["name"], "project": project["id"], "status": "pending"})

    def _checked(self, kind: str, new: Values, old: Values | None) -> Values:
        if kind == "credential_types":
            in_use = old and any(credential["credential_type"] == new["id"] for credential in self.all("credentials"))
            if in_use and old and old["inputs"] != new["inputs"]:
                raise Refused(403, detail="Modifications to inputs are not allowed for credential types that are in use")
            return check_credential_type(new)
        if kind == "credentials":
            return check_credential(new, self.one("credential_types", new["credential_type"]), old)
        if kind == "execution_environments":
            check_execution_environment(new, old)
        if kind == "projects" and new["scm_type"] and new["scm_url"] not in self._repositories:
            raise Refused(400, scm_url=["There is no such repository here."])
        if kind == "job_templates":
            check_job_template(new, self._playbooks.get(new["project"], []))
            new["organization"] = self.one("projects", new["project"])["organization"]
        return new

    def proceed(self, update: Values) -> None:
        """Let some time go by in the update of a project."""
        project = self.one("projects", update["project"])
        fails = update["status"] == "running" and project["scm_url"] in self.unreachable
        update["status"] = "failed" if fails else _GOES_ON.get(update["status"], update["status"])
        if update["status"] == "successful":
            # The commit that is checked out: the same one until something is pushed.
            project["scm_revision"] = f"{zlib.crc32(repr(self._repositories[project['scm_url']]).encode()):040x}"
            self._playbooks[project["id"]] = self._repositories[project["scm_url"]]

    def shown(self, kind: str, resource: Values, root: str) -> Values:
        """Return a resource as the API shows it: no secret in it."""
        url = f"{root}{kind}/{resource['id']}/"
        shown: dict[str, Any] = {**copy.deepcopy(resource), "type": KINDS[kind].type, "url": url, "related": {}, "summary_fields": {}}
        if kind == "credentials":
            fields = self.one("credential_types", resource["credential_type"])["inputs"].get("fields", [])
            secret = {field["id"] for field in fields if field.get("secret")}
            shown["inputs"] = {name: ENCRYPTED if name in secret and value else value for name, value in resource["inputs"].items()}
        if kind == "job_templates":
            shown["related"]["survey_spec"] = f"{url}survey_spec/"
        if kind == "projects":
            shown["related"]["update"] = f"{url}update/"
            running = [update for update in self.all("project_updates") if update["project"] == resource["id"] and update["status"] in _GOES_ON]
            if running:
                shown["summary_fields"]["current_update"] = {"id": running[-1]["id"], "status": running[-1]["status"]}
        if kind == "project_updates":
            ended = resource["status"] not in _GOES_ON
            revision = self.one("projects", resource["project"])["scm_revision"]
            shown.update(failed=resource["status"] == "failed", finished="2026-03-02T20:04:05Z" if ended else None, scm_revision=revision)
            shown.update(event_processing_finished=ended)
        return shown
