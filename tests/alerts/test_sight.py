"""Alerts on what is somebody else's: they rest when it is seen no more; and the alerts that a holding shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from alerts import selectors, services
from alerts.models import Firing, Rule
from portfolios.roles import Role
from portfolios.sharing.memberships import end_membership, set_membership
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def apple(db):
    return factories.make_instrument("AAPL", currency="EUR", price="95")


@pytest.fixture
def held(person, apple):
    portfolio = factories.make_portfolio(person)
    factories.record(portfolio, "buy", timezone.localdate() - timedelta(days=9), apple, quantity="10", price="90")
    return portfolio


def _rule(person, kind, on, threshold):
    where = {"portfolio" if hasattr(on, "base_currency") else "instrument": on}
    return services.create_rule(person, kind=kind, parameters={"threshold": threshold}, **where)


def _price(instrument, price):
    factories.set_quote(instrument, price, "100")
    return [one.sentence for one in services.check_rules([instrument.pk])]


def test_an_alert_on_a_private_instrument_rests_when_its_share_ends_and_its_page_says_why(
    person, stranger, client, held, django_assert_max_num_queries
):
    house = factories.make_instrument("HOUSE", currency="EUR", price="95", owner=person)
    factories.record(held, "buy", held.transactions.first().traded_on, house, quantity="1", price="90")
    set_membership(held, stranger, Role.VIEWER)
    rule = _rule(stranger, "price_above", house, threshold="100")
    end_membership(held, stranger)
    assert _price(house, "120") == [] and not Firing.objects.filter(rule=rule).exists()
    client.force_login(stranger)
    for address in (f"/alerts/{rule.pk}/", "/alerts/"):
        page = client.get(address).content.decode()
        assert "You cannot see this instrument any more." in page and "Sees nothing" in page and "120" not in page
    set_membership(held, stranger, Role.VIEWER)
    _rule(stranger, "price_above", house, threshold="300")
    with django_assert_max_num_queries(5):  # the rules, the person, what is seen, quotes, preferences; however many rules
        assert len(selectors.rules_of(stranger)) == 2
    assert _price(house, "121") and Rule.objects.get(pk=rule.pk).why_not == ""


def test_a_holding_shows_the_alerts_of_its_own_instrument_and_person(person, stranger, signed_in, apple, held):
    mine = _rule(person, "price_above", apple, threshold="100")
    others = [_rule(stranger, "price_above", apple, threshold="110"), _rule(person, "value_above", held, threshold="9000")]
    assert f'hx-get="/alerts/card/?instrument={apple.pk}"' in signed_in.get(f"/holdings/{apple.pk}/").content.decode()
    card = signed_in.get(f"/alerts/card/?instrument={apple.pk}").content.decode()
    assert f"/alerts/{mine.pk}/" in card and not any(f"/alerts/{one.pk}/" in card for one in others)
