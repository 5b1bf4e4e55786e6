"""Administrators rename, override and merge; the ledgers of people stay as they are."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from market import tasks
from market.errors import StaffOnly
from market.models import Instrument, InstrumentMerge, SourceSymbol
from market.selectors import instrument_meant
from market.services import listing
from market.services.listing import merges
from tests.factories import make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client, db: None) -> Client:
    client.force_login(get_user_model().objects.create_superuser("root", "root@example.org", "a very long sentence"))
    return client


def described(one: Instrument, **changes: str) -> dict[str, str]:
    fields = ("symbol", "name", "asset_class", "currency", "exchange", "isin", "sector", "industry", "country", "region", "provider", "note")
    return {field: getattr(one, field) for field in fields} | {"price_factor": "1"} | changes


def test_a_symbol_is_changed_on_a_day(admin: Client, person: Any) -> None:
    one = make_instrument("FB", exchange="XNAS", currency="USD", provider="yahoo")
    SourceSymbol.objects.create(instrument=one, source="yahoo", symbol="FB")
    entry = record(make_portfolio(person, base_currency="USD"), "buy", "2021-01-04", one, quantity="2", price="270")
    sent = admin.post(f"/admin/market/instrument/{one.pk}/change/", described(one, symbol="META", since="2022-06-09", name="Meta"))
    assert sent.status_code == 302
    one.refresh_from_db()
    entry.refresh_from_db()
    assert (one.symbol, one.name, entry.instrument_id) == ("META", "Meta", one.pk)
    assert instrument_meant("yahoo", "FB", date(2022, 6, 8)) == one.pk and instrument_meant("yahoo", "FB", date(2022, 6, 9)) is None


def test_a_symbol_that_is_taken_is_refused_with_what_to_do(admin: Client) -> None:
    make_instrument("META", exchange="XNAS")
    one = make_instrument("FB", exchange="XNAS")
    page = admin.post(f"/admin/market/instrument/{one.pk}/change/", described(one, symbol="META")).content.decode()
    assert "If the two are one, merge them" in page
    assert Instrument.objects.get(pk=one.pk).symbol == "FB"


# ── merging ─────────────────────────────────────────────────────────────────


def merging(stays: Instrument, goes: Instrument) -> dict[str, object]:
    """What is sent once an administrator said which of the two stays."""
    return {"action": "merge", "_selected_action": [stays.pk, goes.pk], "stays": stays.pk}


def test_two_are_merged_by_a_job_after_one_says_which_stays(admin: Client, person: Any, django_capture_on_commit_callbacks: Any) -> None:
    stays, goes = make_instrument("META"), make_instrument("FB")
    entry = record(make_portfolio(person), "buy", "2021-01-04", goes, quantity="2", price="270")
    chosen = {"action": "merge", "_selected_action": [stays.pk, goes.pk]}
    page = " ".join(admin.post("/admin/market/instrument/", chosen).content.decode().split())
    assert "Which one stays?" in page and "It can be undone for 30 days" in page
    assert "1 entry in 1 portfolio names FB, and will name META." in page and "No entry names META." in page
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin.post("/admin/market/instrument/", merging(stays, goes))
    told = admin.get(answer["Location"]).content.decode()
    entry.refresh_from_db()
    assert "FB is META now." in told and 'http-equiv="refresh"' not in told
    assert list(Instrument.objects.all()) == [stays] and entry.instrument == stays
    assert "Choose two" in admin.post("/admin/market/instrument/", {"action": "merge", "_selected_action": [stays.pk]}, follow=True).content.decode()


def test_what_is_refused_is_told_with_what_to_do(admin: Client, django_capture_on_commit_callbacks: Any) -> None:
    stays, goes = make_instrument("META", currency="USD"), make_instrument("FB", currency="EUR")
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin.post("/admin/market/instrument/", merging(stays, goes))
    told = admin.get(answer["Location"]).content.decode()
    assert "The two were not merged." in told and "where one of the currencies is wrong, correct it first" in told
    assert Instrument.objects.count() == 2


def test_while_the_job_is_at_work_the_page_says_how_far_and_looks_again(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    stays, goes = make_instrument("META"), make_instrument("FB")
    here = admin.post("/admin/market/instrument/", merging(stays, goes))["Location"]
    number, pages = InstrumentMerge.objects.get().pk, []

    def seen(*args: Any, progress: Any, **rest: Any) -> None:
        progress(3, 8)
        pages.append(admin.get(here).content.decode())

    monkeypatch.setattr(merges, "merge_instruments", seen)
    assert 'http-equiv="refresh"' in admin.get(here).content.decode()
    assert listing.finish_merge(number) == "done" and listing.finish_merge(number) == ""  # rung for twice, done once
    assert len(pages) == 1 and "Step 4 of 8." in pages[0]


def test_a_job_that_died_is_rung_for_again_and_given_up_in_the_end(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    stays, goes = make_instrument("META"), make_instrument("FB")
    here = admin.post("/admin/market/instrument/", merging(stays, goes))["Location"]
    row = InstrumentMerge.objects.get()
    begun = timezone.now() - timedelta(minutes=1)
    InstrumentMerge.objects.update(touched_at=timezone.now(), attempts=1)
    assert listing.merges_to_ring(timezone.now()) == [] and listing.finish_merge(row.pk) == ""  # somebody is at work with it
    InstrumentMerge.objects.update(touched_at=begun, attempts=5)
    assert listing.merges_to_ring(timezone.now()) == [row.pk]
    assert tasks.sweep_merges() == 1
    assert "The job ended 5 times before it was done" in admin.get(here).content.decode() and Instrument.objects.count() == 2
    assert tasks.sweep_merges() == 0


def test_a_merge_is_undone_on_its_page(admin: Client, django_capture_on_commit_callbacks: Any) -> None:
    stays, goes = make_instrument("META"), make_instrument("FB")
    with django_capture_on_commit_callbacks(execute=True):
        here = admin.post("/admin/market/instrument/", merging(stays, goes))["Location"]
    row = InstrumentMerge.objects.get()
    assert "Undo the merge" in admin.get(here).content.decode()
    assert admin.get(f"/admin/market/instrumentmerge/{row.pk}/undo/").status_code == 405
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(f"/admin/market/instrumentmerge/{row.pk}/undo/")
    told = admin.get(here).content.decode()
    assert "FB and META are two again" in told and "Undo the merge" not in told
    assert {one.pk: one.symbol for one in Instrument.objects.all()} == {stays.pk: "META", goes.pk: "FB"}
    assert "Only a merge that was done" in admin.post(f"/admin/market/instrumentmerge/{row.pk}/undo/", follow=True).content.decode()
    assert "FB into META" in admin.get("/admin/market/instrumentmerge/").content.decode()
    assert "There is no such merge" in admin.get("/admin/market/instrumentmerge/99/change/", follow=True).content.decode()


def test_after_a_month_a_merge_stays(admin: Client, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        here = admin.post("/admin/market/instrument/", merging(make_instrument("META"), make_instrument("FB")))["Location"]
    row = InstrumentMerge.objects.get()
    assert tasks.forget_merges() == 0
    InstrumentMerge.objects.update(merged_at=row.merged_at - timedelta(days=31))
    assert "It can no longer be undone." in admin.get(here).content.decode()
    assert "A merge can be undone for 30 days" in admin.post(f"/admin/market/instrumentmerge/{row.pk}/undo/", follow=True).content.decode()
    assert tasks.forget_merges() == 1 and InstrumentMerge.objects.get().journal is None


def test_a_database_that_refuses_leaves_everything_as_it_was(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    stays, goes = make_instrument("META"), make_instrument("FB")
    here = admin.post("/admin/market/instrument/", merging(stays, goes))["Location"]

    def collides(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("deadlock detected")

    monkeypatch.setattr(merges, "merge_instruments", collides)
    assert listing.finish_merge(InstrumentMerge.objects.get().pk) == "failed"
    assert "Nothing was changed; merge them again" in admin.get(here).content.decode() and Instrument.objects.count() == 2


def test_only_administrators_merge(client: Client, person: Any) -> None:
    stays, goes = make_instrument("META"), make_instrument("FB")
    with pytest.raises(StaffOnly):
        listing.start_merge(person, stays, goes)
    merge = InstrumentMerge.objects.create(stays=stays.pk, goes=goes.pk, stays_symbol="META", goes_symbol="FB", status="done")
    with pytest.raises(StaffOnly):
        listing.start_parting(person, merge.pk)
    client.force_login(person)
    assert client.get(f"/admin/market/instrumentmerge/{merge.pk}/change/").status_code == 302
    assert client.post(f"/admin/market/instrumentmerge/{merge.pk}/undo/").status_code == 302
    assert Instrument.objects.count() == 2 and InstrumentMerge.objects.get().status == "done"


def test_asking_which_stays_takes_as_many_queries_however_many_entries(admin: Client, person: Any) -> None:
    stays, goes = make_instrument("META"), make_instrument("FB")
    chosen, made = {"action": "merge", "_selected_action": [stays.pk, goes.pk]}, make_portfolio(person)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            admin.post("/admin/market/instrument/", chosen)
        return len(queries)

    none = asked()
    for day in range(4, 9):
        record(made, "buy", f"2021-01-0{day}", goes, quantity="2", price="270")
    assert asked() == none <= 10


def test_an_overridden_name_ends_and_the_new_one_begins_also_where_it_was_anothers(admin: Client) -> None:
    a, c = make_instrument("GOOGL"), make_instrument("GOOG")
    SourceSymbol.objects.create(instrument=a, source="yahoo", symbol="GOOG")
    given = {"instrument": c.pk, "source": "yahoo", "symbol": "GOOG", "state": "ok", "since": "2014-04-03"}
    sent = admin.post("/admin/market/sourcesymbol/add/", given)
    assert sent.status_code == 302, sent.context["errors"]
    assert instrument_meant("yahoo", "GOOG", date(2014, 4, 2)) == a.pk and instrument_meant("yahoo", "GOOG", date(2014, 4, 3)) == c.pk
    row = SourceSymbol.objects.get(instrument=c)
    changed = {"symbol": "GOOG.X", "state": "ok", "since": "2020-01-01"}
    assert admin.post(f"/admin/market/sourcesymbol/{row.pk}/change/", changed).status_code == 302
    assert instrument_meant("yahoo", "GOOG.X", date(2020, 1, 1)) == c.pk and instrument_meant("yahoo", "GOOG", date(2020, 1, 1)) is None
