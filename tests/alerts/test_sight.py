"""Alerts on what is somebody else's: they rest when it is seen no more; and the alerts that a holding shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.utils import timezone

from alerts import selectors, services
from alerts.errors import BadAlert
from alerts.looking.sight import NO_MORE
from alerts.models import Delivery, Firing, Rule
from alerts.outbox.choices import State
from alerts.outbox.sending import deliver_due
from market.models import Instrument
from portfolios.models import Portfolio
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


@pytest.fixture
def house(person, stranger, held):
    """A private instrument of somebody who shares its portfolio, renamed after the share has ended; the stranger has an alert on it."""
    made = factories.make_instrument("HOUSE", currency="EUR", price="95", owner=person, name="Our house")
    factories.record(held, "buy", held.transactions.first().traded_on, made, quantity="1", price="90")
    set_membership(held, stranger, Role.VIEWER)
    return made


def _unshared_and_renamed(held, house, stranger):
    end_membership(held, stranger)
    Instrument.objects.filter(pk=house.pk).update(symbol="VILLA", name="The villa at the lake")
    Portfolio.objects.filter(pk=held.pk).update(name="Secret plans")


def test_no_page_and_no_call_tells_a_former_member_what_things_are_called_now(person, stranger, client, held, house):
    on_house = _rule(stranger, "price_above", house, threshold="100")
    on_book = _rule(stranger, "value_above", factories.make_portfolio(stranger), threshold="9000")
    Rule.objects.filter(pk=on_book.pk).update(portfolio=held)  # as after giving one's own away
    assert _price(house, "120") and "HOUSE" in Firing.objects.get().sentence
    _unshared_and_renamed(held, house, stranger)
    client.force_login(stranger)
    numbers = [on_house.pk, on_book.pk]
    addresses = ["/alerts/", "/notifications/", *(f"/alerts/{pk}/{what}" for pk in numbers for what in ("", "edit/"))]
    addresses += ["/api/v1/alerts", "/api/v1/alerts/events", "/api/v1/notifications", *(f"/api/v1/alerts/{pk}" for pk in numbers)]
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        told = answer.content.decode()
        assert not any(word in told for word in ("VILLA", "The villa", "Secret plans")), address
    listed = client.get("/alerts/").content.decode()
    assert "An instrument you cannot see" in listed and "A portfolio you cannot see" in listed
    told = client.get(f"/api/v1/alerts/{on_house.pk}").json()
    assert told["symbol"] is None and told["why_not"].startswith("You cannot see this instrument any more.")
    assert "HOUSE" in client.get("/notifications/").content.decode(), "what was told once stays as it was told"
    for pk, word in zip(numbers, ("an instrument you cannot see", "a portfolio you cannot see"), strict=True):
        client.post(f"/alerts/{pk}/switch/", {"active": "off"})
        assert f"Alert on {word} paused" in client.get("/alerts/").content.decode()
    set_membership(held, stranger, Role.VIEWER)
    assert "The villa at the lake" in client.get("/alerts/").content.decode()


def test_changing_an_alert_tells_a_former_member_nothing_of_the_price(person, stranger, client, held, house):
    rule = _rule(stranger, "price_above", house, threshold="100")
    _unshared_and_renamed(held, house, stranger)
    client.force_login(stranger)
    path = f"/api/v1/alerts/{rule.pk}"
    armed = [client.patch(path, {"threshold": limit}, content_type="application/json").json()["armed"] for limit in ("94", "96")]
    assert armed == [True, True]
    with pytest.raises(BadAlert, match="There is no such instrument"):
        _rule(stranger, "price_above", house, threshold="94")


def test_what_waited_to_be_told_is_not_told_once_the_share_has_ended(person, stranger, held, house, monkeypatch):
    EmailAddress.objects.create(user=stranger, email=stranger.email, primary=True, verified=True)
    now = timezone.now()
    quiet = {"quiet_from": (now - timedelta(hours=1)).time(), "quiet_until": (now + timedelta(hours=1)).time()}
    at_once = _rule(stranger, "price_above", house, threshold="100")
    later = services.create_rule(stranger, kind="price_above", parameters={"threshold": "101"}, instrument=house, **quiet)
    _price(house, "120")
    assert {one.rule_id: one.held_until is None for one in Firing.objects.all()} == {at_once.pk: True, later.pk: False}
    _unshared_and_renamed(held, house, stranger)
    assert services.tell_held(now + timedelta(hours=2)) == 0 and not Firing.objects.filter(rule=later).exists()
    mail.outbox.clear()
    deliver_due("email")
    assert mail.outbox == []
    (sent,) = Delivery.objects.filter(owner=stranger)
    assert sent.state == State.DROPPED and sent.problem == NO_MORE


def test_a_holding_shows_the_alerts_of_its_own_instrument_and_person(person, stranger, signed_in, apple, held):
    mine = _rule(person, "price_above", apple, threshold="100")
    others = [_rule(stranger, "price_above", apple, threshold="110"), _rule(person, "value_above", held, threshold="9000")]
    assert f'hx-get="/alerts/card/?instrument={apple.pk}"' in signed_in.get(f"/holdings/{apple.pk}/").content.decode()
    card = signed_in.get(f"/alerts/card/?instrument={apple.pk}").content.decode()
    assert f"/alerts/{mine.pk}/" in card and not any(f"/alerts/{one.pk}/" in card for one in others)
