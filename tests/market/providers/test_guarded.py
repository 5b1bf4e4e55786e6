"""Addresses that a person typed lead to the public internet only, however they are written and whatever their names answer."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable

import pytest

from market.providers import guarded
from market.providers.failures import NotConfigured, Unreachable
from market.providers.web import Web
from tests.emulator import Answer, Emulator

LOOPBACK = guarded.networks(["127.0.0.0/8"])


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
    assert not guarded.permitted(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "193.0.6.139", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_permitted(address: str) -> None:
    assert guarded.permitted(ipaddress.ip_address(address))


def test_a_network_that_was_allowed_is_permitted_also_in_its_mapped_form_and_no_other() -> None:
    allowed = guarded.networks(["10.1.0.0/16", "fd12::/16"])
    assert guarded.permitted(ipaddress.ip_address("10.1.2.3"), allowed)
    assert guarded.permitted(ipaddress.ip_address("::ffff:10.1.2.3"), allowed)
    assert guarded.permitted(ipaddress.ip_address("fd12::1"), allowed)
    assert not guarded.permitted(ipaddress.ip_address("10.2.0.1"), allowed)


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
    assert guarded.faults(address).endswith(".")


@pytest.mark.parametrize("address", ["https://a.example/x?y=1", "http://a.example:8080/", "https://[2606:4700::1]/x"])
def test_a_plain_web_address_has_no_fault(address: str) -> None:
    assert guarded.faults(address) == ""


# ── over real connections ───────────────────────────────────────────────────


def web(lookup: Callable[[str, int], list[str]] = guarded.resolve, allowed: tuple[guarded.Network, ...] = ()) -> Web:
    return Web("", session=guarded.session(allowed, lookup))


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
    with pytest.raises(NotConfigured):
        guarded.judged("prices.example", 443, (), lambda *_: ["8.8.8.8", "10.0.0.1"])


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
