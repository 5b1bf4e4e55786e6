"""Bonds are quoted in percent of their face, and some contracts stand for many units: what is quoted is not what a unit is worth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from market.errors import InvalidInstrument
from market.providers.base import PriceRow
from market.selectors import price_columns, price_on, prices_on, quotes_of
from market.services import create_private_instrument, set_own_prices, update_private_instrument
from tests.factories import make_person

pytestmark = pytest.mark.django_db

DAY = date(2024, 5, 2)


@pytest.fixture
def bond() -> Any:
    """A bond of 1000 face, quoted at 98.5 percent."""
    owner = make_person("holder")
    made = create_private_instrument(owner, symbol="BOND28", name="Bond 2028", asset_class="bond", currency="EUR", price_factor=Decimal(10))
    set_own_prices(owner, made, [PriceRow(DAY, Decimal("98.5"))])
    return made


def test_a_unit_of_a_bond_is_worth_its_quote_times_its_factor(bond: Any) -> None:
    assert price_on(bond.pk, DAY).close == Decimal("98.5")  # type: ignore[union-attr]
    assert price_on(bond.pk, DAY).worth == 985  # type: ignore[union-attr]
    assert prices_on([bond.pk], DAY)[bond.pk].worth == 985
    assert price_columns([bond.pk])[bond.pk].closes.tolist() == [985.0]
    quote = quotes_of([bond.pk])[bond.pk]
    assert (quote.price, quote.unit_price) == (Decimal("98.5"), 985)


def test_the_factor_stays_while_there_are_prices_that_it_gives_a_meaning(bond: Any) -> None:
    with pytest.raises(InvalidInstrument, match="cannot change while there are prices"):
        update_private_instrument(bond.owner, bond, price_factor=Decimal(1))
    assert update_private_instrument(bond.owner, bond, price_factor=Decimal(10), name="Bond of 2028").name == "Bond of 2028"


@pytest.mark.parametrize("factor", ["0", "-1", "NaN"])
def test_a_factor_is_above_zero(factor: str) -> None:
    with pytest.raises(InvalidInstrument, match="above zero"):
        create_private_instrument(make_person("other"), symbol="X", name="X", asset_class="bond", currency="EUR", price_factor=Decimal(factor))


def test_the_api_takes_and_shows_the_factor(client: Any) -> None:
    client.force_login(make_person("caller"))
    body = {"symbol": "B1", "name": "B", "asset_class": "bond", "currency": "EUR", "price_factor": "0.01"}
    made = client.post("/api/v1/instruments", body, content_type="application/json")
    assert made.status_code == 201 and made.json()["price_factor"] == "0.01"
    refused = client.patch(f"/api/v1/instruments/{made.json()['id']}", {"price_factor": "-2"}, content_type="application/json")
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == "price_factor"
