"""A valuation that is carried on by quotes says what the selectors would."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.live.valuation import Valuation
from market.models import Quote
from market.selectors import quotes_of
from portfolios.selectors import holdings_of
from tests.factories import make_instrument, record, set_quote

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("age", [0, 4, 5, 400])
def test_a_quote_of_an_earlier_session_moves_the_value_and_not_the_change_of_the_day(portfolio: Any, age: int) -> None:
    fresh, old = make_instrument("FRESH"), make_instrument("OLD")
    for instrument in (fresh, old):
        set_quote(instrument, "11", "10")
        record(portfolio, "buy", timezone.localdate() - timedelta(days=500), instrument, quantity="10", price="10")
    valuation = Valuation.of(((portfolio.pk,), "EUR"), holdings_of(portfolio))
    set_quote(old, "50", "20", as_of=timezone.now() - timedelta(days=age))
    Quote.objects.filter(pk=old.pk).update(sequence=2)
    assert valuation.apply(quotes_of([old.pk]), [old.pk]) == {old.pk}
    table = holdings_of(portfolio)
    row = next(row for row in table.rows if row.instrument.id == old.pk)
    assert valuation.value == table.value.value == 410  # 200 were paid from no cash
    assert valuation.day_change == table.day_change.value == (310 if age <= 4 else 10)
    assert valuation.lines[old.pk].day_change == row.day_change.value
    assert valuation.lines[old.pk].day_change_fraction == row.day_change_fraction.value
