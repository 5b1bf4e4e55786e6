"""Browsers and telephones: asked in by their person, told in secret, and forgotten when they are gone."""

from __future__ import annotations

import base64
import json
import os
from datetime import timedelta
from urllib.parse import parse_qs

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils import timezone as clock

from alerts import services as alerts
from alerts.channels import sms, vapid
from alerts.devices import services
from alerts.errors import BadDevice, BadPhone
from alerts.models import Delivery, Firing, Phone, PushDevice
from alerts.outbox.choices import State
from alerts.outbox.enqueuing import enqueue
from alerts.outbox.sending import deliver_due
from tests import factories
from tests.alerts.webhook_server import Receiver

pytestmark = pytest.mark.django_db


def _text(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Browser:
    """What a browser makes when it is asked to subscribe, and how it reads what it gets."""

    def __init__(self, endpoint):
        self._key, self._auth, self.endpoint = ec.generate_private_key(ec.SECP256R1()), os.urandom(16), endpoint

    @property
    def keys(self):
        return {"p256dh": _text(self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)), "auth": _text(self._auth)}

    def read(self, body):
        return json.loads(http_ece.decrypt(body, private_key=self._key, auth_secret=self._auth, version="aes128gcm"))


@pytest.fixture
def service(settings):
    settings.WEBHOOK_NETWORKS, settings.VAPID_KEY, settings.VAPID_SUBJECT = ["127.0.0.0/8"], b"\x07" * 32, "mailto:ops@plumbline.example"
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def fire(person):
    apple = factories.make_instrument("AAPL", currency="USD", price="95")
    rule = alerts.create_rule(person, instrument=apple, kind="price_above", threshold=factories.D(100))

    def firing(number=1):
        one = Firing.objects.create(rule=rule, event_key=f"rule:1:quote:1:{number}", sentence="AAPL rose to $101.50.", fired_at=clock.now())
        enqueue([one])
        return one

    return firing


def at_once(channel):
    Delivery.objects.open().update(next_at=clock.now())
    deliver_due(channel)


# ── browsers ────────────────────────────────────────────────────────────────


def test_a_browser_reads_what_its_service_cannot(api, service, fire):
    browser = Browser(service.url)
    assert (
        api.post("/api/v1/notifications/devices", {"endpoint": browser.endpoint, "keys": browser.keys, "name": "Firefox, Linux"}).status_code == 201
    )
    firing = fire()
    at_once("push")
    ((headers, body),) = [({name.lower(): value for name, value in found.items()}, sent) for found, sent in service.got]
    assert (
        headers["content-encoding"] == "aes128gcm"
        and headers["authorization"].startswith("vapid t=")
        and vapid.public_key() in headers["authorization"]
    )
    assert b"AAPL" not in body
    told = browser.read(body)
    assert told["body"] == "AAPL rose to $101.50." and told["tag"].startswith(f"{firing.event_key}:push:") and told["url"] == "/notifications/"
    assert Delivery.objects.get().state == State.SENT


@pytest.mark.parametrize("answer", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(person, service, fire, answer):
    browser = Browser(service.url)
    services.add_device(person, endpoint=browser.endpoint, **browser.keys)
    fire()
    service.answers = [answer]
    at_once("push")
    assert not PushDevice.objects.exists() and Delivery.objects.get().state == State.DROPPED
    fire(2)
    assert Delivery.objects.count() == 1


def test_a_service_that_is_busy_is_tried_again_under_the_same_topic(person, service, fire):
    browser = Browser(service.url)
    services.add_device(person, endpoint=browser.endpoint, **browser.keys)
    fire()
    service.answers = [503, "drop"]
    for expected in (State.WAITING, State.UNKNOWN, State.SENT):
        at_once("push")
        assert Delivery.objects.get().state == expected
    assert len({headers.get("topic", headers.get("Topic")) for headers, _ in service.got}) == 1


def test_a_browser_belongs_to_who_signed_in_there_last(person, stranger, service):
    browser = Browser(service.url)
    for owner in (person, stranger):
        services.add_device(owner, endpoint=browser.endpoint, **browser.keys)
    assert PushDevice.objects.get().owner == stranger


@pytest.mark.parametrize("endpoint", ["http://10.0.0.1/x", "https://169.254.169.254/", "ftp://x/", "nonsense"])
def test_an_address_that_leads_inside_is_no_browser(person, service, endpoint):
    with pytest.raises(BadDevice):
        services.add_device(person, endpoint=endpoint, **Browser("").keys)


def test_the_worker_is_a_script_of_ours_at_the_root_and_the_page_offers_it(client, signed_in, service):
    answer = client.get("/push-worker.js")
    assert answer["Content-Type"] == "text/javascript" and b"showNotification" in answer.content
    page = signed_in.get("/settings/notifications/").content.decode()
    assert f'data-push="{vapid.public_key()}"' in page


# ── text messages ───────────────────────────────────────────────────────────


@pytest.fixture
def twilio(settings):
    made = Receiver()
    made.said = b'{"sid": "SM123", "status": "queued"}'
    settings.TWILIO_ACCOUNT, settings.TWILIO_TOKEN, settings.TWILIO_FROM = "AC1", "a secret", "+15005550006"
    settings.TWILIO_URL = made.url.removesuffix("/in")
    yield made
    made.close()


def texts(twilio):
    return [{name: values[0] for name, values in parse_qs(body.decode()).items()} for _, body in twilio.got]


def _confirmed(person, twilio):
    services.give_number(person, "+49 151 123-45678")
    deliver_due("sms")
    code = texts(twilio)[-1]["Body"].split()[-1].strip(".")
    return services.confirm_number(person, code)


def test_a_number_is_used_once_its_code_has_come_back(person, twilio, fire):
    services.give_number(person, "+49 151 123-45678")
    fire()
    assert Delivery.objects.count() == 1, "nothing but the code"
    deliver_due("sms")
    assert texts(twilio)[0]["To"] == "+4915112345678"
    with pytest.raises(BadPhone, match="minute"):
        services.give_number(person, "+49 151 123-45678")
    code = texts(twilio)[0]["Body"].split()[-1].strip(".")
    services.confirm_number(person, code)
    fire(2)
    at_once("sms")
    last = texts(twilio)[-1]
    assert last["Body"] == "Plumbline: Your alert on AAPL fired." and "101" not in last["Body"]
    services.set_amounts(person, True)
    fire(3)
    at_once("sms")
    assert texts(twilio)[-1]["Body"] == "Plumbline: AAPL rose to $101.50."


def test_removing_a_number_makes_no_room_for_more_codes(person, twilio):
    services.give_number(person, "+4915112345678")
    services.remove_phone(person)
    with pytest.raises(BadPhone, match="minute"):
        services.give_number(person, "+4915187654321")
    for _ in range(services.MOST_CODES - 1):
        Delivery.objects.update(created_at=clock.now() - timedelta(hours=1))
        services.give_number(person, "+4915187654321")
    Delivery.objects.update(created_at=clock.now() - timedelta(hours=1))
    with pytest.raises(BadPhone, match="tomorrow"):
        services.give_number(person, "+4915187654321")
    Delivery.objects.update(created_at=clock.now() - timedelta(days=1, hours=1))
    services.give_number(person, "+4915187654321")


def test_five_wrong_codes_end_the_code(person, twilio):
    services.give_number(person, "+4915112345678")
    deliver_due("sms")
    code = texts(twilio)[0]["Body"].split()[-1].strip(".")
    for _ in range(services.MOST_TRIES):
        with pytest.raises(BadPhone):
            services.confirm_number(person, "wrong")
    with pytest.raises(BadPhone, match="Ask for another"):
        services.confirm_number(person, code)
    assert Phone.objects.get().verified_at is None


@pytest.mark.parametrize(
    ("answer", "state"),
    [(500, State.WAITING), (429, State.WAITING), (401, State.WAITING), (400, State.DEAD), ("drop", State.UNKNOWN)],
)
def test_what_twilio_answers_decides(person, twilio, fire, answer, state):
    _confirmed(person, twilio)
    fire()
    twilio.answers = [answer]
    at_once("sms")
    assert Delivery.objects.exclude(key__startswith="code:").get().state == state


def _status(client, values, signature=None):
    given = sms.signed(sms.callback_url(), values) if signature is None else signature
    return client.post("/notifications/sms/status/", values, headers={"X-Twilio-Signature": given})


def test_twilio_is_believed_by_its_signature_alone(client, person, twilio, fire):
    _confirmed(person, twilio)
    Delivery.objects.all().delete()
    fire()
    at_once("sms")
    assert texts(twilio)[-1]["StatusCallback"] == "http://127.0.0.1:8000/notifications/sms/status/"
    delivered = {"MessageSid": "SM123", "MessageStatus": "delivered"}
    assert _status(client, delivered, "forged").status_code == 403
    assert Delivery.objects.get().state == State.SENT
    assert _status(client, delivered).status_code == 204 and Delivery.objects.get().state == State.ARRIVED
    assert _status(client, {"MessageSid": "SM123", "MessageStatus": "failed", "ErrorCode": "30003"}).status_code == 204
    assert Delivery.objects.get().state == State.ARRIVED, "what arrived has arrived"
    assert _status(client, {"MessageSid": "SM999", "MessageStatus": "delivered"}).status_code == 404


def test_a_text_that_the_network_gave_up_is_listed_as_not_delivered(client, person, twilio, fire):
    _confirmed(person, twilio)
    Delivery.objects.all().delete()
    fire()
    at_once("sms")
    _status(client, {"MessageSid": "SM123", "MessageStatus": "undelivered", "ErrorCode": "30003"})
    row = Delivery.objects.get()
    assert row.state == State.DEAD and "30003" in row.problem


def test_a_signature_of_twilios_own_example_is_right(settings):
    settings.TWILIO_TOKEN = "12345"
    values = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309", "To": "+18005551212"}
    assert sms.signed("https://mycompany.com/myapp.php?foo=1&bar=2", values) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_without_an_account_texts_are_printed_where_one_person_runs_it(settings, person, capsys):
    settings.SMS_CONSOLE = True
    services.give_number(person, "+4915112345678")
    deliver_due("sms")
    assert "Text message to +4915112345678: Plumbline: Your code is" in capsys.readouterr().out


def test_the_page_asks_for_a_number_and_its_code(signed_in, person, twilio):
    url = "/settings/notifications/phone/"
    signed_in.post(url, {"do": "give", "number": "0151"})
    assert not Phone.objects.exists()
    signed_in.post(url, {"do": "give", "number": "+4915112345678"})
    deliver_due("sms")
    assert "Six digits" in signed_in.get("/settings/notifications/").content.decode()
    signed_in.post(url, {"do": "confirm", "code": texts(twilio)[0]["Body"].split()[-1].strip(".")})
    assert "To +4915112345678" in signed_in.get("/settings/notifications/").content.decode()
    signed_in.post(url, {"do": "remove"})
    assert not Phone.objects.exists()
