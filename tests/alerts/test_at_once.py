"""What one person does twice at the same moment: limits hold, and the first of a thing is made once.  Both databases."""

from __future__ import annotations

import pytest

from alerts.devices import services as devices
from alerts.errors import BadAlert, BadDevice, BadPhone, BadWebhook, CannotTest
from alerts.models import Delivery, NotificationSettings, Phone, PushDevice, Rule, Webhook
from alerts.outbox import services as outbox
from alerts.services import create_rule
from alerts.services import rules as rule_services
from alerts.webhooks import services as webhooks
from tests import factories
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 4


def _only(outcomes, refusal):
    """One went through, and the others were refused in words."""
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert len(refused) == THREADS - 1 and all(isinstance(one, refusal) for one in refused), outcomes


def test_two_first_numbers_make_one_telephone_and_one_code(person, settings):
    settings.SMS_CONSOLE = True
    _only(at_once(*[lambda number=number: devices.give_number(person, f"+4915112345{number}") for number in range(100, 100 + THREADS)]), BadPhone)
    assert Phone.objects.count() == 1 and Delivery.objects.filter(key__startswith="code:").count() == 1


def test_the_last_webhook_of_the_limit_is_made_once(person, settings, monkeypatch):
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(webhooks, "MOST", 1)
    _only(at_once(*[lambda: webhooks.create_webhook(person, url="http://127.0.0.1:9/", events=["alert.fired"])] * THREADS), BadWebhook)
    assert Webhook.objects.count() == 1


def test_the_last_alert_of_the_limit_is_made_once(person, monkeypatch):
    apple = factories.make_instrument("AAPL", price="95")
    monkeypatch.setattr(rule_services, "MOST_RULES", 1)
    _only(at_once(*[lambda: create_rule(person, instrument=apple, kind="price_above", threshold=factories.D(100))] * THREADS), BadAlert)
    assert Rule.objects.count() == 1


def test_the_last_browser_of_the_limit_is_taken_in_once_and_the_same_one_is_one(person, settings, monkeypatch):
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr("alerts.channels.vapid.is_on", lambda: True)
    monkeypatch.setattr(devices, "MOST_DEVICES", 1)
    keys = {"p256dh": "k" * 80, "auth": "a" * 22}
    _only(at_once(*[lambda n=n: devices.add_device(person, endpoint=f"https://127.0.0.1/{n}", **keys) for n in range(THREADS)]), BadDevice)
    known = PushDevice.objects.get().subscription["endpoint"]
    again = at_once(*[lambda: devices.add_device(person, endpoint=known, **keys)] * THREADS)
    assert {getattr(one, "pk", one) for one in again} == {PushDevice.objects.get().pk}


def test_the_last_test_of_the_minute_is_sent_once(person, settings, monkeypatch):
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(outbox, "TESTS_A_MINUTE", 1)
    made = webhooks.create_webhook(person, url="http://127.0.0.1:9/", events=["alert.fired"]).webhook
    _only(at_once(*[lambda: webhooks.test_webhook(person, made)] * THREADS), CannotTest)
    assert Delivery.objects.filter(key__startswith="test:").count() == 1


def test_first_wishes_that_are_saved_at_once_are_one_row(person):
    saved = at_once(*[lambda: outbox.save_settings(person, wanted={}, email_pace="each", digest_hour=7, quiet_from=None, quiet_until=None)] * THREADS)
    assert [one for one in saved if isinstance(one, Exception)] == []
    assert NotificationSettings.objects.count() == 1
