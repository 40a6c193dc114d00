# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  validate_certs:
    description:
      - Whether to check the server's certificate. Leave it on. If your own CA signed the certificate, use O(ca_path).
      - A token that was got without the check serves only tasks of the same run that do not check the certificate either. It is not kept for later
        runs.
    type: bool
    default: true
  ca_path:
    description:
      - A file or folder with the certificates (PEM) of the CA that signed the server's certificate.
      - If not set, the file or folder that E(REQUESTS_CA_BUNDLE) or E(CURL_CA_BUNDLE) names is used. If neither is set, the certificates that the system trusts
        are used, as by C(ansible.builtin.uri); E(SSL_CERT_FILE) and E(SSL_CERT_DIR) can change them. If the system has no certificates, those of the
        Python library certifi are used.
      - It is on the controller, or on the host that the task is delegated to.
    type: path
  client_cert:
    description:
      - A file with a client certificate (PEM), for a server or proxy that asks for one. It may also contain the key.
      - It is on the controller, or on the host that the task is delegated to.
    type: path
  client_key:
    description:
      - A file with the key of O(client_cert).
      - It is on the same machine as the certificate.
    type: path
  timeout:
    description:
      - Seconds for one whole request, from the connection to the last byte of the response.
    type: int
    default: 30
  retries:
    description:
      - How often a request is sent again if the connection fails, or the server answers 429, 500, 502, 503 or 504.
      - A refused login is never sent again. A code that works once is not sent again if it may have arrived.
    type: int
    default: 3
"""

    FAC = r"""
options:
  validate_certs: {env: [{name: FAC_VALIDATE_CERTS}], vars: [{name: fac_oauth_validate_certs}], ini: [{section: fac_oauth, key: validate_certs}]}
  ca_path: {env: [{name: FAC_CA_PATH}], vars: [{name: fac_oauth_ca_path}], ini: [{section: fac_oauth, key: ca_path}]}
  client_cert: {env: [{name: FAC_CLIENT_CERT}], vars: [{name: fac_oauth_client_cert}]}
  client_key: {env: [{name: FAC_CLIENT_KEY}], vars: [{name: fac_oauth_client_key}]}
  timeout: {env: [{name: FAC_TIMEOUT}], vars: [{name: fac_oauth_timeout}], ini: [{section: fac_oauth, key: timeout}]}
  retries: {env: [{name: FAC_RETRIES}], vars: [{name: fac_oauth_retries}], ini: [{section: fac_oauth, key: retries}]}
"""

    FORTICWP = r"""
options:
  validate_certs: {env: [{name: FORTICWP_VALIDATE_CERTS}], vars: [{name: forticwp_validate_certs}], ini: [{section: forticwp, key: validate_certs}]}
  ca_path: {env: [{name: FORTICWP_CA_PATH}], vars: [{name: forticwp_ca_path}], ini: [{section: forticwp, key: ca_path}]}
  client_cert: {env: [{name: FORTICWP_CLIENT_CERT}], vars: [{name: forticwp_client_cert}]}
  client_key: {env: [{name: FORTICWP_CLIENT_KEY}], vars: [{name: forticwp_client_key}]}
  timeout: {env: [{name: FORTICWP_TIMEOUT}], vars: [{name: forticwp_timeout}], ini: [{section: forticwp, key: timeout}]}
  retries: {env: [{name: FORTICWP_RETRIES}], vars: [{name: forticwp_retries}], ini: [{section: forticwp, key: retries}]}
"""
