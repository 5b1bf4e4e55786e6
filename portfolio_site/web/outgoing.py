"""The one way out that leads to the public internet only, for addresses that a person types: prices, webhooks.

The name is resolved once, each time a connection is made, and the connection goes to exactly the address that was judged: a name that
answers otherwise the second time gains nothing.  A host with one address that is refused is refused.  No proxy, no `.netrc` and no
redirect is followed: `Way` sends no request but the one that it was asked for.  https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.poolmanager import PoolManager
from urllib3.util.connection import create_connection

from portfolio_site.kernel.errors import Unavailable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]
METADATA = frozenset(
    {"169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "192.0.0.192"}
)  # that clouds tell machines their keys at
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
LONGEST = 2_000  # characters of an address


class LeadsInside(Unavailable):
    """The address, or what its name answers, lies where nothing may be asked for."""

    code, title = "leads_inside", "The address leads into a private network."


class NoAddress(Unavailable):
    code, title = "no_address", "The name has no address."


def networks(listed: Sequence[str]) -> tuple[Network, ...]:
    """Networks from their texts, such as 10.0.0.0/8 or one address.  Raises ValueError with the text that is none."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in listed)


def permitted(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether a connection may go there: a public address of one machine, or one of a network that was allowed."""
    inner = _inner(address)
    if any(inner in network or address in network for network in allowed):
        return True
    if inner.is_multicast or inner.is_unspecified or str(inner) in METADATA:
        return False
    return inner.is_global and not inner.is_reserved


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, compatible, 6to4, NAT64, Teredo); else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host, in the order of the system.  Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def judged(host: str, port: int, allowed: Sequence[Network], lookup: Resolve = resolve) -> str:
    """The one address to connect to.  Raises LeadsInside where any is refused, NoAddress where there is none."""
    try:
        found = [ipaddress.ip_address(text.partition("%")[0]) for text in lookup(host, port)]
    except (OSError, UnicodeError, ValueError):
        raise NoAddress(f"The name {host[:100]} has no address.") from None
    if not found:
        raise NoAddress(f"The name {host[:100]} has no address.")
    if not all(permitted(address, allowed) for address in found):
        raise LeadsInside(f"{host[:100]} leads into a private network, where nothing may be asked for.")
    return str(found[0])


def faults(address: str) -> str:
    """What is wrong with an address that a person typed, as a sentence; empty for nothing."""
    if len(address) > LONGEST or any(ord(sign) <= 32 or ord(sign) == 127 for sign in address) or "\\" in address:
        return "Write an address without blanks, backslashes and control characters."
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "This is no address."
    if parts.scheme not in {"http", "https"}:
        return "Write an address that begins with https:// or http://."
    if "@" in parts.netloc:
        return "Write the address without a name and a password."
    if not host or port == 0:
        return "Write an address with a host."
    return "Write the address without #." if "#" in address else ""


def leads_inside(address: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether an address names a machine by number, in whatever form, that must not be reached.  No name is looked up."""
    host = urlsplit(address).hostname or ""
    try:
        found: Address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            found = ipaddress.IPv4Address(socket.inet_aton(host))  # also 127.1, 0x7f000001 and 2130706433
        except (OSError, ValueError):
            return host.rstrip(".").lower() == "localhost" and not permitted(ipaddress.IPv4Address("127.0.0.1"), allowed)
    return not permitted(found, allowed)


class Way(requests.Session):
    """A session whose connections are judged, and which follows no redirect, whatever its caller asks for.

    allowed    private networks that it may go to all the same
    Calls raise LeadsInside and NoAddress beside what `requests` raises.  Time and size are the caller's to bound.
    """

    def __init__(self, allowed: Sequence[Network] = (), lookup: Resolve | None = None) -> None:
        super().__init__()
        self.trust_env = False
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(allowed, lookup or resolve))

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        return super().send(request, **{**options, "allow_redirects": False, "proxies": None})


class _Adapter(HTTPAdapter):
    def __init__(self, allowed: Sequence[Network], lookup: Resolve) -> None:
        self._allowed, self._lookup = tuple(allowed), lookup
        super().__init__(pool_connections=4, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **more)
        self.poolmanager.pool_classes_by_scheme = pools(self._allowed, self._lookup)

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> Any:
        return super().get_connection_with_tls_context(request, verify, None, cert)


def pools(allowed: Sequence[Network], lookup: Resolve) -> dict[str, Any]:
    """Pools by scheme whose connections go to the judged address.  Certificates are checked against the name all the same."""

    def opened(connection: HTTPConnection) -> socket.socket:
        address = judged(connection.host.rstrip("."), connection.port, allowed, lookup)
        try:
            return create_connection((address, connection.port), connection.timeout, connection.source_address, connection.socket_options)
        except TimeoutError as problem:
            raise ConnectTimeoutError(connection, "the connection took too long") from problem
        except OSError as problem:
            raise NewConnectionError(connection, "the connection was refused") from problem

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return opened(self)

    class Sealed(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return opened(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SealedPool(HTTPSConnectionPool):
        ConnectionCls = Sealed

    return {"http": PlainPool, "https": SealedPool}
