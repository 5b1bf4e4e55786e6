"""The book of now goes on from the last one that a process had, by what the row of the portfolio says was written since."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import transaction

from market.services import update_private_instrument
from portfolio_site.kernel.errors import DomainError
from portfolios.errors import LedgerRefused
from portfolios.ledger import resuming
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import book_of, ledger
from portfolios.selectors.ledger import events_of, replayed
from portfolios.selectors.shelf import Shelf
from portfolios.services import (
    check_integrity,
    edit_transaction,
    record_many,
    record_transaction,
    restore_transaction,
    update_portfolio,
    void_transaction,
)
from portfolios.writes import KEPT, changed_since, newest, noted
from tests.factories import D, make_instrument, make_portfolio, record
from tests.portfolios.every_kind import drafts_of_every_kind, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _marks_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ledgers of a few entries go on as well."""
    whole = resuming.replay_marked
    monkeypatch.setattr(ledger, "replay_marked", lambda events, rules: whole(events, rules, worth_it=1, nearest=1))
    monkeypatch.setattr(ledger, "shelf", Shelf(64))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many entries each replay of a whole ledger met."""
    whole, met = ledger.replay_marked, []

    def counted(events: Any, rules: Any) -> Any:
        met.append(len(events))
        return whole(events, rules)

    monkeypatch.setattr(ledger, "replay_marked", counted)
    return met


@pytest.fixture
def share(db: None) -> Any:
    return make_instrument("SHARE")


def fresh(portfolio: Any) -> Any:
    return Portfolio.objects.select_related("owner").get(pk=portfolio.pk)


def bought(portfolio: Any, share: Any, day: str, quantity: str = "1") -> Transaction:
    numbers = {"quantity": D(quantity), "price": D("10")}
    return record_transaction(portfolio.owner, portfolio, kind="buy", traded_on=date.fromisoformat(day), instrument=share, currency="EUR", **numbers)


def filled(person: Any, share: Any, **rules: Any) -> Any:
    portfolio = make_portfolio(person, **rules)
    for day in range(1, 11):
        bought(portfolio, share, f"2024-03-{day:02}")
    return portfolio


def anew(portfolio: Any) -> Any:
    return replayed([portfolio])[portfolio.pk]


def test_a_new_entry_costs_one_query_and_a_replay_of_its_days(person: Any, share: Any, read: list[int], django_assert_num_queries: Any) -> None:
    portfolio = filled(person, share)
    book_of(portfolio)
    read.clear()
    bought(portfolio, share, "2024-03-11")
    with django_assert_num_queries(1) as asked:
        book = book_of(portfolio)
    assert "traded_on" in asked.captured_queries[0]["sql"] and not read
    assert book == anew(portfolio) and book.positions[share.pk].quantity == 11


def test_where_nothing_was_written_but_a_name_the_book_is_the_same(person: Any, share: Any, django_assert_num_queries: Any) -> None:
    portfolio = filled(person, share)
    before = book_of(portfolio)
    renamed = update_portfolio(person, portfolio, name="Another name")
    with django_assert_num_queries(0):
        assert book_of(renamed) is before


def test_after_a_change_of_rules_the_ledger_is_replayed_as_a_whole(person: Any, share: Any, read: list[int]) -> None:
    portfolio = filled(person, share, cost_method="fifo")
    book_of(portfolio)
    read.clear()
    changed = update_portfolio(person, portfolio, cost_method="average")
    assert book_of(changed) == anew(changed)
    assert read == [10, 10]
    bought(changed, share, "2024-03-12")
    assert book_of(changed) == anew(changed)
    assert read[2:] == [11, 11]  # the change is not among the writes
    bought(changed, share, "2024-03-13")
    assert book_of(changed) == anew(changed)
    assert read[4:] == [12]


def test_another_process_that_missed_some_writes_goes_on_from_what_it_knows(person: Any, share: Any, read: list[int], monkeypatch: Any) -> None:
    portfolio, other = filled(person, share), Shelf(64)
    with monkeypatch.context() as there:
        there.setattr(ledger, "shelf", other)
        book_of(fresh(portfolio))
    entry = bought(portfolio, share, "2024-03-12")
    book_of(portfolio)
    bought(portfolio, share, "2024-03-08", "7")
    void_transaction(person, entry)
    read.clear()
    monkeypatch.setattr(ledger, "shelf", other)
    now = fresh(portfolio)
    assert book_of(now).positions[share.pk].quantity == 17 and not read
    assert book_of(now) == anew(now)


def test_a_process_that_missed_more_writes_than_are_told_reads_everything(person: Any, share: Any, read: list[int]) -> None:
    portfolio = filled(person, share)
    book_of(portfolio)
    for day in range(KEPT + 1):
        bought(portfolio, share, f"2024-04-{day + 1:02}")
    read.clear()
    assert book_of(portfolio) == anew(portfolio)
    assert len(read) == 2


def test_what_was_rolled_back_is_not_gone_on_from(person: Any, share: Any) -> None:
    portfolio = filled(person, share)
    book_of(portfolio)
    with pytest.raises(RuntimeError), transaction.atomic():
        inside = fresh(portfolio)
        bought(inside, share, "2024-03-20", "99")
        assert book_of(inside).positions[share.pk].quantity == 109
        raise RuntimeError
    now = fresh(portfolio)
    bought(now, share, "2024-03-21")
    assert book_of(now) == anew(now) and book_of(now).positions[share.pk].quantity == 11


@pytest.mark.parametrize("method", ["average", "fifo", "lifo", "hifo", "lofo", "specific", "section104"])
@pytest.mark.parametrize("tracks_cash", [True, False])
def test_a_program_of_every_kind_with_edits_and_voids_ends_in_the_book_of_all_entries(person: Any, method: str, tracks_cash: bool) -> None:
    world, random = make_world(person, cost_method=method, tracks_cash=tracks_cash), Random(method)
    portfolio = world.portfolio
    drafts = drafts_of_every_kind(world)
    written = 0
    for start in range(len(drafts)):
        try:
            with transaction.atomic():
                record_many(person, portfolio, drafts[start : start + 1])
        except (DomainError, LedgerRefused):  # it names lots of an entry before it, or its method keeps none
            continue
        written += 1
        assert book_of(portfolio) == anew(portfolio)
    assert written > len(drafts) // 2
    for _ in range(12):
        row = random.choice(list(Transaction.objects.filter(portfolio=portfolio, replaced_by=None).order_by("pk")))
        try:
            with transaction.atomic():
                if row.voided_at is not None:
                    restore_transaction(person, row)
                elif row.quantity and random.random() < 0.5:
                    edit_transaction(person, row, quantity=row.quantity + 1)
                else:
                    void_transaction(person, row)
        except (DomainError, LedgerRefused):  # later entries need it as it is
            continue
        now = fresh(portfolio)
        assert book_of(now) == anew(now)
    assert len(events_of(portfolio)) == Transaction.objects.live().filter(portfolio=portfolio).count()


# ── the writes ──────────────────────────────────────────────────────────────


def test_the_first_day_of_all_writes_that_were_missed_counts() -> None:
    writes: list[Any] = []
    for revision, day in enumerate((5, 9, 3, 7), 1):
        writes = noted(writes, revision, date(2024, 3, day))
    known = [newest(writes[:count], count) for count in range(1, 5)]
    assert [changed_since(writes, 4, one) for one in known] == [date(2024, 3, 3), date(2024, 3, 3), date(2024, 3, 7), date.max]
    assert changed_since(writes, 5, known[3]) is None  # something else raised the revision
    assert changed_since(noted(writes, 6, date(2024, 3, 8)), 6, known[3]) is None  # and something was written after it
    assert changed_since(writes, 4, [4, "another", "2024-03-07"]) is None
    assert newest([], 0) is None and Decimal(len(noted(writes * 9, 5, date(2024, 1, 1)))) == KEPT


def test_an_instrument_that_means_something_else_is_told_anew_everywhere(person: Any, today: date, read: list[int]) -> None:
    bond = make_instrument("BOND", owner=person, price_factor=D("0.01"))
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", today.replace(year=today.year - 1, day=1), bond, quantity="1000", price="98")
    assert book_of(fresh(portfolio)).positions[bond.pk].cost == 980
    bond = update_private_instrument(person, bond, price_factor=D("0.1"))
    record(portfolio, "sell", today, bond, quantity="1000", price="99")
    book = book_of(fresh(portfolio))
    assert (book.realised, book.positions[bond.pk].quantity) == (D(100), 0)
    assert book == anew(fresh(portfolio)) and check_integrity([portfolio.pk]) == []


def test_a_ledger_that_changed_between_two_readings_is_read_whole(person: Any, share: Any, today: date, monkeypatch: Any) -> None:
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", today.replace(year=today.year - 1, day=1), share, quantity="10", price="1")
    book_of(fresh(portfolio))
    record(portfolio, "buy", today, share, quantity="1", price="1")

    def refused(*_: Any) -> Any:
        raise LedgerRefused("A sale of what is in neither half.")

    monkeypatch.setattr(ledger, "gone_on", refused)
    assert book_of(fresh(portfolio)).positions[share.pk].quantity == 11
