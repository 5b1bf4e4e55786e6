"""Two listings that are one thing, merged although ledgers name both: one holding, the same sums, nothing twice."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from market.choices import ActionKind
from market.errors import CannotMerge, UnknownInstrument
from market.models import CorporateAction, Instrument, Price
from market.services import listing
from portfolios.actions.deciding import accept_proposal
from portfolios.actions.proposing import propose_actions
from portfolios.models import ActionProposal, Holding, ImportBatch, Portfolio, Reconciliation, Transaction, TransactionLeg
from portfolios.selectors import book_of, books_of
from portfolios.services import LegDraft, check_integrity, lock_portfolio, unlock_portfolio, void_transaction
from portfolios.transfers.services import TransferDraft, transfer_units
from tests.factories import D, make_instrument, make_person, make_portfolio, record, set_closes
from tests.threads import at_once

pytestmark = pytest.mark.django_db

JUNE, MAY = date(2024, 6, 10), date(2024, 5, 6)


@pytest.fixture
def stays(db: None) -> Any:
    return make_instrument("META", price="300")


@pytest.fixture
def goes(db: None) -> Any:
    return make_instrument("FB", price="300")


@pytest.fixture
def holder(person: Any, stays: Any, goes: Any) -> Any:
    """10 of the one that stays, 6 of the other, of which 2 were sold."""
    made = make_portfolio(person, name="Core", tracks_cash=True)
    record(made, "deposit", "2024-01-01", amount="10000")
    record(made, "buy", "2024-01-02", stays, quantity="10", price="100")
    record(made, "buy", "2024-01-03", goes, quantity="6", price="200")
    record(made, "sell", "2024-02-01", goes, quantity="2", price="250", fees="1")
    record(made, "dividend", "2024-03-01", goes, amount="8")
    return made


def fresh(portfolio: Portfolio) -> Portfolio:
    return Portfolio.objects.select_related("owner").get(pk=portfolio.pk)


def position(portfolio: Portfolio, instrument: Any) -> Any:
    return book_of(fresh(portfolio)).positions[instrument.pk]


def everything() -> tuple[Any, ...]:
    return (
        list(Transaction.objects.order_by("pk").values("pk", "instrument", "voided_at", "proposal")),
        list(Holding.objects.order_by("portfolio", "instrument").values_list("portfolio", "instrument", "quantity", "cost")),
        list(Portfolio.objects.order_by("pk").values_list("pk", "revision")),
        list(Instrument.objects.order_by("pk").values_list("pk", flat=True)),
    )


def refused(actor: Any, stays: Any, goes: Any, sentence: str) -> None:
    """Refused in these words, and nothing is other than it was."""
    before = everything()
    with pytest.raises(CannotMerge, match=sentence):
        listing.merge_instruments(actor, stays, goes)
    assert everything() == before


# ── one thing afterwards ────────────────────────────────────────────────────


def test_a_ledger_that_names_both_comes_to_one_holding_of_the_same_sums(holder: Any, person: Any, stays: Any, goes: Any) -> None:
    before, two = book_of(fresh(holder)), list(Holding.objects.all())
    texts = list(Transaction.objects.order_by("pk").values_list("pk", "sealed", "recorded_at", "voided_at"))
    listing.merge_instruments(person, stays, goes)
    (row,), after = Holding.objects.all(), book_of(fresh(holder))
    assert (row.instrument, row.quantity) == (stays, D(14)) and row.income == D(8)
    assert row.cost - row.realised == sum(one.cost - one.realised for one in two)  # a pool of all: only where the gain is told differs
    assert {str(code): pool.amount for code, pool in after.cash.items()} == {str(code): pool.amount for code, pool in before.cash.items()}
    assert after.net_flows == before.net_flows and check_integrity() == []
    assert texts == list(Transaction.objects.order_by("pk").values_list("pk", "sealed", "recorded_at", "voided_at"))
    assert not Transaction.objects.filter(instrument=goes.pk).exists() and list(Instrument.objects.all()) == [stays]


def test_lots_keep_their_days_and_cost_where_units_are_told_apart(person: Any, stays: Any, goes: Any) -> None:
    made = make_portfolio(person, cost_method="fifo", tracks_cash=False)
    first = record(made, "buy", "2024-01-02", goes, quantity="3", price="100")
    second = record(made, "buy", "2024-01-05", stays, quantity="2", price="110")
    listing.merge_instruments(person, stays, goes)
    assert [(lot.event_id, str(lot.opened_on), lot.cost) for lot in position(made, stays).lots] == [
        (first.entry, "2024-01-02", D(300)),
        (second.entry, "2024-01-05", D(220)),
    ]


def test_pages_api_and_export_tell_one_instrument_and_the_same_value(
    signed_in: Any, api: Any, holder: Any, person: Any, stays: Any, goes: Any
) -> None:
    def told() -> Any:
        return api.get(f"/api/v1/portfolios/{holder.pk}/value").json()["value"]

    before = told()
    listing.merge_instruments(person, stays, goes)
    assert told() == before
    rows = api.get(f"/api/v1/portfolios/{holder.pk}/holdings").json()
    assert [one["symbol"] for one in rows["results"]] == ["META"]
    entries = api.get(f"/api/v1/portfolios/{holder.pk}/transactions").json()["results"]
    assert len(entries) == 5 and {one["symbol"] for one in entries if one["instrument"]} == {"META"}
    for page in ("/holdings/", "/transactions/", f"/api/v1/portfolios/{holder.pk}/export"):
        answer = signed_in.get(page)
        text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
        assert answer.status_code == 200 and "META" in text and not re.search(r"\bFB\b", text), page


def test_who_names_only_the_one_that_goes_has_the_same_figures_under_the_other_name(person: Any, stays: Any, goes: Any) -> None:
    people = [make_person() for _ in range(3)]
    for one in people:
        made = make_portfolio(one)
        record(made, "buy", "2024-01-02", goes, quantity="5", price="10", fees="1")
        record(made, "sell", "2024-01-09", goes, quantity="2", price="12")
        lock_portfolio(one, made, JUNE)
    before = list(Holding.objects.order_by("portfolio").values_list("portfolio", "quantity", "cost", "realised"))
    listing.merge_instruments(person, stays, goes)
    assert list(Holding.objects.order_by("portfolio").values_list("portfolio", "quantity", "cost", "realised")) == before
    assert {row.instrument_id for row in Holding.objects.all()} == {stays.pk} and check_integrity() == []
    for one in people:
        line = AuditEntry.objects.filter(subject=one.pk, action="portfolio.instruments_merged").get()
        assert (line.actor, line.data["stays"], line.data["gone"], line.data["entries"]) == (person.pk, stays.pk, goes.pk, 2)


def test_voided_entries_move_too_and_what_was_known_can_still_be_told(holder: Any, person: Any, stays: Any, goes: Any) -> None:
    gone = record(holder, "buy", "2024-04-02", goes, quantity="1", price="1")
    void_transaction(person, gone)
    changed = record(holder, "symbol_change", "2024-04-03", goes, legs=(LegDraft(instrument=stays),))
    refused(person, stays, goes, f"In portfolio {holder.pk}, entry {changed.entry} turns units of one of the two into the other")
    known = fresh(holder).updated_at
    void_transaction(person, changed)
    listing.merge_instruments(person, stays, goes)
    assert Transaction.objects.get(pk=gone.pk).instrument == stays and TransactionLeg.objects.get().instrument == stays
    book = books_of([fresh(holder)], known_at=known)[holder.pk]
    assert sum(one.quantity for one in book.positions.values()) == D(14)


def test_both_sides_of_transfers_move_and_carry_what_the_pool_of_both_costs(person: Any, holder: Any, stays: Any, goes: Any) -> None:
    savings = make_portfolio(person, name="Savings", tracks_cash=False)
    record(savings, "buy", "2024-01-02", stays, quantity="1", price="50")
    transfer_units(person, fresh(holder), fresh(savings), TransferDraft(instrument=goes, quantity=D(2), day=MAY))
    transfer_units(person, fresh(savings), fresh(holder), TransferDraft(instrument=stays, quantity=D(1), day=JUNE))
    sums = [sum(row.cost - row.realised for row in Holding.objects.all()), sum(row.quantity for row in Holding.objects.all())]
    listing.merge_instruments(person, stays, goes)
    rows = {row.portfolio_id: row for row in Holding.objects.all()}
    assert {pk: row.quantity for pk, row in rows.items()} == {holder.pk: D(13), savings.pk: D(2)}
    assert [sum(row.cost - row.realised for row in rows.values()), sum(row.quantity for row in rows.values())] == sums
    assert check_integrity() == []


def test_statements_and_imports_that_name_the_one_that_goes(holder: Any, person: Any, stays: Any, goes: Any) -> None:
    rows = [{"instrument": stays.pk, "quantity": "10"}, {"instrument": goes.pk, "quantity": "4"}]
    statement = Reconciliation.objects.create(portfolio=holder, day=MAY, positions=rows, cash=[], created_by=person)
    batch = ImportBatch.objects.create(portfolio=holder, uploaded_by=person, file_name="x.csv")
    row = batch.rows.create(number=1, verdict="new", draft={}, instrument=goes)
    listing.merge_instruments(person, stays, goes)
    statement.refresh_from_db()
    row.refresh_from_db()
    assert statement.positions == [{"instrument": stays.pk, "quantity": "14"}] and row.instrument == stays


# ── nothing twice ───────────────────────────────────────────────────────────


def action(instrument: Any, kind: str = ActionKind.SPLIT, day: date = JUNE, **fields: str) -> CorporateAction:
    numbers = {name: D(value) for name, value in (fields or {"ratio_new": "2", "ratio_old": "1"}).items()}
    made: CorporateAction = CorporateAction.objects.create(instrument=instrument, kind=kind, ex_day=day, source="test", **numbers)
    return made


def test_a_split_of_each_of_the_two_counts_once(holder: Any, person: Any, stays: Any, goes: Any) -> None:
    for instrument, day in ((stays, JUNE), (goes, date(2024, 6, 11))):
        action(instrument, day=day)
    propose_actions([stays.pk, goes.pk])
    for one in ActionProposal.objects.select_related("action__instrument", "portfolio__owner").order_by("pk"):
        accept_proposal(person, one)
    assert position(holder, stays).quantity + position(holder, goes).quantity == D(28)
    known = fresh(holder).updated_at
    listing.merge_instruments(person, stays, goes)
    assert position(holder, stays).quantity == D(28) and CorporateAction.objects.count() == 1
    assert Transaction.objects.live().filter(kind="split").get().proposal == ActionProposal.objects.get()
    assert books_of([fresh(holder)], known_at=known)[holder.pk].positions[stays.pk].quantity == D(28)
    propose_actions([stays.pk])
    assert ActionProposal.objects.get().status == "accepted"


def test_a_split_of_one_of_the_two_alone_is_refused(holder: Any, person: Any, stays: Any, goes: Any) -> None:
    record(holder, "split", JUNE, stays, ratio_new="2", ratio_old="1")
    refused(person, stays, goes, f"In portfolio {holder.pk} the two would come to another number of units than apart")


def test_a_dividend_accepted_for_either_is_not_asked_for_again(holder: Any, person: Any, stays: Any, goes: Any) -> None:
    for instrument in (stays, goes):
        action(instrument, ActionKind.DIVIDEND, amount="0.5")
    propose_actions([stays.pk, goes.pk])
    accept_proposal(person, ActionProposal.objects.select_related("action__instrument", "portfolio__owner").get(action__instrument=goes))
    listing.merge_instruments(person, stays, goes)
    proposal = ActionProposal.objects.get()
    assert (proposal.status, proposal.action.instrument) == ("accepted", stays)
    assert Transaction.objects.live().get(proposal=proposal).instrument == stays
    propose_actions([stays.pk])
    assert ActionProposal.objects.count() == 1


def test_both_dividends_that_were_paid_stay_and_one_of_them_is_the_actions(holder: Any, person: Any, stays: Any, goes: Any) -> None:
    for instrument in (stays, goes):
        action(instrument, ActionKind.DIVIDEND, amount="0.5")
    propose_actions([stays.pk, goes.pk])
    for one in ActionProposal.objects.select_related("action__instrument", "portfolio__owner").order_by("pk"):
        accept_proposal(person, one)
    listing.merge_instruments(person, stays, goes)
    assert position(holder, stays).income == D(8) + D(5) + D(2)
    assert Transaction.objects.live().filter(proposal=ActionProposal.objects.get()).count() == 1


def test_other_actions_and_open_proposals_move(person: Any, stays: Any, goes: Any) -> None:
    made = make_portfolio(person)
    record(made, "buy", "2024-01-02", goes, quantity="5", price="10")
    weekly = [action(goes, ActionKind.DIVIDEND, day, amount="0.5") for day in (MAY, JUNE)]
    action(stays, ActionKind.DIVIDEND, date(2024, 5, 13), amount="0.5")  # a week later: another payment
    propose_actions([goes.pk])
    listing.merge_instruments(person, stays, goes)
    assert CorporateAction.objects.filter(instrument=stays).count() == 3
    assert sorted(ActionProposal.objects.values_list("action", "status")) == [(one.pk, "open") for one in weekly]


def test_prices_of_the_one_that_stays_win_and_holes_are_filled(person: Any, stays: Any, goes: Any) -> None:
    set_closes(stays, {MAY: "300"})
    set_closes(goes, {MAY: "1", JUNE: "310"})
    listing.merge_instruments(person, stays, goes)
    assert dict(Price.objects.values_list("day", "close")) == {MAY: D(300), JUNE: D(310)}


# ── refused, with what to do ────────────────────────────────────────────────


def test_what_is_priced_otherwise_or_is_somebodys_own_is_refused(person: Any, stays: Any) -> None:
    refused(person, stays, make_instrument("USD", currency="USD"), "they are two listings. Leave them apart")
    refused(person, stays, make_instrument("BOND", price_factor=D("0.01")), "worth 0.01 and one of META 1: .* Correct the price factor")
    with pytest.raises(UnknownInstrument, match="MINE is a person's own"):
        listing.merge_instruments(person, stays, make_instrument("MINE", owner=person))


def test_an_entry_that_gives_both_is_refused(person: Any, stays: Any, goes: Any) -> None:
    made, parent = make_portfolio(person, tracks_cash=False), make_instrument("PARENT")
    record(made, "buy", "2024-01-02", parent, quantity="4", price="10")
    legs = tuple(LegDraft(instrument=one, cost_share=D("0.1")) for one in (stays, goes))
    entry = record(made, "spin_off", "2024-01-17", parent, legs=legs)
    refused(person, stays, goes, f"entry {entry.entry} gives units of both for one")


def test_a_leg_that_names_the_one_that_goes_moves(person: Any, stays: Any, goes: Any) -> None:
    made, parent = make_portfolio(person, tracks_cash=False), make_instrument("PARENT")
    record(made, "buy", "2024-01-02", parent, quantity="4", price="10")
    record(made, "spin_off", "2024-01-17", parent, legs=(LegDraft(instrument=goes, cost_share=D("0.1")),))
    record(made, "buy", "2024-01-18", stays, quantity="1", price="1")
    listing.merge_instruments(person, stays, goes)
    assert (position(made, stays).quantity, position(made, stays).cost) == (D(5), D(5))


def test_a_spin_off_of_one_of_the_two_is_refused(person: Any, stays: Any, goes: Any) -> None:
    made, child = make_portfolio(person, tracks_cash=False), make_instrument("CHILD")
    for one in (stays, goes):
        record(made, "buy", "2024-01-02", one, quantity="4", price="10")
    record(made, "spin_off", "2024-01-17", goes, legs=(LegDraft(instrument=child, cost_share=D("0.1")),))
    refused(person, stays, goes, "another number of units than apart")


def test_a_locked_time_that_would_be_told_anew_is_refused_until_it_is_unlocked(holder: Any, person: Any, stays: Any, goes: Any) -> None:
    lock_portfolio(person, holder, MAY)
    refused(person, stays, goes, f"Portfolio {holder.pk} is locked up to 2024-05-06, and as one the two would have other gains")
    unlock_portfolio(person, holder)
    listing.merge_instruments(person, stays, goes)
    assert Holding.objects.get().quantity == D(14)


def test_a_locked_time_that_stays_as_it_is_told_is_no_hindrance(person: Any, stays: Any, goes: Any) -> None:
    made = make_portfolio(person, tracks_cash=False)
    for one in (stays, goes):
        record(made, "buy", "2024-01-02", one, quantity="4", price="10")
    lock_portfolio(person, made, MAY)
    listing.merge_instruments(person, stays, goes)
    assert Holding.objects.get().quantity == D(8)


def test_a_split_of_each_in_a_locked_time_is_refused(holder: Any, person: Any, stays: Any, goes: Any) -> None:
    for one in (stays, goes):
        record(holder, "split", "2024-03-04", one, ratio_new="2", ratio_old="1")
    lock_portfolio(person, holder, date(2024, 3, 31))
    refused(person, stays, goes, "has a split of each of the two in that time")


def test_a_locked_portfolio_that_was_given_units_is_named_by_number_alone(person: Any, holder: Any, goes: Any, stays: Any) -> None:
    secret = make_portfolio(person, name="Secret", tracks_cash=False)
    transfer_units(person, fresh(holder), fresh(secret), TransferDraft(instrument=goes, quantity=D(2), day=MAY))
    lock_portfolio(person, secret, JUNE)
    with pytest.raises(CannotMerge) as told:
        listing.merge_instruments(person, stays, goes)
    assert f"units from portfolio {holder.pk}" in told.value.detail and "Secret" not in told.value.detail


# ── how much work, and with others ──────────────────────────────────────────


def test_work_grows_with_portfolios_that_are_told_not_with_their_entries(person: Any, stays: Any, goes: Any) -> None:
    def merged(portfolios: int, entries: int) -> int:
        kept, gone = make_instrument(), make_instrument()
        for _ in range(portfolios):
            made = make_portfolio(make_person(), tracks_cash=False)
            for place in range(entries):
                record(made, "buy", "2024-01-02", (kept, gone)[place % 2], quantity="1", price="1")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            listing.merge_instruments(person, kept, gone)
        return len(queries)

    merged(1, 2)
    one = merged(1, 2)
    assert merged(1, 8) == one
    assert merged(3, 2) - one <= 2 * 30


def test_counts_are_told_beforehand(holder: Any, person: Any, stays: Any, goes: Any) -> None:
    other = make_portfolio(person, name="Other", tracks_cash=False)
    record(other, "buy", "2024-01-02", goes, quantity="1", price="1")
    unheard = make_instrument("NIL")
    assert listing.counted([stays.pk, goes.pk, unheard.pk]) == {stays.pk: (1, 1), goes.pk: (4, 2), unheard.pk: (0, 0)}


@pytest.mark.django_db(transaction=True)
def test_somebody_who_records_meanwhile_is_neither_lost_nor_blocked(person: Any, stays: Any, goes: Any) -> None:
    made = make_portfolio(person, tracks_cash=False)
    record(made, "buy", "2024-01-02", goes, quantity="1", price="1")
    outcomes = at_once(
        partial(listing.merge_instruments, person, stays, goes),
        partial(record, made, "buy", "2024-01-03", stays, quantity="1", price="1"),
    )
    merged = [one for one in outcomes if isinstance(one, Instrument | CannotMerge)]
    assert len(merged) == 1 and isinstance(outcomes[1], Transaction), outcomes
    if isinstance(outcomes[0], CannotMerge):
        listing.merge_instruments(person, stays, goes)
    assert (Holding.objects.get().instrument, Holding.objects.get().quantity) == (stays, D(2))
