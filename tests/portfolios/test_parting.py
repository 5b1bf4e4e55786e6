"""A merge of two instruments taken back: every row as it was, what came since where it belongs, and a clear word where that is not known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from accounts.models import AuditEntry
from alerts.models import Rule
from market.choices import ActionKind
from market.models import (
    Article,
    Benchmark,
    BlendPart,
    Classification,
    CorporateAction,
    FundWeight,
    Instrument,
    InstrumentMerge,
    Price,
    SourceProfile,
    SourceSymbol,
    WatchlistItem,
)
from market.services import create_watchlist, listing
from market.services.ingest import rebuild_columns
from portfolios.actions.deciding import accept_proposal
from portfolios.actions.proposing import propose_actions
from portfolios.models import ActionProposal, Holding, ImportBatch, Portfolio, Reconciliation, Transaction
from portfolios.selectors import book_of
from portfolios.services import LegDraft, check_integrity, edit_transaction, lock_portfolio, unlock_portfolio, void_transaction
from portfolios.transfers.services import TransferDraft, transfer_units
from tests.factories import D, make_instrument, make_person, make_portfolio, record, set_closes

pytestmark = pytest.mark.django_db
JUNE, MAY = date(2024, 6, 10), date(2024, 5, 6)
CHANGING = {"prices_version", "version", "revision", "updated_at", "changed_at", "voided_at", "touched_at", "created_at", "recorded_at", "id"}
KEPT_APART = {"AuditEntry", "InstrumentMerge", "Holding", "CashBalance"}


@pytest.fixture
def stays(db: None) -> Any:
    return make_instrument("META", price="300")


@pytest.fixture
def goes(db: None) -> Any:
    return make_instrument("FB", price="290", isin="US30303M1027", sector="Technology")


@pytest.fixture
def admin(db: None) -> Any:
    person = make_person("root")
    person.is_staff = person.is_superuser = True
    person.save()
    return person


@pytest.fixture
def holder(person: Any, stays: Any, goes: Any) -> Any:
    made = make_portfolio(person, name="Core", tracks_cash=True)
    record(made, "deposit", "2024-01-01", amount="10000")
    record(made, "buy", "2024-01-02", stays, quantity="10", price="100")
    record(made, "buy", "2024-01-03", goes, quantity="6", price="200")
    record(made, "sell", "2024-02-01", goes, quantity="2", price="250", fees="1")
    return made


def fresh(portfolio: Portfolio) -> Portfolio:
    return Portfolio.objects.select_related("owner").get(pk=portfolio.pk)


def merged(admin: Any, stays: Any, goes: Any) -> InstrumentMerge:
    number = listing.start_merge(admin, stays, goes)
    assert listing.finish_merge(number) == "done", InstrumentMerge.objects.get(pk=number).detail
    found: InstrumentMerge = InstrumentMerge.objects.get(pk=number)
    return found


def parted(admin: Any, merge: InstrumentMerge) -> InstrumentMerge:
    listing.start_parting(admin, merge.pk)
    listing.finish_merge(merge.pk)
    merge.refresh_from_db()
    return merge


def everything() -> dict[str, Any]:
    """Every row of the apps that know instruments, by model and key, without what counts versions; and what each ledger comes to."""
    found: dict[str, Any] = {}
    for app in ("market", "portfolios", "alerts"):
        for model in apps.get_app_config(app).get_models():
            if model.__name__ in KEPT_APART:
                continue
            rows = model._base_manager.order_by("pk").values()
            found[model.__name__] = [(row.get("id"), {name: value for name, value in row.items() if name not in CHANGING}) for row in rows]
    found["live"] = sorted(Transaction.objects.live().values_list("pk", flat=True))
    found["Holding"] = sorted((row.portfolio_id, row.instrument_id, row.quantity, row.cost, row.realised) for row in Holding.objects.all())
    return found


def assert_same(before: dict[str, Any], after: dict[str, Any]) -> None:
    for name, rows in before.items():
        assert after[name] == rows, name


def action(instrument: Any, kind: str, **numbers: str) -> CorporateAction:
    made: CorporateAction = CorporateAction.objects.create(
        instrument=instrument, kind=kind, ex_day=JUNE, source="test", **{name: D(value) for name, value in numbers.items()}
    )
    return made


def furnish(person: Any, stays: Any, goes: Any) -> None:
    """Prices, names, lists, blends, words about them, news and alerts of each of the two, some of which stand there twice once they are one."""
    now = timezone.now()
    for one, other in ((stays, "META"), (goes, "FB")):
        set_closes(one, {MAY: "300", JUNE if one == goes else date(2024, 6, 11): "310"})
        SourceSymbol.objects.create(instrument=one, source="yahoo", symbol=other)
        profile = SourceProfile.objects.create(instrument=one, source="yahoo", fetched_at=now, sector="Technology")
        FundWeight.objects.create(profile=profile, dimension="sector", name=other, weight=D("0.5"))
        said = Classification.objects.create(instrument=one, owner=person, sector="Energy" if one == goes else "Technology")
        FundWeight.objects.create(classification=said, dimension="country", name=other, weight=D("0.25"))
        Rule.objects.create(owner=person, instrument=one, kind="price_above", parameters={"threshold": "1"})
        article = Article.objects.create(
            fingerprint=other,
            story=other,
            url=f"https://example.org/{other}",
            title=other,
            publisher="P",
            published_at=now,
            fetched_at=now,
            source="x",
        )
        article.instruments.add(goes, one)
    SourceSymbol.objects.create(instrument=goes, source="tiingo", symbol="FB")
    create_watchlist(person, name="Both", instruments=[stays, goes])
    create_watchlist(person, name="One", instruments=[goes])
    blend = Benchmark.objects.create(owner=person, name="Mine", currency="EUR")
    for one, weight in ((stays, "0.4"), (goes, "0.6")):
        BlendPart.objects.create(blend=blend, instrument=one, weight=D(weight))
    Benchmark.objects.create(name="Index", currency="EUR", instrument=goes)
    rebuild_columns([stays.pk, goes.pk])


def test_there_and_back_again_every_row_is_as_it_was(admin: Any, holder: Any, person: Any, stays: Any, goes: Any) -> None:
    furnish(person, stays, goes)
    parent = make_instrument("PARENT")
    only = make_portfolio(make_person(), tracks_cash=False)
    record(only, "buy", "2024-01-02", parent, quantity="4", price="10")
    record(only, "spin_off", "2024-01-17", parent, legs=(LegDraft(instrument=goes, cost_share=D("0.1")),))
    for one in (stays, goes):
        action(one, ActionKind.SPLIT, ratio_new="2", ratio_old="1")
        action(one, ActionKind.DIVIDEND, amount="0.5")
    propose_actions([stays.pk, goes.pk])
    for proposal in ActionProposal.objects.filter(portfolio=holder).select_related("action__instrument", "portfolio__owner").order_by("pk"):
        if proposal.action.kind == ActionKind.SPLIT or proposal.action.instrument == goes:
            accept_proposal(person, proposal)
    rows = [{"instrument": stays.pk, "quantity": "10"}, {"instrument": goes.pk, "quantity": "4"}]
    Reconciliation.objects.create(portfolio=holder, day=MAY, positions=rows, cash=[], created_by=person)
    ImportBatch.objects.create(portfolio=holder, uploaded_by=person, file_name="x.csv").rows.create(
        number=1, verdict="new", draft={}, instrument=goes
    )
    before = everything()
    merge = merged(admin, stays, goes)
    assert everything()["Transaction"] != before["Transaction"] and Price.objects.filter(instrument=stays).count() == 3
    assert parted(admin, merge).status == "parted", merge.detail
    assert_same(before, everything())
    assert check_integrity() == []
    told = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"instrument.merged", "instrument.parted", "portfolio.instruments_merged", "portfolio.instruments_parted"} <= told


def test_lists_that_are_gone_and_blends_that_changed_are_left_alone(admin: Any, person: Any, stays: Any, goes: Any) -> None:
    furnish(person, stays, goes)
    merge = merged(admin, stays, goes)
    person.watchlists.get(name="Both").delete()
    BlendPart.objects.update(weight=D("0.7"))
    SourceSymbol.objects.create(instrument=make_instrument("OTHER"), source="yahoo", symbol="FB")
    assert parted(admin, merge).status == "parted", merge.detail
    assert [item.instrument_id for item in WatchlistItem.objects.all()] == [goes.pk]
    assert list(BlendPart.objects.values_list("instrument", "weight")) == [(stays.pk, Decimal("0.7"))]
    assert list(SourceSymbol.objects.filter(instrument=goes).values_list("source", flat=True)) == ["tiingo"]


def test_an_entry_that_was_changed_since_goes_back_with_its_other_versions(admin: Any, holder: Any, person: Any, stays: Any, goes: Any) -> None:
    entry = Transaction.objects.get(kind="buy", instrument=goes)
    merge = merged(admin, stays, goes)
    entry.refresh_from_db()
    edit_transaction(person, entry, quantity=D(7))
    assert parted(admin, merge).status == "parted", merge.detail
    book = book_of(fresh(holder))
    assert {pk: one.quantity for pk, one in book.positions.items()} == {stays.pk: D(10), goes.pk: D(5)}
    assert check_integrity() == []


def test_an_entry_that_was_recorded_since_is_named_and_nothing_changes(admin: Any, holder: Any, person: Any, stays: Any, goes: Any) -> None:
    merge = merged(admin, stays, goes)
    sale = record(fresh(holder), "sell", "2024-03-01", stays, quantity="1", price="300")
    before = everything()
    told = parted(admin, merge)
    assert told.status == "done" and f"In portfolio {holder.pk}, entry {sale.entry} was recorded after the merge" in told.detail
    assert_same(before, everything())
    void_transaction(person, sale)
    assert parted(admin, merge).status == "parted", merge.detail
    assert check_integrity() == []


def test_who_never_named_the_one_that_went_may_have_gone_on_recording(admin: Any, holder: Any, stays: Any, goes: Any) -> None:
    other = make_portfolio(make_person(), tracks_cash=False)
    merge = merged(admin, stays, goes)
    record(other, "buy", "2024-03-01", stays, quantity="1", price="300")
    assert parted(admin, merge).status == "parted", merge.detail
    assert set(book_of(fresh(other)).positions) == {stays.pk} and check_integrity() == []


def test_units_that_were_moved_between_portfolios_go_back_on_both_sides(admin: Any, holder: Any, person: Any, stays: Any, goes: Any) -> None:
    savings = make_portfolio(person, name="Savings", tracks_cash=False)
    record(savings, "buy", "2024-01-02", stays, quantity="1", price="50")
    transfer_units(person, fresh(holder), fresh(savings), TransferDraft(instrument=goes, quantity=D(2), day=MAY))
    before = everything()["Holding"]
    assert parted(admin, merged(admin, stays, goes)).status == "parted"
    assert everything()["Holding"] == before and check_integrity() == []


def test_a_time_that_was_locked_since_is_told_anew_for_nobody(admin: Any, holder: Any, person: Any, stays: Any, goes: Any) -> None:
    merge = merged(admin, stays, goes)
    lock_portfolio(person, fresh(holder), MAY)
    assert f"Portfolio {holder.pk} is locked up to 2024-05-06, and apart the two would have other gains" in parted(admin, merge).detail
    unlock_portfolio(person, fresh(holder))
    assert parted(admin, merge).status == "parted"


def test_the_newest_merge_is_undone_first(admin: Any, stays: Any, goes: Any) -> None:
    third, name = make_instrument("FBNEW"), Instrument.objects.get(pk=goes.pk).symbol
    first, second = merged(admin, stays, goes), merged(admin, stays, third)
    assert "FBNEW was merged into META since. Undo that merge first." in parted(admin, first).detail
    assert [parted(admin, one).status for one in (second, first)] == ["parted", "parted"]
    assert Instrument.objects.get(pk=goes.pk).symbol == name


def test_an_instrument_that_was_merged_on_or_listed_anew_is_named(admin: Any, stays: Any, goes: Any) -> None:
    first = merged(admin, stays, goes)
    again = make_instrument("FB")
    assert f"FB at XTST was listed anew since, as number {again.pk}" in parted(admin, first).detail
    last = make_instrument("ABC")
    second = merged(admin, last, stays)
    assert "merged into another one since. Undo that merge first." in parted(admin, first).detail
    assert parted(admin, second).status == "parted"
    merged(admin, stays, again)


def test_undoing_twice_at_once_is_done_once(admin: Any, stays: Any, goes: Any) -> None:
    merge = merged(admin, stays, goes)
    for _ in range(2):
        listing.start_parting(admin, merge.pk)
    assert [listing.finish_merge(merge.pk) for _ in range(2)] == ["parted", ""]


def test_who_is_no_administrator_any_more_ends_nothing(admin: Any, stays: Any, goes: Any) -> None:
    number = listing.start_merge(admin, stays, goes)
    admin.is_staff = False
    admin.save()
    assert listing.finish_merge(number) == "failed" and Instrument.objects.count() == 2


def test_work_grows_with_portfolios_not_with_their_entries(admin: Any, stays: Any, goes: Any, django_assert_max_num_queries: Any) -> None:
    made = make_portfolio(make_person(), tracks_cash=False)
    for day in range(1, 29):
        record(made, "buy", date(2024, 1, day), goes, quantity="1", price="1")
    merge = merged(admin, stays, goes)
    listing.start_parting(admin, merge.pk)
    with django_assert_max_num_queries(130):
        listing.finish_merge(merge.pk)
