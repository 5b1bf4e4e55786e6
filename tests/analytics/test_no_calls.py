"""No page and no endpoint asks a source: whatever sources do, a request opens no connection."""

from __future__ import annotations

import socket
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from market.models import Instrument
from tests.factories import make_instrument, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def walled_in(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[str]:
    """Every source is on, and whoever looks a name up or opens a connection is noted and refused."""
    settings.PROVIDERS = ["yahoo", "coingecko", "ecb", "frankfurter", "fred"]
    tried: list[str] = []
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def refused(host: Any) -> bool:
        """Loopback is where this installation's own database and cache may be."""
        away = isinstance(host, str) and host not in {"localhost", "127.0.0.1", "::1"} and not host.startswith("/")
        if away:
            tried.append(host)
        return away

    def looked_up(host: Any, *more: Any, **named: Any) -> Any:
        if refused(host):
            raise OSError("no name is looked up in a request")
        return look_up(host, *more, **named)

    def connected(self: socket.socket, address: Any) -> None:
        if refused(address[0] if isinstance(address, tuple) else address):
            raise OSError("no connection is opened in a request")
        connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(socket.socket, "connect", connected)
    return tried


@pytest.fixture
def things(portfolio: Any, today: date) -> Instrument:
    """Something old, something without a price: what one would ask a source about."""
    record(portfolio, "deposit", today - timedelta(days=30), amount="1000")
    made: Instrument = make_instrument("OLD", price="10")
    for one in (made, make_instrument("BARE"), make_instrument("COIN", asset_class="crypto")):
        record(portfolio, "buy", today - timedelta(days=20), one, quantity="1", price="10")
    return made


PAGES = ("/dashboard/", "/markets/", "/markets/?q=OLD", "/holdings/", "/holdings/{pk}/", "/news/", "/health/", "/transactions/", "/search/?q=OLD")
ENDPOINTS = (
    "stocks/OLD",
    "fx/EUR/EUR",
    "market/health",
    "portfolios/all/value",
    "portfolios/all/performance",
    "news",
)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_opens_a_connection(path: str, signed_in: Client, things: Instrument, walled_in: list[str]) -> None:
    assert signed_in.get(path.format(pk=things.pk)).status_code == 200
    assert walled_in == []


@pytest.mark.parametrize("path", ENDPOINTS)
def test_no_endpoint_opens_a_connection(path: str, api: Any, things: Instrument, walled_in: list[str]) -> None:
    assert api.get(f"/api/v1/{path}").status_code == 200
    assert walled_in == []


def test_a_batch_of_prices_opens_no_connection(api: Any, things: Instrument, walled_in: list[str]) -> None:
    answer = api.post("/api/v1/stocks/batch", {"symbols": ["OLD", "BARE", "NONE"]})
    assert (answer.status_code, len(answer.json()["errors"]), walled_in) == (200, 2, [])


def test_the_wall_itself_holds(walled_in: list[str]) -> None:
    with pytest.raises(OSError, match="no name is looked up"):
        socket.create_connection(("prices.example", 443), timeout=1)
    assert walled_in == ["prices.example"]
