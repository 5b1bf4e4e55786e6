"""Where a request comes from: the one answer for limits, logs, lists of sessions and mails.

`X-Forwarded-For` is a list that anybody may begin; each proxy adds at its end the address that it was called from.  So with
PROXY_COUNT proxies in front the entry so many from the end is believed, and without any, the connection itself.
"""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104  (no address to listen on: a connection without one, such as a socket file)  # nosec B104
NETWORK_BITS = 64  # of an IPv6 address that one household or server has to itself


def client_address(request: HttpRequest) -> str:
    """The address of the client, in its plain form."""
    if settings.PROXY_COUNT:
        named = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(named) >= settings.PROXY_COUNT and (address := _plain(named[-settings.PROXY_COUNT])):
            return address
    return _plain(request.META.get("REMOTE_ADDR", "")) or UNKNOWN


def client_network(request: HttpRequest) -> str:
    """What limits count by: the address, of IPv6 the network, because one person has all addresses of it."""
    address = client_address(request)
    return str(IPv6Network((address, NETWORK_BITS), strict=False).network_address) if ":" in address else address


def coarse_network(request: HttpRequest) -> str:
    """What a log for somebody else may tell of a visitor: a part of the net with many in it, 192.0.2.0/24 or 2001:db8:1::/48."""
    address = client_address(request)
    return str(ip_network((address, 48 if ":" in address else 24), strict=False))


def _plain(text: str) -> str:
    """An address without port, brackets and zone; an IPv4 address inside an IPv6 one as itself; empty if it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(address.ipv4_mapped or address) if isinstance(address, IPv6Address) else str(address)
