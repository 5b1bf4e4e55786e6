"""Entries go in through one door, are judged by the ledger, and stay in the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import AuditEntry
from portfolio_site.kernel.errors import Conflict, Invalid
from portfolios.choices import RateSource
from portfolios.errors import AlreadyVoided, Oversold
from portfolios.models import CashBalance, Holding, Transaction
from portfolios.selectors import book_of, events_of, get_transaction
from portfolios.services import (
    TransactionDraft,
    edit_transaction,
    rebuild_projection,
    record_many,
    record_transaction,
    restore_transaction,
    void_many,
    void_transaction,
)
from portfolios.signals import ledger_changed
from tests.factories import D, make_instrument, make_portfolio, record, set_rates

pytestmark = pytest.mark.django_db


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML")


@pytest.fixture
def apple(db: None) -> Any:
    return make_instrument("AAPL", currency="USD")


def fields_of(problem: pytest.ExceptionInfo[Any]) -> dict[str, str]:
    return {error.field: error.code for error in problem.value.errors}


def holding(portfolio: Any, instrument: Any) -> Holding:
    return Holding.objects.get(portfolio=portfolio, instrument=instrument)


def cash(portfolio: Any) -> dict[str, Decimal]:
    return {row.currency: row.amount for row in CashBalance.objects.filter(portfolio=portfolio)}


def test_a_purchase_costs_price_fees_and_taxes_and_is_paid_from_cash(portfolio: Any, asml: Any) -> None:
    record(portfolio, "deposit", "2024-01-02", amount="1000")
    record(portfolio, "buy", "2024-01-03", asml, quantity="2.5", price="100.10", fees="1", taxes="0.25")
    row = holding(portfolio, asml)
    assert (row.quantity, row.cost, row.is_open) == (D("2.5"), D("251.5"), True)
    assert cash(portfolio) == {"EUR": D("748.5")}
    assert portfolio.revision == 2


def test_each_write_leaves_one_audit_entry_without_amounts_and_one_piece_of_news(
    portfolio: Any, asml: Any, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[dict[str, Any]] = []

    def listener(**news: Any) -> None:
        heard.append(news)

    ledger_changed.connect(listener)
    before = AuditEntry.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        entry = record(portfolio, "buy", "2024-01-03", asml, quantity="7", price="123.45")
    ledger_changed.disconnect(listener)
    assert [(news["portfolio_id"], news["since"]) for news in heard] == [(portfolio.pk, date(2024, 1, 3))]
    written = AuditEntry.objects.order_by("-sequence")[: AuditEntry.objects.count() - before]
    assert [line.action for line in written] == ["transaction.recorded"]
    assert "123" not in str(written[0].data) and written[0].object_id == str(entry.entry)


def test_a_sale_of_more_than_is_held_is_refused_with_date_and_quantity(portfolio: Any, asml: Any) -> None:
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    with pytest.raises(Oversold) as problem:
        record(portfolio, "sell", "2024-02-01", asml, quantity="11", price="110")
    assert problem.value.data["held"] == D("10")
    assert problem.value.data["date"] == date(2024, 2, 1)
    assert "1 Feb 2024" in problem.value.detail and "you held 10 ASML; the sale is of 11" in problem.value.detail
    assert fields_of(problem) == {"quantity": "insufficient_quantity"}
    assert Transaction.objects.count() == 1 and portfolio.revision == 1


def test_a_sale_before_the_purchase_is_refused(portfolio: Any, asml: Any) -> None:
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    with pytest.raises(Oversold):
        record(portfolio, "sell", "2024-01-02", asml, quantity="1", price="110")


def test_a_back_dated_sale_that_empties_a_later_one_is_refused(portfolio: Any, asml: Any) -> None:
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    record(portfolio, "sell", "2024-06-03", asml, quantity="8", price="100")
    with pytest.raises(Oversold) as problem:
        record(portfolio, "sell", "2024-03-01", asml, quantity="5", price="100")
    assert problem.value.data["date"] == date(2024, 6, 3)
    assert problem.value.data["held"] == D("5")
    assert holding(portfolio, asml).quantity == D("2")


def test_an_edit_or_a_void_that_empties_a_later_sale_is_refused_and_changes_nothing(portfolio: Any, asml: Any) -> None:
    bought = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    record(portfolio, "sell", "2024-06-03", asml, quantity="8", price="100")
    with pytest.raises(Oversold) as problem:
        edit_transaction(portfolio.owner, bought, quantity=D("7"))
    assert "After this change" in problem.value.detail and problem.value.data["held"] == D("7")
    with pytest.raises(Oversold) as problem:
        void_transaction(portfolio.owner, get_transaction(portfolio.owner, bought.entry))
    assert "Without this entry" in problem.value.detail
    with pytest.raises(Oversold):
        edit_transaction(portfolio.owner, get_transaction(portfolio.owner, bought.entry), traded_on=date(2024, 7, 1))
    assert Transaction.objects.live().count() == 2 and portfolio.revision == 2
    assert holding(portfolio, asml).quantity == D("2")


def test_an_edit_voids_the_entry_and_records_another_under_its_number(portfolio: Any, asml: Any) -> None:
    bought = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100", notes="first")
    edited = edit_transaction(portfolio.owner, bought, price=D("90"), notes="second")
    again = edit_transaction(portfolio.owner, edited, fees=D("3"))
    assert edited.pk != bought.pk and edited.entry == again.entry == bought.entry
    assert [row.voided_at is None for row in Transaction.objects.order_by("pk")] == [False, False, True]
    assert get_transaction(portfolio.owner, bought.entry).pk == again.pk
    assert again.replaces == edited and again.notes == "second"
    assert holding(portfolio, asml).cost == D("903")
    assert Transaction.objects.known_at(bought.recorded_at).get().price == D("100")


def test_an_edited_entry_keeps_its_place_in_the_day(person: Any, asml: Any) -> None:
    portfolio = make_portfolio(person, cost_method="fifo")
    first = record(portfolio, "buy", "2024-01-03", asml, quantity="1", price="10")
    record(portfolio, "buy", "2024-01-03", asml, quantity="1", price="20")
    record(portfolio, "sell", "2024-01-04", asml, quantity="1", price="30")
    edit_transaction(person, first, notes="a note")
    assert holding(portfolio, asml).realised == D("20")


def test_an_entry_that_was_changed_meanwhile_is_not_changed_again(portfolio: Any, asml: Any) -> None:
    bought = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    edit_transaction(portfolio.owner, Transaction.objects.get(pk=bought.pk), quantity=D("12"))
    with pytest.raises(AlreadyVoided):
        edit_transaction(portfolio.owner, bought, quantity=D("13"))
    with pytest.raises(AlreadyVoided):
        void_transaction(portfolio.owner, bought)
    assert holding(portfolio, asml).quantity == D("12")


def test_a_void_can_be_undone_and_the_record_keeps_both(portfolio: Any, asml: Any) -> None:
    bought = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100", fees="2")
    void_transaction(portfolio.owner, bought)
    assert not Holding.objects.filter(portfolio=portfolio).exists() and cash(portfolio) == {}
    back = restore_transaction(portfolio.owner, Transaction.objects.get(pk=bought.pk))
    assert back.entry == bought.entry and holding(portfolio, asml).cost == D("1002")
    with pytest.raises(Conflict):
        restore_transaction(portfolio.owner, Transaction.objects.get(pk=bought.pk))


def test_many_are_voided_together_although_one_by_one_they_could_not_be(portfolio: Any, asml: Any) -> None:
    bought = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    sold = record(portfolio, "sell", "2024-02-03", asml, quantity="10", price="100")
    assert void_many(portfolio.owner, portfolio, [bought, sold]) == 2
    assert events_of(portfolio) == [] and not Holding.objects.exists()


# ── rates ───────────────────────────────────────────────────────────────────


def test_the_trades_own_rate_wins_over_the_reference_rate_of_the_day(portfolio: Any, apple: Any, dollar: None) -> None:
    own = record(portfolio, "buy", "2020-06-03", apple, quantity="1", price="112", fx_rate="0.9")
    reference = record(portfolio, "buy", "2020-06-03", apple, quantity="1", price="112")
    assert (own.fx_rate, own.fx_source) == (D("0.9"), RateSource.OWN)
    assert (reference.fx_rate, reference.fx_source) == (D("0.892857142857142857"), RateSource.REFERENCE)
    assert holding(portfolio, apple).cost == D("100.8") + D("99.999999999999999984")
    assert holding(portfolio, apple).cost_local == D("224")


def test_a_missing_rate_is_refused_with_a_sentence(portfolio: Any, apple: Any) -> None:
    with pytest.raises(Invalid) as problem:
        record(portfolio, "buy", "2020-06-03", apple, quantity="1", price="112")
    assert fields_of(problem) == {"fx_rate": "missing_rate"}
    assert problem.value.detail == "No USD/EUR rate is known for 3 Jun 2020; enter the rate of the trade."
    assert record(portfolio, "buy", "2020-06-03", apple, quantity="1", price="112", fx_rate="0.9").fx_rate == D("0.9")


def test_an_edit_keeps_the_booked_rate_unless_the_day_changes(portfolio: Any, apple: Any, dollar: None) -> None:
    bought = record(portfolio, "buy", "2020-06-03", apple, quantity="1", price="112")
    booked = bought.fx_rate
    set_rates("USD", {date(2020, 6, 9): "1.4"})
    noted = edit_transaction(portfolio.owner, bought, notes="hm")
    assert (noted.fx_rate, noted.fx_source) == (booked, RateSource.REFERENCE)
    moved = edit_transaction(portfolio.owner, noted, traded_on=date(2020, 6, 9))
    assert (moved.fx_rate, moved.fx_source) == (D("0.714285714285714286"), RateSource.REFERENCE)


def test_a_price_in_another_currency_than_the_instruments_is_kept_in_the_instruments(portfolio: Any, apple: Any, dollar: None) -> None:
    entry = record(portfolio, "buy", "2020-06-03", apple, quantity="2", price="100", fees="1", currency="EUR")
    assert (entry.currency, entry.price, entry.settles_in, entry.amount) == ("USD", D("112"), "EUR", D("201"))
    assert holding(portfolio, apple).cost == D("201")


def test_a_purchase_settled_in_the_own_currency_needs_no_rate(portfolio: Any, apple: Any) -> None:
    entry = record(portfolio, "buy", "2020-06-03", apple, quantity="2", price="100", amount="180.50", fees="0.5", settlement_currency="EUR")
    assert entry.fx_rate is None and entry.fx_source == RateSource.NONE
    assert holding(portfolio, apple).cost == D("180.5") and cash(portfolio) == {"EUR": D("-180.5")}


def test_the_rate_of_a_trade_leads_from_its_price_to_the_own_currency(portfolio: Any, apple: Any) -> None:
    entry = record(portfolio, "buy", "2020-06-03", apple, quantity="2", price="100", fx_rate="0.9", settlement_currency="EUR")
    assert entry.amount == D("180") and holding(portfolio, apple).cost == D("180")


def test_cash_of_another_currency_has_the_pooled_cost_of_the_whole_ledger(portfolio: Any, apple: Any, dollar: None) -> None:
    record(portfolio, "deposit", "2020-06-01", amount="1120", currency="USD")
    record(portfolio, "deposit", "2020-06-02", amount="100")
    record(portfolio, "buy", "2020-06-03", apple, quantity="2", price="56")
    row = CashBalance.objects.get(portfolio=portfolio, currency="USD")
    assert row.amount == D("1008") and row.cost == book_of(portfolio).cash["USD"].cost  # type: ignore[index]
    assert cash(portfolio)["EUR"] == D("100")


# ── fields ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"quantity": D("0")}, "quantity", "not_positive"),
        ({"quantity": D("-5")}, "quantity", "not_positive"),
        ({"quantity": None}, "quantity", "required"),
        ({"price": D("-1")}, "price", "negative"),
        ({"price": None}, "price", "required"),
        ({"fees": D("-1")}, "fees", "negative"),
        ({"currency": "EURO"}, "currency", "unknown_currency"),
        ({"currency": "GBp"}, "currency", "unknown_currency"),
        ({"kind": "gift"}, "kind", "invalid"),
        ({"traded_on": None}, "traded_on", "required"),
        ({"traded_on": date(202, 1, 1)}, "traded_on", "too_early"),
        ({"quantity": Decimal("NaN")}, "quantity", "invalid"),
        ({"quantity": D("0.0000000000000000001")}, "quantity", "invalid"),
        ({"quantity": Decimal("1e400")}, "quantity", "invalid"),
        ({"quantity": 1.5}, "quantity", "invalid"),
        ({"quantity": D("9" * 19), "price": D("9" * 19)}, "price", "too_large"),
        ({"quantity": D("1e-18"), "price": None, "amount": D("100")}, "amount", "too_large"),  # the price of one unit
        ({"kind": "dividend", "quantity": None, "price": None, "amount": D("100"), "reinvested_quantity": D("1e-18")}, "amount", "too_large"),
        ({"ratio_new": D("4")}, "ratio_new", "not_allowed"),
        ({"notes": "x" * 4001}, "notes", "too_long"),
        ({"notes": "a\x00b"}, "notes", "invalid"),
        ({"fx_rate": D("1.1")}, "fx_rate", "not_allowed"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_recorded(portfolio: Any, asml: Any, changes: dict[str, Any], field: str, code: str) -> None:
    good: dict[str, Any] = {"kind": "buy", "traded_on": date(2024, 1, 3), "instrument": asml, "quantity": D("1"), "price": D("1")}
    with pytest.raises(Invalid) as problem:
        record_transaction(portfolio.owner, portfolio, **(good | changes))
    assert fields_of(problem).get(field) == code
    assert not Transaction.objects.exists() and portfolio.revision == 0


def test_an_exchange_at_a_rate_that_cannot_be_kept_is_refused(portfolio: Any) -> None:
    with pytest.raises(Invalid) as problem:
        record(portfolio, "fx_exchange", "2024-01-03", amount="1e-18", currency="USD", given_amount="100", settlement_currency="EUR")
    assert fields_of(problem) == {"amount": "too_large"}


def test_tomorrow_is_refused_and_today_is_not(portfolio: Any, asml: Any, today: date) -> None:
    with pytest.raises(Invalid) as problem:
        record(portfolio, "buy", today + timedelta(days=1), asml, quantity="1", price="1")
    assert fields_of(problem) == {"traded_on": "future_date"}
    assert record(portfolio, "buy", today, asml, quantity="1", price="1").pk


def test_all_wrong_fields_are_told_at_once(portfolio: Any) -> None:
    with pytest.raises(Invalid) as problem:
        record_transaction(portfolio.owner, portfolio, kind="sell", traded_on=None, quantity=D("-1"))
    assert set(fields_of(problem)) == {"traded_on", "instrument", "quantity", "price"}


def test_somebody_elses_private_instrument_cannot_be_recorded(portfolio: Any, stranger: Any) -> None:
    secret = make_instrument("HOUSE", owner=stranger)
    with pytest.raises(Invalid) as problem:
        record(portfolio, "buy", "2024-01-03", secret, quantity="1", price="1")
    assert fields_of(problem) == {"instrument": "not_found"}


@pytest.mark.parametrize(
    ("kind", "fields", "effect"),
    [
        ("deposit", {"amount": "50"}, "50"),
        ("withdrawal", {"amount": "50"}, "-50"),
        ("interest", {"amount": "8", "taxes": "2"}, "8"),
        ("fee", {"amount": "3"}, "-3"),
        ("tax", {"amount": "3"}, "-3"),
        ("fee", {"amount": "-3"}, "3"),
        ("deposit", {"amount": "50", "fees": "1"}, "50"),
    ],
)
def test_cash_events_take_an_amount_alone(portfolio: Any, kind: str, fields: dict[str, str], effect: str) -> None:
    record(portfolio, kind, "2024-01-03", **fields)
    assert cash(portfolio) == {"EUR": D(effect)}


def test_the_amount_of_a_dividend_is_what_arrived_after_tax(portfolio: Any, asml: Any) -> None:
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="1")
    record(portfolio, "dividend", "2024-03-01", asml, amount="8.5", taxes="1.5")
    record(portfolio, "dividend", "2024-03-02", asml, quantity="10", price="0.1", taxes="0.15")
    row = holding(portfolio, asml)
    assert (row.income, row.expenses) == (D("11"), D("1.65")) and cash(portfolio) == {"EUR": D("-0.65")}


def test_splits_and_transfers_move_units_and_carry_cost(portfolio: Any, asml: Any) -> None:
    record(portfolio, "transfer_in", "2024-01-03", asml, quantity="10", price="80", acquired_on=date(2019, 5, 5))
    record(portfolio, "split", "2024-02-01", asml, ratio_new="4", ratio_old="1")
    record(portfolio, "transfer_out", "2024-03-01", asml, quantity="10")
    row = holding(portfolio, asml)
    assert (row.quantity, row.cost) == (D("30"), D("600")) and cash(portfolio) == {}
    with pytest.raises(Invalid) as problem:
        record(portfolio, "split", "2024-02-01", asml, ratio_new="0", ratio_old="1")
    assert fields_of(problem) == {"ratio_new": "not_positive"}


# ── many at once ────────────────────────────────────────────────────────────


def drafts(asml: Any, number: int) -> list[TransactionDraft]:
    return [TransactionDraft(kind="buy", traded_on=date(2024, 1, 1), instrument=asml, quantity=D(n + 1), price=D("2")) for n in range(number)]


def test_a_batch_is_recorded_whole_under_one_lock_and_one_audit_entry(
    portfolio: Any, asml: Any, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    before = AuditEntry.objects.count()
    with django_assert_max_num_queries(24):
        rows = record_many(portfolio.owner, portfolio, drafts(asml, 300))
    assert len({row.pk for row in rows}) == 300 and portfolio.revision == 1
    assert AuditEntry.objects.count() == before + 1
    assert holding(portfolio, asml).quantity == D(300 * 301 // 2)


def test_one_wrong_row_refuses_the_batch_and_is_named(portfolio: Any, asml: Any) -> None:
    rows = drafts(asml, 3)
    rows[1] = TransactionDraft(kind="buy", traded_on=date(2024, 1, 1), instrument=asml, quantity=D("-1"), price=D("1"))
    with pytest.raises(Invalid) as problem:
        record_many(portfolio.owner, portfolio, rows)
    assert fields_of(problem) == {"transactions.1.quantity": "not_positive"} and "row 2" in problem.value.detail
    sale = TransactionDraft(kind="sell", traded_on=date(2024, 1, 2), instrument=asml, quantity=D("99"), price=D("1"))
    with pytest.raises(Oversold) as oversold:
        record_many(portfolio.owner, portfolio, [*drafts(asml, 3), sale])
    assert oversold.value.data["row"] == 3 and fields_of(oversold) == {"transactions.3.quantity": "insufficient_quantity"}
    assert not Transaction.objects.exists() and portfolio.revision == 0


def test_the_projection_can_be_dropped_and_made_again(a_portfolio: Callable[..., Any]) -> None:
    portfolio = a_portfolio(positions=3)
    columns = ("instrument", "opened_on", "is_open")
    before = [
        (*row, h.quantity, h.cost)
        for row, h in zip(Holding.objects.order_by("instrument").values_list(*columns), Holding.objects.order_by("instrument"), strict=True)
    ]
    Holding.objects.all().delete()
    CashBalance.objects.all().delete()
    rebuild_projection(portfolio)
    after = [
        (*row, h.quantity, h.cost)
        for row, h in zip(Holding.objects.order_by("instrument").values_list(*columns), Holding.objects.order_by("instrument"), strict=True)
    ]
    assert before == after and len(after) == 3 and cash(portfolio)
