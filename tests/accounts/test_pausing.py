"""Pausing: no job works on a person's data, all of it stays, and what they do themselves works."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from accounts.data_rights.choices import JobStatus
from accounts.data_rights.erasing import schedule_erasure
from accounts.data_rights.exporting import ask_for_export, make_export
from accounts.data_rights.pausing import pause_processing, resume_processing
from accounts.errors import BadPreferences
from accounts.models import AuditEntry
from accounts.services import update_preferences
from alerts.models import Rule
from alerts.outbox.wishes import wishes_of
from alerts.services import check_rules, create_rule
from analytics.models import Snapshot
from analytics.snapshots import taking
from market.selectors.interest import followed_instruments, most_followed
from market.services import ActionRow, PartDraft, create_blend, create_watchlist, ingest_actions
from portfolio_site.celery import app
from portfolios.actions.proposing import propose_actions
from portfolios.models import ActionProposal, Portfolio
from portfolios.roles import Role
from portfolios.sharing.memberships import set_membership
from tests import factories

pytestmark = pytest.mark.django_db

# Every task, and how it leaves alone the data of somebody who paused; a new one says so here.
ASKS = "asks `processed` in what it chooses: tested below"
OWN = "somebody asked for it themselves, and waits for it"
MARKET = "prices, rates and names of everybody's instruments; those that only somebody who paused needs are not followed"
UPKEEP = "removes what is over, rings again, or checks that what is stored is whole; it works nothing out about anybody"
TASKS = {
    ASKS: "alerts.tasks.begin_day alerts.tasks.check alerts.tasks.deliver alerts.tasks.look alerts.tasks.mark_instruments alerts.tasks.mark_portfolio"
    " alerts.tasks.sweep_quotes alerts.tasks.sweep_outbox alerts.tasks.tell_held analytics.tasks.plan_snapshots analytics.tasks.sweep_snapshots"
    " analytics.tasks.take_snapshots portfolios.actions.tasks.propose",
    OWN: "accounts.tasks.erase_person accounts.tasks.make_export accounts.tasks.read_arrival accounts.tasks.send_confirmation"
    " accounts.tasks.send_last_mail accounts.tasks.send_mail market.tasks.fetch_intraday_of market.tasks.fetch_news_of market.tasks.list_found market.tasks.search_sources market.tasks.try_feed"
    " market.tasks.merge_two portfolios.imports.tasks.commit_batch portfolios.imports.tasks.read_batch",
    MARKET: "market.tasks.close_days market.tasks.fetch_rates market.tasks.fetch_riskless market.tasks.link_symbols market.tasks.list_indices"
    " market.tasks.plan_histories market.tasks.plan_news market.tasks.plan_profiles market.tasks.plan_quotes market.tasks.refresh_histories_of"
    " market.tasks.refresh_profiles_of market.tasks.refresh_quotes_of market.tasks.tick_demo market.tasks.top_up",
    UPKEEP: "accounts.tasks.apply_retention accounts.tasks.sweep accounts.tasks.sweep_data_rights alerts.tasks.forget_deliveries"
    " market.tasks.forget_intraday market.tasks.forget_merges market.tasks.sweep_blends market.tasks.sweep_merges market.tasks.sweep_news"
    " portfolio_site.tasks.canary portfolio_site.tasks.nightly_check portfolio_site.tasks.ring_missed portfolios.imports.tasks.sweep_imports"
    " portfolios.tasks.check_ledgers",
}


def test_every_task_says_how_it_leaves_alone_who_paused() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith(("celery.", "tests."))}
    assert ours == {name for names in TASKS.values() for name in names.split()}, "say in TASKS how it leaves alone the data of somebody who paused"


@pytest.fixture
def share(db: None) -> Any:
    return factories.make_instrument("HELD", price="95")


@pytest.fixture
def book(person: Any, share: Any, today: date) -> Portfolio:
    portfolio = factories.make_portfolio(person)
    factories.record(portfolio, "transfer_in", today - timedelta(days=9), share, quantity="5", price="90")
    return portfolio


def test_no_alert_is_looked_at_and_it_is_again_afterwards(person: Any, share: Any) -> None:
    create_rule(person, instrument=share, kind="price_above", threshold=factories.D(100))
    factories.set_quote(share, "101")
    pause_processing(person)
    assert check_rules([share.pk]) == [] and not Rule.objects.on().exists()
    resume_processing(person)
    assert len(check_rules([share.pk])) == 1


def test_an_alert_of_a_member_rests_while_the_owner_of_the_portfolio_pauses(person: Any, stranger: Any, book: Portfolio) -> None:
    set_membership(book, stranger, Role.VIEWER)
    rule = Rule.objects.create(owner=stranger, portfolio=book, kind="value_below")
    assert rule in Rule.objects.on()
    pause_processing(person)
    assert rule not in Rule.objects.on()


def test_nothing_goes_out_on_any_channel(person: Any) -> None:
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    assert wishes_of([person.pk])[person.pk].stays
    pause_processing(person)
    found = wishes_of([person.pk])[person.pk]
    assert not found.stays and not found.reachable


def test_no_snapshot_is_taken_and_the_last_one_stays(person: Any, book: Portfolio) -> None:
    now = timezone.now()
    assert taking.take_snapshots(taking.plan_snapshots(now), now) == 1
    pause_processing(person)
    assert taking.plan_snapshots(now) == [] and taking.waiting(now) == []
    assert Snapshot.objects.filter(portfolio=book).exists()
    Snapshot.objects.update(due_at=now, touched_at=None)  # planned a moment before the pause
    assert taking.waiting(now) == [] and taking.take_snapshots([book.pk], now) == 0
    resume_processing(person)
    assert taking.plan_snapshots(now) == [book.pk]


def test_no_corporate_action_is_proposed(person: Any, book: Portfolio, share: Any, today: date) -> None:
    pause_processing(person)
    ingest_actions({share.pk: [ActionRow("dividend", today, amount=factories.D(1))]}, "test")
    propose_actions()
    assert not ActionProposal.objects.exists()
    resume_processing(person)
    propose_actions()
    assert ActionProposal.objects.filter(portfolio=book).exists()


def test_prices_are_not_fetched_for_what_only_they_need(person: Any, stranger: Any, book: Portfolio, share: Any) -> None:
    named = {name: factories.make_instrument(name) for name in ("WATCHED", "BLENDED", "ALERTED", "BENCH")}
    create_watchlist(person, name="Mine", instruments=[named["WATCHED"]])
    create_blend(person, name="Mine", currency="EUR", parts=[PartDraft(named["BLENDED"], factories.D(1))])
    factories.set_quote(named["ALERTED"], "5")
    create_rule(person, instrument=named["ALERTED"], kind="price_above", threshold=factories.D(20))
    theirs = {share.pk, named["WATCHED"].pk, named["BLENDED"].pk, named["ALERTED"].pk}
    assert theirs <= followed_instruments()
    pause_processing(person)
    assert not theirs & followed_instruments() and not theirs & set(most_followed())
    create_watchlist(stranger, name="Hers", instruments=[share])
    assert theirs & followed_instruments() == {share.pk}


def test_what_they_do_themselves_works_and_so_do_export_and_erasure(person: Any, book: Portfolio, share: Any, today: date) -> None:
    pause_processing(person)
    factories.record(book, "buy", today, share, quantity="1", price="95")
    export = ask_for_export(person)
    make_export(export.pk)
    export.refresh_from_db()
    assert export.status == JobStatus.READY
    assert schedule_erasure(person, typed=person.username).due_at > timezone.now()


def test_each_page_says_that_it_is_paused_and_goes_on_with_one_press(client: Client, person: Any, book: Portfolio) -> None:
    client.force_login(person)
    assert "Pause the processing" in client.get("/settings/data/").content.decode()
    client.post("/settings/data/pause/")
    client.post("/settings/data/pause/")
    for address in ("/settings/data/", "/portfolios/", "/dashboard/"):
        assert "Paused since" in client.get(address).content.decode(), address
    client.post("/settings/data/resume/")
    assert "Paused since" not in client.get("/portfolios/").content.decode()
    told = AuditEntry.objects.filter(subject=person.pk, action__startswith="processing.").order_by("sequence")
    assert list(told.values_list("action", flat=True)) == ["processing.paused", "processing.resumed"]


def test_the_pause_is_no_preference_that_a_form_or_a_call_sets(person: Any) -> None:
    with pytest.raises(BadPreferences):
        update_preferences(person, paused_at=None)
