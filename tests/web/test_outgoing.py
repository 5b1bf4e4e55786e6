"""Addresses that a person typed lead to the public internet only, however they are written and whatever their names answer."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable

import pytest
import requests

from market.providers.failures import NotConfigured, Unreachable
from market.providers.web import Web
from portfolio_site.web import outgoing
from portfolio_site.web.outgoing import LeadsInside, NoAddress, Way
from tests.emulator import Answer, Emulator

LOOPBACK = outgoing.networks(["127.0.0.0/8"])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "0.0.0.0", "255.255.255.255", "100.64.0.1", "192.0.2.1", "198.18.0.1",
        "169.254.1.1", "169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "192.0.0.192", "224.0.0.1", "239.1.1.1", "240.0.0.1",
        "::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
        "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)  # fmt: skip
def test_private_local_and_metadata_addresses_are_refused(address: str) -> None:
    assert not outgoing.permitted(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "193.0.6.139", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_permitted(address: str) -> None:
    assert outgoing.permitted(ipaddress.ip_address(address))


def test_a_network_that_was_allowed_is_permitted_also_in_its_mapped_form_and_no_other() -> None:
    allowed = outgoing.networks(["10.1.0.0/16", "fd12::/16"])
    assert outgoing.permitted(ipaddress.ip_address("10.1.2.3"), allowed)
    assert outgoing.permitted(ipaddress.ip_address("::ffff:10.1.2.3"), allowed)
    assert outgoing.permitted(ipaddress.ip_address("fd12::1"), allowed)
    assert not outgoing.permitted(ipaddress.ip_address("10.2.0.1"), allowed)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://a.example/x", "file:///etc/passwd", "gopher://a.example", "//a.example/x", "a.example/x", "", "https://", "https:///x",
        "https://user:word@a.example/x", "https://a.example@127.0.0.1/", "https://a.example\\@127.0.0.1/", "https://a.example/a b",
        "https://a.example/\r\nHost: b", "https://a.example:0/", "https://a.example:99999/", "https://[::1", "https://a.example/x#y",
        "https://a.example/" + "x" * 2_000,
    ],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_told_in_a_sentence(address: str) -> None:
    assert outgoing.faults(address).endswith(".")


@pytest.mark.parametrize("address", ["https://a.example/x?y=1", "http://a.example:8080/", "https://[2606:4700::1]/x"])
def test_a_plain_web_address_has_no_fault(address: str) -> None:
    assert outgoing.faults(address) == ""


# ── sixty ways inside ────────────────────────────────────────────────────────

ANSWERS = {  # what names answer
    "loopback.example": ["127.0.0.1"], "six.example": ["::1"], "ten.example": ["10.0.0.9"], "mixed.example": ["8.8.8.8", "192.168.0.1"],
    "late.example": ["2606:4700:4700::1111", "8.8.8.8", "127.0.0.1"], "metadata.example": ["169.254.169.254"], "mapped.example": ["::ffff:10.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"], "zone.example": ["fe80::1%eth0"], "none.example": [],
}  # fmt: skip
INSIDE = [
    # loopback and this machine
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "0x7f.1", "0", "0.0.0.0", "0.0.0.1", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    # private networks and carriers'
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.255", "100.64.0.1", "167772161", "0xa000001",
    "012.0.0.1", "[fc00::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "[2002:a00:1::]",
    # link-local and where clouds keep keys
    "169.254.0.1", "169.254.169.254", "2852039166", "0xa9fea9fe", "[fe80::1]", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "168.63.129.16",
    "100.100.100.200", "192.0.0.192",
    # no machine of the public internet
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "[ff02::1]", "[2001:db8::1]",
    # names
    *ANSWERS,
]  # fmt: skip


def answered(host: str, port: int) -> list[str]:
    return ANSWERS[host] if host in ANSWERS else outgoing.resolve(host, port)


def test_the_table_of_ways_inside_has_at_least_sixty() -> None:
    assert len(set(INSIDE)) == len(INSIDE) >= 60


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", INSIDE)
def test_no_way_inside_is_connected_to(monkeypatch: pytest.MonkeyPatch, host: str, scheme: str) -> None:
    connected: list[object] = []
    monkeypatch.setattr(outgoing, "create_connection", lambda *where, **_: connected.append(where))
    with pytest.raises((LeadsInside, NoAddress)):
        Way(lookup=answered).post(f"{scheme}://{host}:8080/hook", json={}, timeout=1)
    assert connected == []


@pytest.mark.parametrize("address", ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "unix:///run/x", "data:text/plain,x"])
def test_the_way_speaks_http_alone(address: str) -> None:
    with pytest.raises(requests.RequestException):
        Way().get(address, timeout=1)


# ── over real connections ───────────────────────────────────────────────────


def web(lookup: Callable[[str, int], list[str]] = outgoing.resolve, allowed: tuple[outgoing.Network, ...] = ()) -> Web:
    return Web("", session=Way(allowed, lookup))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0"])
def test_loopback_is_not_reached_however_it_is_written(emulator: Emulator, host: str) -> None:
    port = emulator.address.rpartition(":")[2]
    with pytest.raises((NotConfigured, Unreachable)):
        web().get(f"http://{host}:{port}/ecb/eurofxref-daily.xml")
    assert emulator.calls() == []


def test_a_name_that_leads_to_a_private_address_is_refused_and_not_asked(emulator: Emulator) -> None:
    port = emulator.address.rpartition(":")[2]
    with pytest.raises(NotConfigured, match="private network"):
        web(lambda host, _: ["127.0.0.1"]).get(f"http://prices.example:{port}/ecb/eurofxref-daily.xml")
    assert emulator.calls() == []


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(LeadsInside):
        outgoing.judged("prices.example", 443, (), lambda *_: ["8.8.8.8", "10.0.0.1"])


def test_the_connection_goes_to_the_address_that_was_judged_and_the_name_is_asked_once(emulator: Emulator) -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    asked = []

    def changing(host: str, _: int) -> list[str]:
        asked.append(host)
        return answers.pop(0)

    port = emulator.address.rpartition(":")[2]
    way = web(changing, LOOPBACK)
    for _ in range(2):  # the second goes over the same connection
        assert way.get(f"http://prices.example:{port}/ecb/eurofxref-daily.xml").status == 200
    assert asked == ["prices.example"] and len(emulator.calls()) == 2


def test_a_name_without_an_address_is_unreachable() -> None:
    def nobody(host: str, _: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(Unreachable):
        web(nobody).get("http://prices.example/x")
    with pytest.raises(Unreachable):
        web(lambda *_: []).get("http://prices.example/x")


def test_nobody_listening_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        web(lambda *_: ["127.0.0.1"], LOOPBACK).get("http://prices.example:9/x")


def test_a_redirect_into_a_private_network_is_not_followed(emulator: Emulator) -> None:
    reply = web(allowed=LOOPBACK).get(emulator.base("url_source") + "/away")
    assert reply.status == 302 and len(emulator.calls()) == 1


def test_nobody_can_ask_the_way_to_follow_a_redirect(emulator: Emulator) -> None:
    address = emulator.base("url_source") + "/away"
    assert Way(LOOPBACK).get(address, timeout=5, allow_redirects=True).status_code == 302
    assert Way(LOOPBACK).post(address, timeout=5).history == [] and len(emulator.calls()) == 2


def test_a_proxy_of_the_environment_is_not_used(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    emulator.say("url_source", Answer("here"))
    assert web(allowed=LOOPBACK).get(emulator.base("url_source") + "/x").text == "here"


def test_certificates_are_still_checked_against_the_name(emulator: Emulator) -> None:
    """The emulator speaks no TLS: what matters is that a sealed connection is judged as well, and is not opened without TLS."""
    port = emulator.address.rpartition(":")[2]
    with pytest.raises(NotConfigured):
        web(lambda *_: ["127.0.0.1"]).get(f"https://prices.example:{port}/x")
    with pytest.raises(Unreachable, match="SSLError"):
        web(lambda *_: ["127.0.0.1"], LOOPBACK).get(f"https://prices.example:{port}/x")
    assert emulator.calls() == [] and ssl.HAS_SNI
