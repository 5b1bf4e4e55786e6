"""Who is told nothing any more, whatever the channel."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone as clock

from accounts.models import Preferences
from alerts import services
from alerts.models import Delivery, Firing, NotificationSettings, Phone, PushDevice, Webhook
from alerts.outbox import sending
from alerts.outbox.choices import Channel, Event, State
from alerts.outbox.enqueuing import enqueue
from alerts.webhooks.services import tell
from tests import factories

pytestmark = pytest.mark.django_db


class _Refusing:
    """A channel that nothing may reach."""

    @contextmanager
    def opened(self):
        yield self

    def send(self, delivery):
        pytest.fail(f"{delivery.channel} was sent")


def _fire(rule, number):
    enqueue([Firing.objects.create(rule=rule, event_key=f"rule:{rule.pk}:{number}", sentence="AAPL rose.", fired_at=clock.now())])


def _deactivated(person):
    type(person).objects.filter(pk=person.pk).update(is_active=False)


def _leaving(person):
    Preferences.objects.filter(user=person).update(leaves_at=clock.now() + timedelta(days=7))


@pytest.mark.parametrize("gone", [_deactivated, _leaving])
def test_nothing_is_sent_on_any_channel_to_who_may_not_sign_in_or_is_to_be_erased(person, settings, monkeypatch, gone):
    settings.SMS_CONSOLE = True
    monkeypatch.setattr("alerts.channels.vapid.is_on", lambda: True)
    NotificationSettings.objects.create(owner=person, unwanted=[])
    Phone.objects.create(owner=person, number="+4915112345678", verified_at=clock.now())
    PushDevice.objects.create(owner=person, name="Firefox", subscription={}, fingerprint="f")
    Webhook.objects.create(owner=person, url="https://example.com/", events=["alert.fired", "import.finished"], secret="s")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    apple = factories.make_instrument("AAPL", currency="USD", price="95")
    rule = services.create_rule(person, instrument=apple, kind="price_above", threshold=factories.D(100))
    _fire(rule, 1)
    rows = list(Delivery.objects.all())
    assert {row.channel for row in rows} == set(Channel)
    gone(person)
    for channel in Channel:
        monkeypatch.setitem(sending.WAYS, channel, _Refusing())
        assert sending.deliver_due(channel)["never"] == 1
    assert {row.state for row in Delivery.objects.all()} == {State.DROPPED}
    _fire(rule, 2)
    tell(person.pk, Event.IMPORT_FINISHED, key="import:1")
    assert Delivery.objects.count() == len(rows)
