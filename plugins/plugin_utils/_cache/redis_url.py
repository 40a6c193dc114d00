# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The URLs of Redis that the option C(cache) takes: of one server, of the sentinels of a service, of a cluster. Nothing is asked here."""

from __future__ import annotations

import dataclasses
import re
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError

SERVER, SENTINEL, CLUSTER = "", "sentinel", "cluster"
PREFIX = "forti_oauth:"
CLUSTER_PREFIX = "{forti_oauth}:"  # a cluster keeps names with the same words in braces in one slot, so that one script can use several
_SCHEME = re.compile(r"rediss?(?:\+(sentinel|cluster))?")
_PORTS = {SERVER: 6379, SENTINEL: 26379, CLUSTER: 6379}
_PATHS = {
    SERVER: r"/?(?P<database>[0-9]*)",
    SENTINEL: r"/(?P<service>(?![0-9]+(?:/|$))[A-Za-z0-9._-]+)(/(?P<database>[0-9]*))?",
    CLUSTER: r"/?(?P<database>0?)",
}
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::0*[1-9][0-9]*)?")  # of several servers
_OF_SENTINELS = "sentinel_"  # options for the sentinels begin so; the others are for the servers
# What is meant as a URL: also one without its scheme or its colon.
_LIKE_URL = re.compile(r"\s*([a-z][\w+.-]*:|rediss?[\w+.-]*//)|.*(://|:[^/]*@)|\s*[\w.-]+:\d+([/?,]|$)|.*[?&,;](pass|pwd)\w*=", re.IGNORECASE | re.DOTALL)
_SCHEME_AND_SLASHES = re.compile(r"\s*[\w+.-]*:?/*")
_OF_OPTION = re.compile(r"(?:pass|pwd)\w*=(.+)", re.IGNORECASE | re.DOTALL)  # up to the end: an unescaped & is in the password
_NO_PATH = re.compile(r"[=?;,@\s]")
# Options that are no secrets. Another one may be a password: under a mistyped name, or without one.
_PUBLIC = re.compile(
    r"client_name|db|decode_responses|encoding|encoding_errors|health_check_interval|max_connections|protocol|retry_on_(error|timeout)|timeout|username"
    r"|socket_(connect_timeout|keepalive|read_size|timeout)"
    r"|ssl_(ca_certs|ca_path|cert_reqs|certfile|check_hostname|ciphers|keyfile|min_version|validate_ocsp|validate_ocsp_stapled)"
)
_SHORTEST, _BOOLEANS = 5, frozenset({"false", "none"})  # of what is taken for a password without being called one
_ENDS_EARLY = "cache is not a URL of Redis. If its password holds / ? # @ or :, write %2F %3F %23 %40 %3A for them."
_SEVERAL = "cache names several servers. Write redis+sentinel:// for sentinels and the service after them, or redis+cluster:// for a cluster."
_WRONG_PATH = {
    SERVER: "cache is not a URL of Redis: after the host and its port, only the number of a database may follow, such as /0.",
    SENTINEL: "cache is not a URL of Redis Sentinel. Write redis+sentinel://sentinel1:26379,sentinel2:26379/SERVICE/0, where SERVICE is the name that the "
    "sentinels give to the master.",
    CLUSTER: "cache is not a URL of a Redis Cluster. Write redis+cluster://host1:6379,host2:6379. A cluster has no other database than 0.",
}


@dataclasses.dataclass(frozen=True)
class RedisUrl:
    """What the URL of a Redis says."""

    kind: str  # C(SERVER), C(SENTINEL) or C(CLUSTER)
    servers: tuple[tuple[str, int], ...]  # hosts and ports; of Sentinel, those of the sentinels
    service: str  # of Sentinel
    sentinel_options: dict[str, str]
    of_first: str  # the URL of the first server alone, as the library redis takes it

    @property
    def prefix(self) -> str:
        """What the names of all keys begin with."""
        return CLUSTER_PREFIX if self.kind == CLUSTER else PREFIX

    @property
    def has_password(self) -> bool:
        """Whether it names a password for the server."""
        return bool(urlsplit(self.of_first).password) or "password=" in self.of_first

    @property
    def where(self) -> str:
        """The Redis, for messages."""
        named = ", ".join(f"{host}:{port}" for host, port in self.servers)
        return {SERVER: f"Redis at {named}", SENTINEL: f"Redis Sentinel at {named} (service {self.service})", CLUSTER: f"Redis Cluster at {named}"}[self.kind]


def is_redis(cache: str) -> bool:
    """Return whether a value of the option is meant as the URL of a Redis."""
    scheme, mark, _rest = cache.partition("://")
    return bool(mark and _SCHEME.fullmatch(scheme))


def parse(url: str) -> RedisUrl:
    """Return what a URL says.

    :raises OptionError: it is not a URL of a Redis. It is not repeated, because it may hold a password.
    """
    scheme, _mark, rest = url.partition("://")
    known = _SCHEME.fullmatch(scheme)
    if known is None:
        raise OptionError(_ENDS_EARLY)
    kind = known[1] or SERVER
    parts, servers = _read(f"redis://{rest}", kind)
    path = re.fullmatch(_PATHS[kind], unquote(parts.path))
    if path is None:
        raise OptionError(_WRONG_PATH[kind])
    options = parse_qsl(parts.query, keep_blank_values=True)
    of_sentinels = {name: value for name, value in options if kind == SENTINEL and name.startswith(_OF_SENTINELS)}
    query = urlencode([(name, value) for name, value in options if name not in of_sentinels])
    user, at, hosts = parts.netloc.rpartition("@")
    of_first = f"{scheme.partition('+')[0]}://{user}{at}{hosts.partition(',')[0]}/{path['database'] or 0}{'?' if query else ''}{query}"
    service = path["service"] if kind == SENTINEL else ""
    return RedisUrl(kind, servers, service, {name[len(_OF_SENTINELS) :]: value for name, value in of_sentinels.items()}, of_first)


def is_like_url(cache: str) -> bool:
    """Return whether a value of the option is meant as a URL, even if it is none, such as one without its colon."""
    return bool(_LIKE_URL.match(cache))


def passwords_in(cache: str) -> list[str]:
    """Return the passwords in a value of the option. Of a URL that is none nobody can tell what is the password: it is the whole text and each guess."""
    if not is_like_url(cache):
        return [cache] if _NO_PATH.search(cache) else []  # such as a command line
    before = _SCHEME_AND_SLASHES.sub("", cache, count=1).rpartition("@")[0]
    try:
        parse(cache)
    except OptionError:
        return [cache, *filter(None, [before.partition(":")[2] or before, *_OF_OPTION.findall(cache)])]
    typed = before.partition(":")[2] or before  # urlsplit would drop a tab
    return list(dict.fromkeys([unquote(typed), *_passwords_in_options(cache.partition("?")[2])]))


def _passwords_in_options(query: str) -> list[str]:
    """Return what is called a password, up to the end, and what stands where only a mistake could have put it."""
    options = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if not _PUBLIC.fullmatch(name.removeprefix(_OF_SENTINELS))]
    called_so = [value for name, value in options if "pass" in name.lower()]
    guessed = [text for name, value in options if "pass" not in name.lower() for text in (name, value)]
    return [*called_so, *map(unquote, _OF_OPTION.findall(query)), *(text for text in guessed if len(text) >= _SHORTEST and text.lower() not in _BOOLEANS)]


def _read(url: str, kind: str) -> tuple[SplitResult, tuple[tuple[str, int], ...]]:
    """Return the parts of a URL and its servers, which must be where a reader of URLs finds them, because messages name them.

    :raises OptionError: they are not.
    """
    try:
        parts = urlsplit(url)
        hosts = [urlsplit(f"//{host}") for host in parts.netloc.rpartition("@")[2].split(",")]
        servers = tuple((host.hostname or "localhost", host.port or _PORTS[kind]) for host in hosts)
        ends_early = bool(parts.fragment) or "@" in parts.path + parts.query
    except ValueError:
        ends_early = True
    if ends_early or (kind != SERVER and "@" in parts.netloc.rpartition("@")[0]):
        raise OptionError(_ENDS_EARLY)
    if kind == SERVER and len(servers) > 1:
        raise OptionError(_SEVERAL)
    if kind != SERVER and not all(_HOST.fullmatch(host.netloc) for host in hosts):
        raise OptionError(_WRONG_PATH[kind])  # an empty host would be localhost, and get the password
    return parts, servers
