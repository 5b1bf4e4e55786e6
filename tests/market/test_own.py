"""What a person keeps of their own: instruments and their prices, seen and changed by them alone, each deed audited."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from market.errors import InstrumentInUse, InstrumentTaken, InvalidInstrument, InvalidPrices, UnknownInstrument
from market.models import Instrument, Price
from market.selectors import find_instrument, get_instrument, get_own_instrument, price_columns, quotes_of
from market.services import (
    PriceRow,
    create_private_instrument,
    delete_private_instrument,
    remove_own_price,
    set_own_prices,
    update_private_instrument,
)
from portfolio_site.kernel.errors import Forbidden
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db

MONDAY = date(2024, 3, 4)


def house(owner: Any, **changes: Any) -> Instrument:
    return create_private_instrument(owner, **({"symbol": "house", "name": "House in Delft", "asset_class": "property", "currency": "eur"} | changes))


def deeds(person: Any) -> list[str]:
    return list(AuditEntry.objects.filter(subject=person.pk).order_by("sequence").values_list("action", flat=True))


def test_an_own_instrument_is_kept_under_capitals_and_audited_without_its_name(person: Any) -> None:
    made = house(person, country="nl")
    assert (made.symbol, made.currency, made.country, made.owner) == ("HOUSE", "EUR", "NL", person)
    entry = AuditEntry.objects.get(action="instrument.created")
    assert (entry.object_type, entry.object_id, entry.actor) == ("instrument", str(made.pk), person.pk)
    assert "Delft" not in str(entry.data)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"currency": "GBp"}, "currency"),
        ({"currency": "QQQ"}, "currency"),
        ({"symbol": " "}, "symbol"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"asset_class": "castle"}, "asset_class"),
        ({"isin": "123"}, "isin"),
        ({"country": "N1"}, "country"),
    ],
)
def test_a_description_that_cannot_be_right_is_refused_by_field(person: Any, changes: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInstrument) as refusal:
        house(person, **changes)
    assert [error.field for error in refusal.value.errors] == [field]
    assert not Instrument.objects.exists()


def test_a_symbol_is_used_once_by_a_person_but_by_several_people(person: Any, stranger: Any) -> None:
    mine = house(person)
    with pytest.raises(InstrumentTaken) as refusal:
        house(person)
    assert refusal.value.data == {"instrument": mine.pk}
    assert house(stranger).pk != mine.pk


def test_a_stranger_neither_sees_nor_changes_it(person: Any, stranger: Any) -> None:
    mine = house(person)
    for attempt in (
        lambda: get_instrument(stranger, mine.pk),
        lambda: get_own_instrument(stranger, mine.pk),
        lambda: update_private_instrument(stranger, mine, name="Mine now"),
        lambda: set_own_prices(stranger, mine, [PriceRow(MONDAY, D("1"))]),
        lambda: remove_own_price(stranger, mine, MONDAY),
        lambda: delete_private_instrument(stranger, mine),
    ):
        with pytest.raises(UnknownInstrument):
            attempt()
    assert find_instrument(stranger, symbol="HOUSE") is None


def test_everybodys_instrument_may_be_seen_but_not_changed(person: Any) -> None:
    shared = make_instrument("ACME")
    for attempt in (
        lambda: get_own_instrument(person, shared.pk),
        lambda: update_private_instrument(person, shared, name="x"),
        lambda: set_own_prices(person, shared, []),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_own_prices_make_the_quote_and_the_column(person: Any) -> None:
    mine = house(person)
    assert set_own_prices(person, mine, [PriceRow(MONDAY, D("400000")), PriceRow(MONDAY - timedelta(days=365), D("380000"))]) == 2
    view = quotes_of([mine.pk])[mine.pk]
    assert (view.price, view.previous_close, view.quality, view.source, view.as_of.date()) == (D("400000"), D("380000"), "own", "own", MONDAY)
    assert price_columns([mine.pk])[mine.pk].closes.tolist() == [380000.0, 400000.0]
    assert deeds(person)[-1] == "prices.entered"
    assert AuditEntry.objects.get(action="prices.entered").data == {"count": 2}


def test_a_corrected_last_price_replaces_the_quote_and_an_older_one_does_not(person: Any) -> None:
    mine = house(person)
    set_own_prices(person, mine, [PriceRow(MONDAY, D("400000"))])
    set_own_prices(person, mine, [PriceRow(MONDAY, D("410000"))])
    assert (quotes_of([mine.pk])[mine.pk].price, quotes_of([mine.pk])[mine.pk].sequence) == (D("410000"), 2)
    set_own_prices(person, mine, [PriceRow(MONDAY - timedelta(days=9), D("390000"))])
    view = quotes_of([mine.pk])[mine.pk]
    assert (view.price, view.previous_close) == (D("410000"), D("390000"))


def test_todays_price_is_not_from_the_future(person: Any) -> None:
    mine = house(person)
    set_own_prices(person, mine, [PriceRow(timezone.localdate(), D("1"))])
    assert quotes_of([mine.pk])[mine.pk].as_of <= timezone.now()


def test_prices_are_entered_all_or_none(person: Any) -> None:
    mine = house(person)
    with pytest.raises(InvalidPrices) as refusal:
        set_own_prices(person, mine, [PriceRow(MONDAY, D("1")), PriceRow(date(2999, 1, 1), D("0"))])
    assert [(error.field, error.code) for error in refusal.value.errors] == [("prices.1.date", "future"), ("prices.1.close", "not_positive")]
    assert not Price.objects.exists()
    with pytest.raises(InvalidPrices, match="at most 10000"):
        set_own_prices(person, mine, [PriceRow(MONDAY, D("1"))] * 10_001)


def test_a_removed_price_leaves_quote_and_column_and_the_last_one_ends_both(person: Any) -> None:
    mine = house(person)
    set_own_prices(person, mine, [PriceRow(MONDAY, D("400000")), PriceRow(MONDAY + timedelta(days=1), D("410000"))])
    assert remove_own_price(person, mine, MONDAY + timedelta(days=1)) is True
    assert quotes_of([mine.pk])[mine.pk].price == D("400000")
    assert price_columns([mine.pk])[mine.pk].closes.tolist() == [400000.0]
    assert remove_own_price(person, mine, MONDAY + timedelta(days=1)) is False
    assert remove_own_price(person, mine, MONDAY) is True
    assert (quotes_of([mine.pk]), price_columns([mine.pk])) == ({}, {})


def test_the_currency_stays_while_there_are_prices_in_it(person: Any) -> None:
    mine = house(person)
    assert update_private_instrument(person, mine, currency="USD").currency == "USD"
    set_own_prices(person, mine, [PriceRow(MONDAY, D("1"))])
    with pytest.raises(InvalidInstrument) as refusal:
        update_private_instrument(person, mine, currency="EUR")
    assert refusal.value.errors[0].code == "has_prices"
    assert update_private_instrument(person, mine, name="House in Leiden", currency="USD").name == "House in Leiden"


def test_an_instrument_goes_with_its_prices_unless_a_transaction_names_it(person: Any) -> None:
    mine = house(person)
    set_own_prices(person, mine, [PriceRow(MONDAY, D("1"))])
    portfolio = make_portfolio(person)
    record(portfolio, "transfer_in", MONDAY, mine, quantity=D("1"), price=D("1"), currency="EUR")
    with pytest.raises(InstrumentInUse):
        delete_private_instrument(person, mine)
    other = house(person, symbol="WATCH")
    set_own_prices(person, other, [PriceRow(MONDAY, D("1"))])
    delete_private_instrument(person, other)
    assert list(Instrument.objects.values_list("symbol", flat=True)) == ["HOUSE"]
    assert deeds(person)[-1] == "instrument.removed"


def test_what_the_audit_refuses_is_not_done(person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("the audit is broken")

    monkeypatch.setattr("accounts.receivers.record_audit", refuse)
    with pytest.raises(RuntimeError):
        house(person)
    assert not Instrument.objects.exists()
