"""Where a request comes from, whatever it says about itself."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from portfolio_site.web.addresses import UNKNOWN, client_address, client_network


def came(settings, proxies, peer, forwarded=None):
    settings.PROXY_COUNT = proxies
    more = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=peer, **more)


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "address"),
    [
        (0, "192.0.2.1", None, "192.0.2.1"),
        (0, "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (0, "127.0.0.1", "203.0.113.9, 127.0.0.1", "127.0.0.1"),
        (1, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "8.8.8.8, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1", "8.8.8.8, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "10.0.0.1", "203.0.113.9", "10.0.0.1"),
        (1, "10.0.0.1", None, "10.0.0.1"),
        (1, "10.0.0.1", "", "10.0.0.1"),
        (1, "10.0.0.1", "unknown", "10.0.0.1"),
        (1, "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        (1, "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "10.0.0.1", "fe80::1%eth0", "fe80::1"),
        (1, "10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "203.0.113.9\x00", "10.0.0.1"),
        (0, "", None, UNKNOWN),
        (0, "unix:", None, UNKNOWN),
    ],
)
def test_as_many_entries_are_believed_as_proxies_stand_in_front(settings, proxies, peer, forwarded, address):
    assert client_address(came(settings, proxies, peer, forwarded)) == address


def test_limits_count_a_whole_network_of_ipv6_and_one_address_of_ipv4(settings):
    assert client_network(came(settings, 0, "2001:db8:1:2:3:4:5:6")) == client_network(came(settings, 0, "2001:db8:1:2::1")) == "2001:db8:1:2::"
    assert client_network(came(settings, 0, "192.0.2.1")) == "192.0.2.1"
