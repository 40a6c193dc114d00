# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lookup for tests: the modules that the process which fills in this template has loaded, and what loaded them."""

from __future__ import annotations

import sys
from typing import Any

from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """Return the class of the loader of each, under its name."""
        return [{name: type(getattr(module, "__loader__", None)).__name__ for name, module in list(sys.modules.items())}]
