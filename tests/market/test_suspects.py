"""Settling prices that were not believed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from market.choices import ActionKind, SuspectKind, SuspectReason, Verdict
from market.errors import CannotAccept, InvalidPrices, StaffOnly, SuspectSettled, UnknownSuspect
from market.models import CorporateAction, Price, Quote, Suspect
from market.services.suspects import settle_suspect
from tests.factories import PASSWORD, D, make_instrument, set_closes, set_quote

pytestmark = pytest.mark.django_db

NOW = datetime(2024, 3, 5, 15, 0, tzinfo=UTC)
DAY = NOW.date()


@pytest.fixture
def boss(db: None) -> Any:
    return get_user_model().objects.create_superuser("boss", "boss@example.org", PASSWORD)


def doubted(kind: str = SuspectKind.QUOTE, price: str = "150", reason: str = SuspectReason.JUMP, **fields: Any) -> Suspect:
    instrument = fields.pop("instrument", None) or make_instrument(currency="USD")
    values = {"source": "yahoo", "day": DAY, "as_of": NOW, "before": D("100"), "found_at": NOW} | fields
    return Suspect.objects.create(instrument=instrument, kind=kind, price=D(price), reason=reason, **values)


def test_a_newest_price_that_is_accepted_becomes_the_quote_against_the_close_before(boss: Any) -> None:
    suspect = doubted()
    set_quote(suspect.instrument, "100", as_of=NOW - timedelta(hours=1))
    set_closes(suspect.instrument, {date(2024, 3, 1): "98", date(2024, 3, 4): "99"})
    settled = settle_suspect(boss, suspect.pk, True)
    quote = Quote.objects.get(pk=suspect.instrument_id)
    assert (quote.price, quote.previous_close, quote.source, quote.as_of) == (D("150"), D("99"), "yahoo", NOW)
    assert (settled.verdict, settled.settled_by) == (Verdict.ACCEPTED, boss) and settled.settled_at is not None
    entry = AuditEntry.objects.get(action="suspect.accepted")
    assert (entry.subject, entry.object_id, entry.data) == (boss.pk, str(suspect.pk), {"instrument": suspect.instrument_id})


def test_a_newer_quote_stays_when_an_older_price_is_accepted(boss: Any) -> None:
    suspect = doubted()
    set_quote(suspect.instrument, "151", as_of=NOW + timedelta(hours=1))
    assert settle_suspect(boss, suspect.pk, True).verdict == Verdict.ACCEPTED
    assert Quote.objects.get(pk=suspect.instrument_id).price == D("151")


def test_a_price_of_a_day_is_stored_for_its_day(boss: Any) -> None:
    suspect = doubted(SuspectKind.BAR)
    settle_suspect(boss, suspect.pk, True)
    row = Price.objects.get(instrument=suspect.instrument_id)
    assert (row.day, row.close, row.source) == (DAY, D("150"), "yahoo")


def test_a_price_of_before_a_split_is_stored_in_the_units_of_its_day(boss: Any) -> None:
    suspect = doubted(SuspectKind.BAR, "5", SuspectReason.HUNDREDFOLD)
    CorporateAction.objects.create(
        instrument=suspect.instrument, kind=ActionKind.SPLIT, ex_day=DAY + timedelta(days=9), ratio_new=D(4), ratio_old=D(1), source="yahoo"
    )
    settle_suspect(boss, suspect.pk, True)
    assert Price.objects.get(instrument=suspect.instrument_id).close == D("20")


def test_a_dividend_that_is_accepted_is_a_corporate_action_and_no_price(boss: Any) -> None:
    suspect = doubted(SuspectKind.BAR, "40", SuspectReason.DIVIDEND)
    settle_suspect(boss, suspect.pk, True)
    assert CorporateAction.objects.get(instrument=suspect.instrument_id).amount == D("40") and not Price.objects.exists()


def test_a_dividend_of_before_a_split_is_left_to_be_entered_by_hand(boss: Any) -> None:
    suspect = doubted(SuspectKind.BAR, "40", SuspectReason.DIVIDEND)
    CorporateAction.objects.create(
        instrument=suspect.instrument, kind=ActionKind.SPLIT, ex_day=DAY + timedelta(days=9), ratio_new=D(4), ratio_old=D(1), source="yahoo"
    )
    with pytest.raises(CannotAccept):
        settle_suspect(boss, suspect.pk, True)
    suspect.refresh_from_db()
    assert suspect.verdict == Verdict.OPEN


def test_what_is_refused_stores_nothing_and_may_be_accepted_later_but_not_the_other_way(boss: Any) -> None:
    suspect = doubted()
    assert settle_suspect(boss, suspect.pk, False).verdict == Verdict.REFUSED and not Quote.objects.exists()
    settle_suspect(boss, suspect.pk, True)
    assert Quote.objects.get().price == D("150")
    with pytest.raises(SuspectSettled):
        settle_suspect(boss, suspect.pk, False)


@pytest.mark.parametrize("accept", [True, False])
def test_the_same_answer_twice_is_one(boss: Any, accept: bool) -> None:
    suspect = doubted()
    first = settle_suspect(boss, suspect.pk, accept)
    assert settle_suspect(boss, suspect.pk, accept).settled_at == first.settled_at
    assert AuditEntry.objects.filter(action__startswith="suspect.").count() == 1


def test_what_storing_refuses_leaves_the_price_open(boss: Any) -> None:
    suspect = doubted(SuspectKind.BAR, day=date(2999, 1, 1))
    with pytest.raises(InvalidPrices):
        settle_suspect(boss, suspect.pk, True)
    suspect.refresh_from_db()
    assert suspect.verdict == Verdict.OPEN and not AuditEntry.objects.filter(action="suspect.accepted").exists()


def test_only_administrators_settle_and_only_what_is_there(person: Any, boss: Any) -> None:
    suspect = doubted()
    with pytest.raises(StaffOnly):
        settle_suspect(person, suspect.pk, True)
    with pytest.raises(UnknownSuspect):
        settle_suspect(boss, suspect.pk + 1, True)


def test_the_list_shows_what_is_open_and_settles_it(client: Client, boss: Any) -> None:
    client.force_login(boss)
    address = reverse("admin:market_suspect_changelist")
    good, bad = doubted(instrument=make_instrument("GOOD")), doubted(instrument=make_instrument("EVIL"))
    gone = doubted(instrument=make_instrument("DONE"), verdict=Verdict.REFUSED)
    page = client.get(address).content.decode()
    assert "GOOD" in page and "EVIL" in page and "DONE" not in page
    assert "DONE" in client.get(address, {"verdict": "all"}).content.decode()
    assert "EVIL" not in client.get(address, {"q": "GOOD"}).content.decode()
    told = client.post(address, {"action": "accept", "_selected_action": [good.pk]}, follow=True).content.decode()
    assert "1 price was accepted." in told
    client.post(address, {"action": "refuse", "_selected_action": [bad.pk]})
    told = client.post(f"{address}?verdict=all", {"action": "refuse", "_selected_action": [good.pk, gone.pk]}, follow=True).content.decode()
    assert "GOOD: The price was accepted and is stored." in told and "1 price was refused." in told
    assert list(Suspect.objects.order_by("pk").values_list("verdict", flat=True)) == ["accepted", "refused", "refused"]


def test_the_list_costs_the_same_however_long_it_is(client: Client, boss: Any, django_assert_max_num_queries: Any) -> None:
    client.force_login(boss)
    for _ in range(12):
        doubted()
    with django_assert_max_num_queries(12):
        assert client.get(reverse("admin:market_suspect_changelist")).status_code == 200


def test_staff_without_the_permission_settle_nothing(client: Client) -> None:
    client.force_login(get_user_model().objects.create_user("clerk", "clerk@example.org", PASSWORD, is_staff=True))
    suspect = doubted()
    address = reverse("admin:market_suspect_changelist")
    assert client.get(address).status_code == 403
    assert client.post(address, {"action": "accept", "_selected_action": [suspect.pk]}).status_code == 403
