"""Mail servers as they are on bad days: nothing is lost, and what is shown is true."""

from __future__ import annotations

import socket

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone as clock

from alerts import services
from alerts.models import Delivery, Firing
from alerts.outbox.choices import State
from alerts.outbox.enqueuing import enqueue
from alerts.outbox.sending import deliver_due
from tests import factories
from tests.alerts.mail_server import MailServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings):
    made = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", made.port, 0.5
    yield made
    made.close()


@pytest.fixture
def row(person):
    EmailAddress.objects.update_or_create(user=person, email=person.email, defaults={"verified": True, "primary": True})
    rule = services.create_rule(person, instrument=factories.make_instrument("AAPL"), kind="price_above", threshold=factories.D(100))
    firing = Firing.objects.create(rule=rule, event_key="rule:1:quote:1:1", sentence="AAPL rose — to “101”.", fired_at=clock.now())
    return enqueue([firing])[0]


def at_once():
    Delivery.objects.open().update(next_at=clock.now())
    deliver_due("email")
    return Delivery.objects.get()


@pytest.mark.parametrize(
    ("answer", "state", "code", "read"),
    [
        ("451 try later", State.WAITING, 451, 0),
        ("452 full", State.WAITING, 452, 0),
        ("drop", State.UNKNOWN, None, 1),
        ("hang", State.UNKNOWN, None, 1),
    ],
)
def test_what_a_server_did_not_surely_take_is_sent_again_under_the_same_id(server, row, answer, state, code, read):
    server.answers = [answer]
    found = at_once()
    assert (found.state, found.code) == (state, code) and found.problem
    assert len(server.journal) == read
    assert at_once().state == State.SENT
    assert set(server.journal) == {"<rule.1.quote.1.1.email@127.0.0.1>"} and len(server.journal) == read + 1


def test_a_refusal_for_good_is_parked_with_the_words_of_the_server(server, row):
    server.answers = ["550 no such mailbox"]
    found = at_once()
    assert (found.state, found.code) == (State.DEAD, 550) and "no such mailbox" in found.problem
    assert server.journal == []


def test_a_server_that_is_away_costs_one_attempt_a_round(settings, server, row):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = free.getsockname()[1]
        found = at_once()
    assert found.state == State.WAITING and "does not answer" in found.problem
    settings.EMAIL_PORT = server.port
    assert at_once().state == State.SENT


def test_the_mail_arrives_as_text_and_html_with_its_headers(server, row):
    at_once()
    (mail,) = server.mails
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.get_payload()] == ["text/plain", "text/html"]
    assert mail["Auto-Submitted"] == "auto-generated" and mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "AAPL rose — to “101”." in mail.get_payload()[0].get_payload(decode=True).decode()
