# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Keep a task's secrets out of what core shows of a loop's item beside the result: its label, the item itself, and the items around it.

Core puts these into the result after the action has returned it. The items are the user's data: they are never changed, a copy is shown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.playbook.task import Task
from ansible.release import __version__
from ansible.template import Templar
from ansible_collections.forti.oauth.plugins.module_utils._argspec import Spec
from ansible_collections.forti.oauth.plugins.module_utils._options import secret_values
from ansible_collections.forti.oauth.plugins.module_utils._redaction import MASK, MASKED_BY_CORE, RedactedDict, forms_of, redact, register
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.redis_url import passwords_in

Result = dict[str, Any]

_CORE = tuple(int(part) for part in __version__.split(".")[:2])
_LABEL = "_ansible_item_label"
_EXTENDED = "ansible_loop"  # core adds it with C(extended)
_AROUND = ("allitems", "nextitem", "previtem")  # of it: other items, whose secrets this task does not know


def texts_to_hide(spec: Spec, args: Mapping[str, Any]) -> set[str]:
    """Return the texts that no item may show: the secret options, as they were given, and options that the spec does not know, such as C(pasword).

    From ansible-core 2.22 on, core itself masks the secret options. It does not know them yet if an option is refused early, so they are registered.
    """
    given = RedactedDict({**_from_environment(spec), **args})
    public = {name for name, option in spec.items() if not option.get("no_log")}
    texts = {text for name, value in given.items() if name not in public for text in _texts(value)}
    texts |= _of_store(given.get("cache", ""))
    if not MASKED_BY_CORE:
        return texts
    known = secret_values(spec, {name: value for name, value in given.items() if isinstance(value, str)})
    register(*(form for secret in known for form in forms_of(secret)))
    return texts - known


def _of_store(cache: Any) -> set[str]:
    """Return the passwords in the value of C(cache), and all texts of one that is no text, by mistake."""
    wrong = set() if isinstance(cache, str) else set(_texts(cache))
    return wrong | {password for text in _texts(cache) for password in passwords_in(text) if password}


def _from_environment(spec: Spec) -> dict[str, str]:
    """Return the secret options that the environment gives. The task's keyword C(environment) may take them from the item."""
    variables = {name: option["fallback"][1][0] for name, option in spec.items() if option.get("no_log") and "fallback" in option}
    return {name: os.environ[variable] for name, variable in variables.items() if variable in os.environ}


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts and numbers in a value. An option that must be a text may be given as a dictionary, by mistake."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)
    elif value not in (None, "") and not isinstance(value, bool):
        yield str(value)


def hide_item(result: Result, task: Task, variables: Mapping[str, Any], templar: Templar, secrets: set[str]) -> Result:
    """Return the result so that core shows no secret of the loop's item with it.

    :arg task: the item's own copy of a task with a loop.
    """
    loop_var = task.loop_control.loop_var
    if result.get("_ansible_no_log") or loop_var not in variables:
        return result  # core hides all of it, or there is no item
    hidden = _hidden(task, loop_var, variables, templar, secrets)
    if not hidden:
        return result
    if _CORE < (2, 19):
        return _FixedResult(result, hidden)
    if _CORE < (2, 21):
        return _censored(result, hidden[loop_var])
    # What the action returns takes precedence over what core puts in. If it did not, the item would be shown as it is, or masked by core 2.22.
    return {**result, **hidden}


def _hidden(task: Task, loop_var: str, variables: Mapping[str, Any], templar: Templar, secrets: set[str]) -> Result:
    """Return what core is to show in place of the item, its label and the items around it; nothing, if it may show all of them."""
    item, extended = variables[loop_var], variables.get(_EXTENDED)
    shown = {loop_var: _masked(item, secrets)}
    shown[_LABEL], is_safe = _label(task, item, templar, secrets)
    if task.loop_control.extended and isinstance(extended, Mapping):
        shown[_EXTENDED] = {name: MASK if name in _AROUND else value for name, value in extended.items()}
        is_safe = is_safe and not isinstance(item, (Mapping, list, tuple))
    return {} if is_safe and shown[loop_var] == item else shown


def _label(task: Task, item: Any, templar: Templar, secrets: set[str]) -> tuple[Any, bool]:
    """Return the label without secrets, and whether that is core's own. A label of what is registered only later is replaced by the item."""
    if not task.loop_control.label:
        return _masked(item, secrets), True  # the item itself tells
    try:
        label = templar.template(task.loop_control.label)
    except AnsibleError:
        return _masked(item, secrets), True
    masked = _masked(label, secrets)
    return masked, masked == label


def _masked(value: Any, secrets: set[str]) -> Any:
    """Return a copy of a value with every secret masked."""
    if isinstance(value, Mapping):
        return {_masked(name, secrets) if isinstance(name, str) else name: _masked(inner, secrets) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        inside = [_masked(inner, secrets) for inner in value]
        return tuple(inside) if isinstance(value, tuple) else inside
    if value is None or isinstance(value, bool):
        return value
    text = str(value)  # of a number, too, and of a value that is encrypted in the playbook
    hidden = MASK if text.strip() in {secret.strip() for secret in secrets} else redact(text, secrets)
    return value if hidden == text else hidden


def _censored(result: Result, item: Any) -> Result:
    """Return the result hidden whole: in ansible-core 2.19 and 2.20 nothing else keeps the item out. It can go with them.

    They show the message of a failed task all the same, but only in some callbacks, and without the item. A warning is shown by all of them.
    """
    has_failed = result.get("failed") or result.get("unreachable")
    warnings = [f"The item {item} failed: {result['msg']}"] if has_failed else []
    return {**result, "_ansible_no_log": True, "warnings": [*result.get("warnings", ()), *warnings]}


if _CORE < (2, 19):
    from ansible.utils.unsafe_proxy import AnsibleUnsafe, wrap_var

    class _FixedResult(dict[str, Any], AnsibleUnsafe):
        """A result in which some values stay what they are, whatever core puts there later. It can go with ansible-core 2.18.

        Core would make a plain dictionary of it with C(wrap_var), which leaves out only what is unsafe. So everything in here is made unsafe,
        as C(wrap_var) would. It leaves the task's process as a plain dictionary. If a core did make one of it earlier, the item would be shown.
        """

        def __init__(self, result: Result, fixed: Result) -> None:
            super().__init__(wrap_var(result))
            self._fixed = fixed

        def __setitem__(self, name: str, value: Any) -> None:
            super().__setitem__(name, self._fixed.get(name, wrap_var(value)))

        def __reduce__(self) -> tuple[Any, ...]:
            return dict, (dict(self),)
