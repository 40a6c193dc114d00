# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  server:
    description:
      - The FortiAuthenticator, as host, C(host:port) or https URL.
      - For FortiCloud it is V(customerapiauth.fortinet.com).
    type: str
    required: true
  client_id:
    description:
      - The client (relying party) that the FortiAuthenticator knows. For FortiCloud it names the portal, such as V(assetmanagement).
    type: str
    required: true
"""

    TOKEN = r"""
options:
  grant_type:
    description:
      - V(password) logs a user in, with a second factor if the user has one.
      - V(authorization_code) exchanges a code that a browser got.
      - V(refresh_token) gets new tokens with C(refresh_token), which works once.
    type: str
    default: password
    choices: [password, authorization_code, refresh_token]
  username:
    description: The user. For FortiCloud it is the API ID.
    type: str
  password:
    description: The user's password.
    type: str
  realm:
    description:
      - The realm of the user, if the user is not local. If not set, the FortiAuthenticator takes its default realm.
    type: str
  iam_account:
    description:
      - Name or alias of the IAM account. Give it with O(iam_user) instead of O(username). Needs FortiAuthenticator 6.6.0 or newer.
    type: str
  iam_user:
    description: The user in O(iam_account).
    type: str
  client_secret:
    description: The secret of a confidential client. Leave it out if the client is public.
    type: str
  scope:
    description: The scopes to ask for, for O(grant_type=password).
    type: str
  redirect_uri:
    description: The redirect URI that the C(code) was made for.
    type: str
  method:
    description:
      - How the challenge is answered. With V(ftm) the answer is a typed code, even if the server offers a push.
    type: str
    choices: [ftm, ftm-push, ftk, sms, email, dual]
  push_timeout:
    description:
      - Seconds to wait until the user approves the push on the phone. With V(0) the task does not wait.
      - If the push is still open, a later task that waits continues with it.
    type: int
    default: 60
  push_interval:
    description: Seconds between two requests that ask whether the push is approved.
    type: int
    default: 2
"""

    ONE_TIME = r"""
options:
  code:
    description:
      - The code, for O(grant_type=authorization_code). It works once.
      - The token is kept for this code. A task with the same code finds the token.
    type: str
  code_verifier:
    description: The PKCE verifier that belongs to the O(code).
    type: str
  refresh_token:
    description: The refresh token, for O(grant_type=refresh_token). The response contains a new one.
    type: str
  challenge:
    description:
      - The kind of challenge that is answered, such as V(otp) or V(radius). Give the value that an earlier task returned.
      - If not set, V(otp) is used.
    type: str
  challenge_response:
    description:
      - The answer to the challenge, such as the code that the user's token shows. It works once.
      - With O(method) it is sent at once. Without O(method), the task first asks the server which factor it wants.
    type: str
    aliases: [otp]
  session:
    description:
      - The session of the challenge, from an earlier task. With O(method=ftm-push) the task continues to wait for that push.
    type: str
"""

    ON_CHALLENGE = r"""
options:
  on_challenge:
    description:
      - What to do if the server wants a second factor and the task has no answer. With V(fail) the task fails.
      - With V(return) the task returns C(challenge), so that the play can ask a person and answer in a second task.
    type: str
    default: fail
    choices: [fail, return]
"""

    TASK = r"""
options:
  state:
    description:
      - V(present) gets a token.
      - V(absent) revokes a token. The token is verified first, and revoked if it is live.
    type: str
    default: present
    choices: [present, absent]
  access_token:
    description:
      - The token to revoke, with O(state=absent). If not set, all tokens that are kept for these options are revoked.
    type: str
"""

    # Before DOCUMENTATION in a plugin's list, to win over it: what is missing is told in words of our own.
    PLUGIN = r"""
options:
  server: {required: false, env: [{name: FAC_SERVER}], vars: [{name: fac_oauth_server}], ini: [{section: fac_oauth, key: server}]}
  client_id: {required: false, env: [{name: FAC_CLIENT_ID}], vars: [{name: fac_oauth_client_id}], ini: [{section: fac_oauth, key: client_id}]}
  grant_type: {env: [{name: FAC_GRANT_TYPE}], vars: [{name: fac_oauth_grant_type}]}
  username: {env: [{name: FAC_USERNAME}], vars: [{name: fac_oauth_username}]}
  password: {env: [{name: FAC_PASSWORD}], vars: [{name: fac_oauth_password}]}
  realm: {env: [{name: FAC_REALM}], vars: [{name: fac_oauth_realm}]}
  iam_account: {env: [{name: FAC_IAM_ACCOUNT}], vars: [{name: fac_oauth_iam_account}]}
  iam_user: {env: [{name: FAC_IAM_USER}], vars: [{name: fac_oauth_iam_user}]}
  client_secret: {env: [{name: FAC_CLIENT_SECRET}], vars: [{name: fac_oauth_client_secret}]}
  scope: {env: [{name: FAC_SCOPE}], vars: [{name: fac_oauth_scope}]}
  redirect_uri: {env: [{name: FAC_REDIRECT_URI}], vars: [{name: fac_oauth_redirect_uri}]}
  method: {env: [{name: FAC_METHOD}], vars: [{name: fac_oauth_method}]}
  push_timeout: {env: [{name: FAC_PUSH_TIMEOUT}], vars: [{name: fac_oauth_push_timeout}]}
  push_interval: {env: [{name: FAC_PUSH_INTERVAL}], vars: [{name: fac_oauth_push_interval}]}
"""
