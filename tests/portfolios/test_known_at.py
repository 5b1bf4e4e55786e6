"""What was held on a day, as it was known on a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from portfolio_site.web.moments import chosen_moment, end_of
from portfolios.models import Transaction
from portfolios.selectors import book_of, books_of, get_portfolio, get_transaction, holdings_of, lots_of
from portfolios.services import edit_transaction
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML", price="120", previous="119")


@pytest.fixture
def corrected(portfolio: Any, asml: Any) -> Any:
    """A purchase of 10 that was recorded ten days ago, and corrected to 8 five days ago."""
    entry = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    now = timezone.now()
    Transaction.objects.filter(pk=entry.pk).update(recorded_at=now - timedelta(days=10))
    edited = edit_transaction(portfolio.owner, get_transaction(portfolio.owner, entry.entry), quantity=D(8))
    Transaction.objects.filter(pk=entry.pk).update(voided_at=now - timedelta(days=5))
    Transaction.objects.filter(pk=edited.pk).update(recorded_at=now - timedelta(days=5))
    return get_portfolio(portfolio.owner, portfolio.pk)


def test_an_earlier_knowledge_shows_what_was_thought_to_be_held(corrected: Any, asml: Any) -> None:
    then = timezone.now() - timedelta(days=7)
    assert holdings_of(corrected).rows[0].quantity == 8
    assert holdings_of(corrected, known_at=then).rows[0].quantity == 10
    assert holdings_of(corrected, known_at=timezone.now() - timedelta(days=20)).rows == ()
    assert [lot.quantity for lot in lots_of(corrected, known_at=then).lots[asml.pk]] == [10]
    assert [lot.quantity for lot in lots_of(corrected, known_at=then, method="fifo").lots[asml.pk]] == [10]


def test_the_day_and_the_knowledge_are_two_questions(corrected: Any, asml: Any) -> None:
    then = timezone.now() - timedelta(days=7)
    record(corrected, "sell", "2024-06-03", asml, quantity="3", price="110")
    fresh = get_portfolio(corrected.owner, corrected.pk)
    day = timezone.localdate().replace(year=2024, month=3, day=1)
    assert holdings_of(fresh, as_of=day).rows[0].quantity == 8
    assert holdings_of(fresh, as_of=day, known_at=then).rows[0].quantity == 10
    assert holdings_of(fresh).rows[0].quantity == 5


def test_the_book_of_a_moment_is_kept_apart_from_that_of_now(corrected: Any, asml: Any, django_assert_num_queries: Any) -> None:
    then = timezone.now() - timedelta(days=7)
    assert book_of(corrected).positions[asml.pk].quantity == 8
    assert books_of([corrected], known_at=then)[corrected.pk].positions[asml.pk].quantity == 10
    with django_assert_num_queries(0):
        assert books_of([corrected], known_at=then)[corrected.pk].positions[asml.pk].quantity == 10
        assert book_of(corrected).positions[asml.pk].quantity == 8


def test_a_ledger_is_told_in_another_currency_as_it_was_known(corrected: Any, asml: Any, dollar: None) -> None:
    other = make_portfolio(corrected.owner, base_currency="USD")
    assert other
    then = timezone.now() - timedelta(days=7)
    from tests.factories import set_rates

    set_rates("USD", {timezone.localdate().replace(year=2024, month=1, day=3): "1.25"})
    assert holdings_of([corrected, other], currency="USD", known_at=then).cost == 1250
    assert holdings_of([corrected, other], currency="USD").cost == 1000


def test_the_api_answers_for_a_day_and_for_a_knowledge(api: Any, corrected: Any, asml: Any) -> None:
    day = (timezone.localdate() - timedelta(days=7)).isoformat()
    base = f"/api/v1/portfolios/{corrected.pk}"
    assert api.get(f"{base}/holdings?known_at={day}").json()["results"][0]["quantity"] == "10"
    assert api.get(f"{base}/holdings/ASML?known_at={day}").json()["quantity"] == "10"
    assert api.get(f"{base}/holdings?as_of=2024-01-02&known_at={day}").json()["results"] == []
    assert api.get(f"{base}/lots?known_at={day}").json()["open"][0]["quantity"] == "10"
    assert api.get(f"{base}/value?known_at={day}").json()["holdings_value"] == "1200"
    assert api.get(f"{base}/gains?known_at={day}").json()["unrealized"] == "200"
    assert api.get(f"{base}/gains").json()["unrealized"] == "160"
    moment = (timezone.now() - timedelta(days=7)).isoformat()
    assert api.get(f"{base}/holdings", {"known_at": moment}).json()["results"][0]["quantity"] == "10"
    for far in ("0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31", "9999-12-31T23:59:59-14:00"):
        assert api.get(f"{base}/holdings", {"known_at": far}).status_code in {200, 400}, far
    wrong = api.get(f"{base}/holdings?known_at=soon")
    assert wrong.status_code == 400 and wrong.json()["errors"][0]["field"] == "known_at"


def test_gains_of_an_earlier_day_know_nothing_of_what_came_after(api: Any, portfolio: Any, asml: Any) -> None:
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    record(portfolio, "sell", "2024-06-03", asml, quantity="4", price="110")
    found = api.get(f"/api/v1/portfolios/{portfolio.pk}/gains?as_of=2024-03-01").json()
    assert (found["end"], found["realized"], found["net_flows"]) == ("2024-03-01", "0", "0")
    assert api.get(f"/api/v1/portfolios/{portfolio.pk}/gains").json()["realized"] == "40"


def test_an_address_names_a_day_its_end_and_nothing_to_come() -> None:
    today = timezone.localdate()
    earlier = today - timedelta(days=3)
    found = chosen_moment({"as_of": earlier.isoformat(), "known_at": earlier.isoformat()})
    assert found.as_of == earlier and found.known_at == end_of(earlier) and found.known_on == earlier and not found.is_now
    assert found.query == f"&as_of={earlier}&known_at={earlier}"
    assert chosen_moment({"as_of": today.isoformat(), "known_at": (today + timedelta(days=9)).isoformat()}).is_now
    assert chosen_moment({}).query == ""
    assert chosen_moment({"known_at": "2024-06-03T14:00:00+02:00"}).query == "&known_at=2024-06-03T14%3A00%3A00%2B02%3A00"
    for wrong in ({"as_of": "soon"}, {"known_at": "31.12.2024"}, {"as_of": "0202-01-01"}, {"known_at": "0001-01-01"}):
        assert chosen_moment(wrong).is_now and chosen_moment(wrong).problem


def test_the_page_of_lots_tells_of_an_earlier_knowledge(signed_in: Any, corrected: Any) -> None:
    address, day = reverse("portfolio-lots", args=[corrected.pk]), (timezone.localdate() - timedelta(days=7)).isoformat()
    page = signed_in.get(address, {"known_at": day}).content.decode()
    assert "as known on" in page and "1,000.00" in page
    assert "800.00" in signed_in.get(address).content.decode()
    assert signed_in.get(address, {"known_at": day, "show": "methods"}).status_code == 200
