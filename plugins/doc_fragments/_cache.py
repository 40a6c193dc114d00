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
      - A directory, such as V(~/.cache/forti_oauth), also keeps them for later runs of this user on this machine. It is created if it does not exist.
      - V(redis://host:6379/0), or V(rediss://) for TLS, keeps them in Redis or Valkey, also for other machines, such as the execution nodes of AWX.
        The controller needs the Python library C(redis) for this.
      - V(redis+sentinel://host:26379,host:26379/service/0) and V(redis+cluster://host:6379,host:6379) do the same with Redis Sentinel and Redis Cluster.
        With V(rediss+) they use TLS. They exist since forti.oauth 2.0.0.
      - V(none) keeps nothing. Each task of each host logs in.
      - If a token was got with O(validate_certs=false), or on a host that the task is delegated to, it is kept for this run only, whatever is set
        here.
      - If a store fails, there is a warning, and the play continues without the store.
    type: str
    default: run
  min_validity:
    description:
      - The number of seconds for which a kept token must still be valid. If it has less left, it is refreshed, or the task gets a new one.
      - A token with a shorter lifetime is renewed when 20 % of its lifetime is left.
    type: int
    default: 60
"""

    FORCE = r"""
options:
  force:
    description:
      - Get a new token even if a valid one is kept, and keep the new one.
      - All hosts of a task share one new token. A lookup shares it only with lookups that run at the same time.
    type: bool
    default: false
"""

    VERIFY = r"""
options:
  verify:
    description:
      - Whether a kept token is verified before it is used, because somebody else may have ended it. FortiCloud ends a token at the next login of the
        same API user for the same client, even if another collection in the same play logs in.
      - V(shared) verifies a token from a directory or Redis, once in a run.
      - V(always) also verifies the tokens of this run, at most once in 30 seconds. A login counts as a verification.
      - V(never) does not verify tokens.
      - If the token was ended, it is removed, and the task logs in. If the server gives no clear answer, the token stays in use.
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
      - The store, as in the option O(forti.oauth.fac_oauth_token#module:cache). It is a directory, or the URL of a Redis. V(run) is the store of this
        run.
      - If not set, the value comes from the variable C(forti_oauth_cache) or the environment variable E(FORTI_OAUTH_CACHE).
    type: str
"""
