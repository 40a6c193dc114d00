# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  cache:
    description:
      - Where tokens are kept, so that one login serves all hosts, tasks and templates.
      - V(run) keeps them for this run, encrypted, in its private temporary folder.
      - A directory, such as V(~/.cache/forti_oauth), keeps them for later runs of this user on this machine too. It is made if it is not there.
      - V(redis://host:6379/0), or V(rediss://) for TLS, keeps them in Redis or Valkey for many machines too, such as the execution nodes of AWX.
        The controller needs the Python library C(redis) for it.
      - V(none) keeps nothing. Each task of each host logs in.
      - A token that was got with O(validate_certs=false), or on a host that the task is delegated to, is kept for this run only, whatever is set here.
      - A store that fails costs a warning, not the play.
    type: str
    default: run
  min_validity:
    description:
      - Seconds for which a kept token must still be good. With less left, it is refreshed, or a new one is got.
      - A token with a shorter life is renewed when 20 % of its life is left.
    type: int
    default: 60
"""

    FORCE = r"""
options:
  force:
    description:
      - Get a new token although a good one is kept, and keep the new one.
      - All hosts of a task share one new token. A lookup shares it only with those that ask at the same time.
    type: bool
    default: false
"""

    VERIFY = r"""
options:
  verify:
    description:
      - Whether a kept token is verified before it is used. Somebody else may have ended it. FortiCloud ends a token at the next login of the same
        API user for the same client, also by another collection in the same play.
      - V(shared) verifies a token that comes out of a directory or Redis, once in a run.
      - V(always) verifies the token of this run too, at most once in 30 seconds. A login counts as such a question.
      - V(never) verifies none.
      - A token that was ended is forgotten and replaced by a login. If the server says neither yes nor no, the token stays in use.
    type: str
    default: shared
    choices: [shared, always, never]
    version_added: 2.0.0
"""

    FAC = r"""
options:
  cache: {env: [{name: FORTI_OAUTH_CACHE}], vars: [{name: forti_oauth_cache}], ini: [{section: forti_oauth, key: cache}]}
  min_validity: {env: [{name: FAC_MIN_VALIDITY}], vars: [{name: fac_oauth_min_validity}]}
  verify: {env: [{name: FAC_VERIFY}], vars: [{name: fac_oauth_verify}]}
"""

    FORTICWP = r"""
options:
  cache: {env: [{name: FORTI_OAUTH_CACHE}], vars: [{name: forti_oauth_cache}], ini: [{section: forti_oauth, key: cache}]}
  min_validity: {env: [{name: FORTICWP_MIN_VALIDITY}], vars: [{name: forticwp_min_validity}]}
"""

    STORE = r"""
options:
  cache:
    description:
      - The store, as in the option O(forti.oauth.fac_oauth_token#module:cache). A directory, or the URL of a Redis; V(run) is the store of this run.
      - If not set, it is what the variable C(forti_oauth_cache) or the environment variable E(FORTI_OAUTH_CACHE) says.
    type: str
"""
