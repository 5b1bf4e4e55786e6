"""The one rule by which a whole is cut into parts: exact, nothing dropped, and the same for values and exposures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.selectors import value_now
from analytics.selectors.value import sliced
from market.selectors import Part
from market.services import classify
from portfolio_site.kernel.figures import Figure, Unit
from tests.factories import make_instrument, make_portfolio, record

D = Decimal
amounts = st.integers(1, 10**13).map(lambda number: D(number).scaleb(-4))
whole_numbers = st.lists(st.integers(1, 10**6), min_size=1, max_size=5)


def money(amount: Decimal) -> Figure:
    return Figure("value", Unit.MONEY, amount, currency="EUR")


def parts_of(shares: list[int]) -> tuple[Part, ...]:
    """Fractions of 18 places that add up to one, as those of a fund; the first of them is not told."""
    found = [(D(one) / sum(shares)).quantize(D("1e-18")) for one in shares]
    found[0] += 1 - sum(found)
    return tuple(Part(str(place) if place else "", f"part {place}", one) for place, one in enumerate(found))


@given(st.lists(st.tuples(amounts, whole_numbers), min_size=1, max_size=8))
def test_parts_add_up_to_the_whole_and_weights_to_one_to_the_last_digit(held: list[tuple[Decimal, list[int]]]) -> None:
    whole = sum((amount for amount, _ in held), D(0))
    found = sliced([(money(amount), parts_of(shares)) for amount, shares in held], money(whole))
    assert sum((one.value.value for one in found), D(0)) == whole
    assert sum((one.weight.value for one in found), D(0)) == 1
    assert all(one.weight.value.as_tuple().exponent >= -18 for one in found)


def test_what_has_no_value_is_a_part_with_its_reason_and_the_others_still_add_up_to_one() -> None:
    bare = Figure.undefined("cash", Unit.MONEY, "No XAU/EUR rate is known.", "EUR")
    found = sliced([(money(D(3)), (Part("a", "A", D(1)),)), (bare, (Part("x", "X", D(1)),))], money(D(3)))
    assert [(one.key, one.weight.value) for one in found] == [("a", 1), ("x", None)]
    assert found[1].value.why_not == found[1].weight.why_not == "No XAU/EUR rate is known."


@pytest.mark.django_db
def test_the_value_is_told_by_sector_country_and_region_and_funds_are_looked_through_on_request(person: Any) -> None:
    chips = make_instrument("CHIP", price="100", sector="Technology", country="US", region="North America")
    fund = make_instrument("WRLD", price="50", asset_class="etf")
    other = make_instrument("WHAT", price="10")
    classify(person, fund, weights={"sector": [("Technology", D("0.5")), ("Energy", D("0.25"))], "country": [("DE", D("0.8"))]})
    portfolio = make_portfolio(person, tracks_cash=False)
    for instrument, units in ((chips, "3"), (fund, "12"), (other, "10")):
        record(portfolio, "buy", portfolio.created_at.date(), instrument, quantity=units, price="1")
    plain, through = value_now([portfolio]), value_now([portfolio], look_through=True)
    assert [(one.key, one.value.value, one.weight.value) for one in plain.by_sector] == [("Technology", 300, D("0.3")), ("", 700, D("0.7"))]
    assert [(one.name, one.value.value) for one in through.by_sector] == [("Technology", 600), ("Energy", 150), ("Unclassified", 250)]
    assert {one.key: one.weight.value for one in through.by_country} == {"US": D("0.3"), "DE": D("0.48"), "": D("0.22")}
    assert {one.key: one.value.value for one in through.by_region} == {"North America": 300, "Europe": 480, "": 220}
