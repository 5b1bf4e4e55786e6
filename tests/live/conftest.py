"""What tests of sockets stand on."""

from __future__ import annotations

import pytest

from analytics.live import hub as hub_module
from portfolio_site.web import push
from portfolios.selectors import holdings_of


@pytest.fixture
def quick(monkeypatch, settings):
    """The hub looks often, so that tests need not wait; the memory layer, whatever this run uses."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    monkeypatch.setattr(hub_module, "SWEEP", 0.1)
    yield
    push.remember_loop(None)


@pytest.fixture
def held(a_portfolio):
    """A portfolio with two holdings, and its instruments."""
    portfolio = a_portfolio(positions=2)
    rows = holdings_of(portfolio).rows
    by_id = {row.instrument.id: row for row in rows}
    from market.models import Instrument

    return portfolio, [Instrument.objects.get(pk=pk) for pk in sorted(by_id)]
