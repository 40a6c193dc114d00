# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX checks before it keeps something: the checks of its own models, in their order."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .kinds import KINDS

ENCRYPTED = "$encrypted$"
FIELD_KEYS = {"id", "label", "type", "format", "choices", "multiline", "secret", "ask_at_runtime", "help_text", "default"}
QUESTION_TYPES = {"text", "textarea", "password", "multiplechoice", "multiselect", "integer", "float"}
QUESTION_KEYS = {"question_name": str, "variable": str, "type": str, "required": bool}

Values = dict[str, Any]


class Refused(Exception):
    """A status, and the body that AWX sends with it."""

    def __init__(self, status: int, **body: Any) -> None:
        super().__init__(body)
        self.status, self.body = status, body


def check_fields(kind: str, given: Values) -> None:
    """Check that all fields are known, and of their type."""
    fields = KINDS[kind].fields
    for name, value in given.items():
        if name not in fields:
            raise Refused(400, **{name: [f"{kind} have no such field."]})
        field = fields[name]
        if not isinstance(value, field.type) and not (value is None and field.refers_to):
            raise Refused(400, **{name: [f"Not a valid {field.type.__name__}."]})
    for name, field in fields.items():
        if field.required and name in given and given[name] in ("", None):
            raise Refused(400, **{name: ["This field may not be blank."]})


def check_credential_type(new: Values) -> Values:
    """Check what a person may make a credential type of; return it as it is kept."""
    if new["kind"] not in ("cloud", "net"):
        raise Refused(400, kind=[f"Must be 'cloud' or 'net', not {new['kind']}"])
    _only(new["inputs"], {"fields", "required"}, "inputs")
    _only(new["injectors"], {"env", "file", "extra_vars"}, "injectors")
    fields = [_input_field(field) for field in new["inputs"].get("fields", [])]
    names = [field["id"] for field in fields]
    if len(set(names)) < len(names) or "tower" in names:
        raise Refused(400, inputs=["field IDs must be unique, and not tower"])
    _injectors(new["injectors"], names)
    return {**new, "inputs": {**new["inputs"], "fields": fields} if fields else new["inputs"]}


def _input_field(field: Values) -> Values:
    _only(field, FIELD_KEYS, "inputs")
    whole = {"type": "string", **field}
    known = {"string": str, "boolean": bool}
    if not field.get("label") or not re.fullmatch("[a-zA-Z_]+[a-zA-Z0-9_]*", field.get("id", "")) or whole["type"] not in known:
        raise Refused(400, inputs=[f"{field} is not valid"])
    if whole["type"] != "string" and set(field) & {"choices", "multiline", "format", "secret"}:
        raise Refused(400, inputs=[f"not allowed for {whole['type']} type ({field['id']})"])
    if field.get("ask_at_runtime"):
        raise Refused(400, inputs=["'ask_at_runtime' is not supported for custom credentials."])
    # Exactly: to Python, a boolean is a whole number too.
    if "default" in field and field["default"].__class__ is not known[whole["type"]]:
        raise Refused(400, inputs=[f"{field['default']} is not a {whole['type']}"])
    return whole


def _injectors(injectors: Values, names: list[str]) -> None:
    files = injectors.get("file", {})
    one = "template" in files
    if (one and len(files) > 1) or not all(re.fullmatch(r"template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?", label) for label in files):
        raise Refused(400, injectors=["Must use multi-file syntax when injecting multiple files"])
    filename = "EXAMPLE_FILENAME" if one else {label.partition(".")[2]: "EXAMPLE_FILENAME" for label in files}
    namespace = {**dict.fromkeys(names, "EXAMPLE"), "tower": {"filename": filename}}
    for variable, template in injectors.get("env", {}).items():
        if variable.startswith("ANSIBLE_") or not re.fullmatch("[a-zA-Z_]+[a-zA-Z0-9_]*", variable) or not template.isascii():
            raise Refused(400, injectors=[f"Environment variable {variable} is not allowed to be used in credentials."])
    for part in injectors.values():
        for name, template in part.items():
            try:
                ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(template).render(namespace)
            except TemplateError as problem:
                raise Refused(400, injectors=[f"{name} uses an undefined field ({problem})"]) from problem


def check_credential(new: Values, type_: Values, old: Values | None) -> Values:
    """Check a credential's inputs against its type; return it as it is kept, with the old secrets where the new ones are only shown."""
    fields = {field["id"]: field for field in type_["inputs"].get("fields", [])}
    _only(new["inputs"], set(fields), "inputs")
    if not new["organization"]:
        raise Refused(400, detail="Missing 'user', 'team', or 'organization'.")
    kept = {}
    for name, value in new["inputs"].items():
        if not isinstance(value, {"string": str, "boolean": bool}[fields[name]["type"]]):
            raise Refused(400, inputs={name: [f"{value!r} is not of type {fields[name]['type']!r}"]})
        if value == ENCRYPTED and (old is None or name not in old["inputs"]):
            raise Refused(400, inputs=[f"$encrypted$ is a reserved keyword, and cannot be used for {name}."])
        kept[name] = old["inputs"][name] if value == ENCRYPTED and old else value
    return {**new, "inputs": kept}


def check_execution_environment(new: Values, old: Values | None) -> None:
    """Check that an execution environment stays with its organization, or with none."""
    if old and new["organization"] and new["organization"] != old["organization"]:
        raise Refused(400, organization=["Cannot change the organization of an execution environment"])


def check_job_template(new: Values, playbooks: list[str]) -> None:
    """Check that a job template has a project, and one of its playbooks."""
    if not new["project"]:
        raise Refused(400, project=["This field is required."])
    if new["playbook"] not in playbooks:
        raise Refused(400, playbook=["Playbook not found for project."])
    if not new["inventory"] and not new["ask_inventory_on_launch"]:
        raise Refused(400, inventory=["You must either set a default value or ask to prompt on launch."])


def check_survey(spec: Values) -> None:
    """Check the questions of a survey. Passwords with a default are left out here: nothing asks for them."""
    if set(spec) != {"name", "description", "spec"} or not isinstance(spec["spec"], list) or not spec["spec"]:
        raise Refused(400, error="A survey has a name, a description and a spec with items.")
    for number, question in enumerate(spec["spec"]):
        for key, kind in QUESTION_KEYS.items():
            if not isinstance(question.get(key), kind):
                raise Refused(400, error=f"'{key}' in survey question {number} expected to be {kind.__name__}.")
        if question["type"] not in QUESTION_TYPES or "default" in question:
            raise Refused(400, error=f"survey question {number} is not one of the allowed question types")
        if not all(isinstance(question[key], int) for key in ("min", "max") if key in question):
            raise Refused(400, error=f"The limit in survey question {number} expected to be integer.")


def _only(given: Values, known: set[str], part: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise Refused(400, **{part: [f"Additional properties are not allowed ({', '.join(unknown)})"]})
