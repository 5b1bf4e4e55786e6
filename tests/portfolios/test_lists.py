"""Lists of entries: filtered, searched over sealed notes, paged by key, grouped by month."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from portfolios.models import Transaction
from portfolios.selectors import TransactionFilter, instruments_in, transactions_of
from portfolios.services import edit_transaction, void_transaction
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger(person: Any, dollar: None) -> Any:
    """Five entries in two portfolios, over three months."""
    asml, apple = make_instrument("ASML", name="ASML Holding N.V."), make_instrument("AAPL", currency="USD")
    core, crypto = make_portfolio(person, name="Core"), make_portfolio(person, name="Crypto")
    record(core, "deposit", "2020-04-01", amount="1000", notes="From the SAVINGS account")
    record(core, "buy", "2020-05-02", asml, quantity="2", price="100", fees="1")
    record(core, "sell", "2020-05-03", asml, quantity="1", price="120")
    record(core, "buy", "2020-06-03", apple, quantity="1", price="112", fx_rate="0.9", source="trading212", source_key="a")
    record(crypto, "deposit", "2020-06-04", amount="50")
    return core


def ids(page: Any) -> list[tuple[str, date]]:
    return [(row.kind, row.traded_on) for month in page.months for row in month.rows]


def test_entries_come_newest_first_by_month_with_the_cash_effect_of_the_whole_month(ledger: Any) -> None:
    page = transactions_of(ledger.owner)
    assert [(month.month, month.sums) for month in page.months] == [
        (date(2020, 6, 1), (("EUR", D("50") - D("100.8")),)),
        (date(2020, 5, 1), (("EUR", D("-81")),)),
        (date(2020, 4, 1), (("EUR", D("1000")),)),
    ]
    assert page.total == page.matching == page.shown == 5 and page.older == page.newer == ""


def test_pages_follow_each_other_without_a_gap_and_back_again(ledger: Any) -> None:
    everything = ids(transactions_of(ledger.owner))
    first = transactions_of(ledger.owner, page_size=2)
    second = transactions_of(ledger.owner, cursor=first.older, page_size=2)
    third = transactions_of(ledger.owner, cursor=second.older, page_size=2)
    assert ids(first) + ids(second) + ids(third) == everything and third.older == ""
    assert ids(transactions_of(ledger.owner, cursor=third.newer, page_size=2)) == ids(second)
    back = transactions_of(ledger.owner, cursor=second.newer, page_size=2)
    assert ids(back) == ids(first) and back.newer == ""
    record(ledger, "deposit", date(2020, 7, 1), amount="1")
    assert ids(transactions_of(ledger.owner, cursor=first.older, page_size=2)) == ids(second)


@pytest.mark.parametrize("cursor", ["x", "o", "o99999999-1", "o20200101-", "o20200101-٣", "b20200101-" + "9" * 30, "oooooooo-1"])
def test_a_cursor_that_is_none_means_the_first_page(ledger: Any, cursor: str) -> None:
    assert transactions_of(ledger.owner, cursor=cursor).shown == 5


def test_conditions_narrow_the_list(ledger: Any) -> None:
    def number(**conditions: Any) -> int:
        return transactions_of(ledger.owner, TransactionFilter(**conditions)).matching

    asml = next(one for one in instruments_in(ledger.owner) if one.symbol == "ASML")
    assert number(kinds=("buy",)) == 2 and number(instrument_id=asml.pk) == 2
    assert number(portfolio_ids=(ledger.pk,)) == 4
    assert number(start=date(2020, 5, 2), end=date(2020, 5, 3)) == 2
    assert number(source="hand") == 4 and number(source="import") == 1


@pytest.mark.parametrize(("text", "found"), [("savings", 1), ("asml", 2), ("holding n", 2), ("AAPL", 1), ("nothing like it", 0)])
def test_a_search_finds_instruments_and_what_sealed_notes_say(ledger: Any, text: str, found: int) -> None:
    page = transactions_of(ledger.owner, TransactionFilter(text=text))
    assert page.matching == page.shown == found


@pytest.mark.parametrize("text", ["savings", "asml", "nothing like it"])
def test_a_search_finds_the_same_when_its_hits_are_too_many_for_a_query(ledger: Any, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few = transactions_of(ledger.owner, TransactionFilter(text=text))
    monkeypatch.setattr("portfolios.selectors.transactions._FEW", -1)
    assert transactions_of(ledger.owner, TransactionFilter(text=text)) == few


def test_voided_and_replaced_entries_are_shown_on_request_and_count_for_nothing(ledger: Any) -> None:
    apple = Transaction.objects.live().get(source="trading212")
    edit_transaction(ledger.owner, apple, quantity=D("3"))
    void_transaction(ledger.owner, Transaction.objects.live().get(kind="sell"))
    assert transactions_of(ledger.owner).matching == 4
    page = transactions_of(ledger.owner, TransactionFilter(with_voided=True))
    rows = {(row.kind, row.quantity, row.is_voided): row for month in page.months for row in month.rows}
    assert page.matching == 6 and page.total == 4
    assert rows["buy", D("1"), True].replaced and rows["buy", D("3"), False].is_edited
    assert not rows["sell", D("1"), True].replaced
    assert rows["buy", D("1"), True].id == rows["buy", D("3"), False].id
    assert {month.month: month.sums for month in page.months}[date(2020, 5, 1)] == (("EUR", D("-201")),)


def test_a_stranger_sees_nothing(ledger: Any, stranger: Any) -> None:
    page = transactions_of(stranger, TransactionFilter(portfolio_ids=(ledger.pk,)))
    assert page.matching == page.total == 0 and instruments_in(stranger) == []


@pytest.mark.parametrize("entries", [1, 60])
def test_a_page_costs_the_same_queries_however_long_the_ledger_is(person: Any, entries: int, django_assert_num_queries: Any, today: date) -> None:
    portfolio = make_portfolio(person)
    asml = make_instrument("ASML")
    for number in range(entries):
        record(portfolio, "buy", today - timedelta(days=number * 5), asml, quantity="1", price="1")
    with django_assert_num_queries(4):
        transactions_of(person)
