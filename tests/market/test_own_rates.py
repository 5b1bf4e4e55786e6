"""The page of one's own exchange rates."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from market.models import FxRate
from market.selectors import own_rates_of, rate
from market.services import remove_own_rate
from market.signals import rates_changed
from tests.factories import D, set_rates

pytestmark = pytest.mark.django_db
DAY = date(2024, 3, 4)
SENT = {"base": "EUR", "quote": "USD", "day": "2024-03-04", "rate": "1.3"}


def test_a_rate_is_entered_wins_and_is_removed(signed_in: Client, person: Any, django_assert_max_num_queries: Any) -> None:
    set_rates("USD", {DAY: "1.25"})
    assert "The rate is saved." in signed_in.post("/rates/", SENT, follow=True).content.decode()
    assert rate("EUR", "USD", DAY, user=person).rate == D("1.3")
    with django_assert_max_num_queries(5):
        page = signed_in.get("/rates/").content.decode()
    assert "4\u00a0Mar\u00a02024" in page
    (one,) = own_rates_of(person)
    assert "The rate is removed." in signed_in.post(f"/rates/{one.id}/remove/", follow=True).content.decode()
    assert rate("EUR", "USD", DAY, user=person).rate == D("1.25") and own_rates_of(person) == []


def test_what_cannot_be_a_rate_is_said_at_its_field(signed_in: Client, person: Any) -> None:
    answer = signed_in.post("/rates/", {**SENT, "quote": "EUR"})
    assert answer.status_code == 422 and FxRate.objects.filter(owner=person).count() == 0
    answer = signed_in.post("/rates/", {**SENT, "rate": "0"})
    assert answer.status_code == 422 and "above zero" in answer.content.decode()


def test_the_address_fills_the_form_in(signed_in: Client) -> None:
    page = signed_in.get("/rates/?base=CHF&quote=SEK").content.decode()
    assert 'value="CHF" selected' in page and 'value="SEK" selected' in page


def test_a_stranger_neither_sees_nor_removes_it(signed_in: Client, client: Client, stranger: Any, person: Any) -> None:
    signed_in.post("/rates/", SENT)
    (one,) = own_rates_of(person)
    client.force_login(stranger)
    assert "Mar\u00a02024" not in client.get("/rates/").content.decode()
    assert client.post(f"/rates/{one.id}/remove/").status_code == 404
    assert len(own_rates_of(person)) == 1


def test_a_removal_tells_whoever_follows_rates(person: Any, django_capture_on_commit_callbacks: Any) -> None:
    heard: list[Any] = []

    def hear(sender: Any, **told: Any) -> None:
        heard.append((told["currencies"], told["owner_id"]))

    row = FxRate.objects.create(owner=person, base="USD", quote="EUR", day=DAY, rate=D("0.8"), source="own")
    rates_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            remove_own_rate(person, row.pk)
    finally:
        rates_changed.disconnect(hear)
    assert heard == [(("EUR", "USD"), person.pk)]
