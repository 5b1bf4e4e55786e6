"""What a replay is loaded from is what the models say, for every kind of entry."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal as D
from typing import Any

import pytest

from portfolios.choices import TransactionKind
from portfolios.models import Transaction, TransactionLeg
from portfolios.selectors.ledger import events_of, with_legs
from portfolios.selectors.loading import COLUMNS, keys_with_text
from portfolios.selectors.rows import Row, event_of
from tests.factories import make_instrument, make_person, make_portfolio

pytestmark = pytest.mark.django_db


@pytest.fixture
def portfolio() -> Any:
    """One entry of every kind, with all the fields there are; not a ledger that could be replayed."""
    portfolio, instrument, other = make_portfolio(make_person()), make_instrument("ASML"), make_instrument("SAP")
    instrument.price_factor = D("0.01")
    instrument.save()
    numbers = ("quantity", "price", "amount", "fees", "taxes", "fx_rate", "accrued", "given_amount", "costs_rate", "cost_share")
    for place, kind in enumerate(TransactionKind.values * 2):
        full = place < len(TransactionKind.values)
        row = Transaction(
            portfolio=portfolio,
            instrument=None if kind in {"deposit", "withdrawal", "fx_exchange"} else instrument,
            kind=kind,
            traded_on=date(2024, 1, 1 + place % 28),
            traded_at=datetime(2024, 1, 1 + place % 28, 9, 30, tzinfo=UTC) if full else None,
            currency="EUR",
            settlement_currency="USD" if full else "",
            costs_currency="GBP" if full else "",
            method="fifo" if full else "",
            ratio_new=D("1.50"),
            ratio_old=D(1),
            acquired_on=date(2020, 2, 2) if full else None,
            recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
            lots=[{"entry": 1, "quantity": "2"}] if full and kind == "sell" else None,
        )
        for name, value in zip(numbers if full else numbers[:2], range(1, 20), strict=False):
            setattr(row, name, D(value) / 8)
        if kind == "fx_exchange":
            row.amount, row.given_amount = D(3), D(2)
        row.save()
        if kind in {"spin_off", "merger", "symbol_change"}:
            TransactionLeg.objects.create(transaction=row, place=0, instrument=other, ratio_new=D(2), ratio_old=D(1), cost_share=D("0.25"))
    return portfolio


def test_a_light_row_names_what_is_loaded_in_its_order() -> None:
    parts = sorted((part for part in vars(Transaction).items() if type(part[1]).__name__ == "Packed"), key=lambda part: part[1].place)
    loaded = [{"day": "traded_on", "instrument__price_factor": "price_factor"}.get(name, name) for name in COLUMNS[:-1]]
    assert (*loaded, *(name for name, _ in parts), "leg_rows") == Row._fields


def test_events_are_the_same_from_light_rows_as_from_models(portfolio: Any, django_assert_num_queries: Any) -> None:
    models = with_legs(Transaction.objects.order_by("traded_on", "pk").select_related("instrument"))
    with django_assert_num_queries(2):
        loaded = events_of(portfolio)
    assert loaded == [event_of(row) for row in models]
    assert len({type(event) for event in loaded}) >= 20


def test_nothing_is_loaded_of_no_instrument(portfolio: Any) -> None:
    assert events_of(portfolio, instruments=[]) == []


def test_a_reinvested_dividend_is_loaded_as_one(portfolio: Any) -> None:
    row = Transaction.objects.filter(kind="dividend").first()
    row.reinvested_quantity, row.notes = D(3), "é"
    row.save()
    assert event_of(row) in events_of(portfolio)


@pytest.mark.parametrize(("text", "found"), [("hunch", True), ("straße", True), ("é 9", False), ("x-77", True), ("x-7", False), ("1.125", False)])
def test_texts_are_found_in_sealed_entries_and_numbers_are_not(portfolio: Any, text: str, found: bool) -> None:
    row = Transaction.objects.filter(portfolio=portfolio)[3]
    row.notes, row.external_id, row.quantity = "On a HUNCH, in der STRASSE", "X-77", D("1.125")
    row.save()
    assert keys_with_text(Transaction.objects.filter(portfolio=portfolio), text.casefold()) == ([row.pk] if found else [])
