"""What the nightly batch keeps is what pages would compute, is used by them, and never once it rests on something else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics import memory, tasks
from analytics.models import Snapshot
from analytics.selectors import dashboard
from analytics.selectors.scope import Scope
from analytics.snapshots import kept, taking
from market.models import FxRate
from portfolios.models import Portfolio
from portfolios.selectors import ledger, portfolios_of
from portfolios.selectors.shelf import shelf
from tests.analytics.conftest import store_closes
from tests.factories import D, make_instrument, make_person, make_portfolio, record

pytestmark = pytest.mark.django_db


def cold_start() -> None:
    """As a process that has just begun."""
    shelf.clear()
    for kept_in_process in (memory.series, memory.points, memory.risks):
        kept_in_process.clear()


def night() -> int:
    return sum(taking.take_snapshots(chunk, timezone.now()) for chunk in taking.chunks(taking.plan_snapshots(timezone.now())))


@pytest.fixture
def replays(monkeypatch: Any) -> list[int]:
    """How many entries each replay of a ledger met."""
    seen: list[int] = []
    whole = ledger.replay_marked

    def replay(events: Any, rules: Any, **more: Any) -> Any:
        seen.append(len(events))
        return whole(events, rules, **more)

    monkeypatch.setattr(ledger, "replay_marked", replay)
    return seen


@pytest.fixture
def computed(monkeypatch: Any) -> list[str]:
    """The report currency of each series that is computed."""
    seen: list[str] = []
    whole = Scope._compute

    def compute(self: Scope) -> Any:
        seen.append(self.currency)
        return whole(self)

    monkeypatch.setattr(Scope, "_compute", compute)
    return seen


def shown(person: Any) -> tuple[Any, ...]:
    (portfolio,) = portfolios_of(person)
    found = dashboard(person, [portfolio])
    return found.net_worth, found.total_gain, found.money_weighted, found.volatility, found.year_twr, found.chart, found.sparks, found.warnings


def test_a_page_after_a_cold_start_takes_what_the_night_has_kept(person: Any, euro_portfolio: Any, replays: list[int], computed: list[str]) -> None:
    cold_start()
    before = shown(person)
    assert night() == 1
    cold_start()
    replays.clear()
    computed.clear()
    assert shown(person) == before
    assert (replays, computed) == ([], [])


def test_it_costs_a_page_fewer_queries_than_computing(person: Any, euro_portfolio: Any) -> None:
    def queries() -> int:
        cold_start()
        with CaptureQueriesContext(connection) as seen:
            shown(person)
        return len(seen)

    alone = queries()
    night()
    assert queries() <= alone - 2


def a_new_entry(portfolio: Any, share: Any) -> None:
    record(portfolio, "deposit", timezone.localdate() - timedelta(days=1), amount="250")


def an_old_entry_that_goes(portfolio: Any, share: Any) -> None:
    from portfolios.services import void_transaction

    void_transaction(portfolio.owner, portfolio.transactions.get(kind="interest"))


def another_method(portfolio: Any, share: Any) -> None:
    from portfolios.services import update_portfolio

    update_portfolio(portfolio.owner, portfolio, cost_method="fifo")


def a_close_that_is_corrected(portfolio: Any, share: Any) -> None:
    store_closes(share, [(timezone.localdate() - timedelta(days=300), "150")])


def a_rate_of_their_own(portfolio: Any, share: Any) -> None:
    FxRate.objects.create(owner=portfolio.owner, base="EUR", quote="USD", day=timezone.localdate() - timedelta(days=40), rate=D("1.5"), source="own")


@pytest.mark.parametrize("change", [a_new_entry, an_old_entry_that_goes, another_method, a_close_that_is_corrected, a_rate_of_their_own])
def test_nothing_stale_is_shown_after(change: Callable[[Any, Any], None], person: Any, euro_portfolio: Any, share: Any) -> None:
    night()
    change(euro_portfolio, share)
    cold_start()
    from_what_is_kept = shown(person)
    Snapshot.objects.all().delete()
    cold_start()
    assert from_what_is_kept == shown(person)


def test_what_other_code_has_made_is_left_alone(person: Any, euro_portfolio: Any, replays: list[int], monkeypatch: Any) -> None:
    night()
    monkeypatch.setattr(kept, "made_by", lambda: "another release")
    cold_start()
    replays.clear()
    shown(person)
    assert len(replays) == 1


def test_a_row_in_the_place_of_another_is_not_believed(person: Any, euro_portfolio: Any, dollar_portfolio: Any) -> None:
    night()
    theirs = Snapshot.objects.get(pk=dollar_portfolio.pk)
    mine = Snapshot.objects.get(pk=euro_portfolio.pk)
    Snapshot.objects.filter(pk=mine.pk).update(book=theirs.book, series=theirs.series)
    cold_start()
    scope = Scope([portfolios_of(person).get(pk=euro_portfolio.pk)])
    assert str(next(iter(scope.books)).base_currency) == "EUR"
    assert scope.computed.daily.currency == "EUR"


def test_own_exchange_rates_are_those_of_the_person(
    person: Any, euro_portfolio: Any, computed: list[str], fund: Any, dollars: None, began: date
) -> None:
    a_rate_of_their_own(euro_portfolio, None)
    other = make_portfolio(make_person("tom"), name="Tom's", tracks_cash=False)
    record(other, "buy", began + timedelta(days=30), fund, quantity="10", price="50", currency="USD")
    assert night() == 2
    cold_start()
    computed.clear()
    shown(person)
    shown(other.owner)
    assert computed == []


# ── the batch ───────────────────────────────────────────────────────────────


def test_every_active_portfolio_is_due(person: Any, euro_portfolio: Any, dollar_portfolio: Any, portfolio: Any) -> None:
    night()
    assert set(Snapshot.objects.values_list("pk", flat=True)) == {euro_portfolio.pk, dollar_portfolio.pk}, "an empty one has nothing to keep"
    Portfolio.objects.filter(pk=dollar_portfolio.pk).update(archived_at=timezone.now())
    assert taking.plan_snapshots(timezone.now()) == [euro_portfolio.pk]
    assert not Snapshot.objects.filter(pk=dollar_portfolio.pk).exists()


def test_what_has_not_changed_is_left_as_it_stands(euro_portfolio: Any, replays: list[int], computed: list[str]) -> None:
    night()
    first = Snapshot.objects.values_list("book", "series").get()
    replays.clear()
    computed.clear()
    assert night() == 1
    assert (replays, computed) == ([], [])
    assert Snapshot.objects.values_list("book", "series").get() == first
    assert Snapshot.objects.get().due_at is None


def test_a_ledger_is_not_replayed_because_a_price_has_changed(euro_portfolio: Any, share: Any, replays: list[int], computed: list[str]) -> None:
    night()
    a_close_that_is_corrected(euro_portfolio, share)
    replays.clear()
    computed.clear()
    night()
    assert (replays, computed) == ([], ["EUR"])


def test_the_queries_of_a_chunk_do_not_grow_with_it(euro_portfolio: Any, dollar_portfolio: Any, share: Any, began: date) -> None:
    def queries() -> int:
        Snapshot.objects.all().delete()
        ids = taking.plan_snapshots(timezone.now())
        with CaptureQueriesContext(connection) as seen:
            assert taking.take_snapshots(ids, timezone.now()) == len(ids)
        return len(seen)

    few = queries()
    for number in range(6):
        more = make_portfolio(make_person(), name=f"More {number}", tracks_cash=False)
        record(more, "buy", began + timedelta(days=5), share, quantity="3", price="100")
    assert queries() <= few <= 20


def test_one_that_cannot_be_computed_keeps_no_other_from_being_taken(
    euro_portfolio: Any, dollar_portfolio: Any, monkeypatch: Any, caplog: Any
) -> None:
    whole = Scope._compute

    def compute(self: Scope) -> Any:
        if self.currency == "USD":
            raise ZeroDivisionError
        return whole(self)

    monkeypatch.setattr(Scope, "_compute", compute)
    assert night() == 1
    assert f"portfolio {dollar_portfolio.pk} could not be computed" in caplog.text
    later = timezone.now()
    for _ in range(taking.MOST_ATTEMPTS - 1):
        later += taking.LEASE * 2
        assert taking.waiting(later) == [dollar_portfolio.pk]
        taking.take_snapshots([dollar_portfolio.pk], later)
    assert taking.waiting(later + taking.LEASE * 2) == [], "given up until the next night"


def test_two_jobs_do_not_take_the_same(euro_portfolio: Any) -> None:
    ids = taking.plan_snapshots(timezone.now())
    Snapshot.objects.update(touched_at=timezone.now())
    assert taking.take_snapshots(ids, timezone.now()) == 0
    assert taking.waiting(timezone.now()) == []
    assert taking.take_snapshots(ids, timezone.now() + taking.LEASE * 2) == 1, "the other job is dead"


def test_a_message_that_was_lost_is_rung_again(euro_portfolio: Any, monkeypatch: Any) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(tasks.take_snapshots, "apply_async", lambda arguments, *_, **options: rung.append(arguments))
    assert tasks.plan_snapshots() == 1
    assert tasks.sweep_snapshots() == 1
    assert rung == [([euro_portfolio.pk],)] * 2
    tasks.take_snapshots([euro_portfolio.pk])
    assert tasks.sweep_snapshots() == 0


def test_something_held_without_a_close_is_kept_as_a_page_would_compute_it(person: Any, began: date) -> None:
    quoted = make_instrument("ONLY", price="12", previous="11")
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", began, quoted, quantity="10", price="9")
    cold_start()
    before = shown(person)
    night()
    cold_start()
    assert shown(person) == before
