# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.plugin_utils._action_base import TokenActionBase


class ActionModule(TokenActionBase):
    service = FortiCwp
