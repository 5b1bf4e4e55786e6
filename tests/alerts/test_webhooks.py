"""Webhooks: signed, never into our own network, tried again under the same key, and their secret told once."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from django.utils import timezone as clock

from alerts import services as alerts
from alerts.channels import webhook as channel
from alerts.errors import BadWebhook
from alerts.models import Delivery, Firing, Webhook
from alerts.outbox.choices import State
from alerts.outbox.enqueuing import enqueue
from alerts.outbox.sending import deliver_due
from alerts.webhooks import services
from alerts.webhooks.signing import signature, verify
from portfolios.imports.services import start_import
from tests import factories
from tests.alerts.webhook_server import Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings, monkeypatch):
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(channel, "PATIENCE", 0.5)
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def made(person, receiver):
    return services.create_webhook(person, url=receiver.url, events=["alert.fired", "import.failed", "import.finished"])


@pytest.fixture
def fire(person):
    apple = factories.make_instrument("AAPL", currency="USD", price="95")
    rule = alerts.create_rule(person, instrument=apple, kind="price_above", threshold=factories.D(100))

    def firing(number=1):
        one = Firing.objects.create(rule=rule, event_key=f"rule:{rule.pk}:quote:1:{number}", sentence="AAPL rose.", fired_at=clock.now())
        enqueue([one])
        return one

    return firing


def at_once():
    Delivery.objects.open().update(next_at=clock.now())
    return deliver_due("webhook")


def test_a_firing_is_posted_signed_with_its_key(made, receiver, fire):
    firing = fire()
    at_once()
    ((headers, body),) = receiver.got
    key = f"{firing.event_key}:webhook:{made.webhook.pk}"
    assert headers["Idempotency-Key"] == key and headers["Plumbline-Event"] == "alert.fired"
    assert verify(headers["Plumbline-Signature"], body, made.secret, int(time.time()))
    assert not verify(headers["Plumbline-Signature"], body + b" ", made.secret, int(time.time()))
    assert not verify(headers["Plumbline-Signature"], body, made.secret, int(time.time()) + 301)
    told = json.loads(body)
    assert told["id"] == key and told["type"] == "alert.fired"
    assert told["data"]["sentence"] == "AAPL rose." and told["data"]["symbol"] == "AAPL" and told["data"]["notification"] == firing.pk
    row = Delivery.objects.get()
    assert (row.state, row.code, row.problem) == (State.SENT, 200, "thank you")


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        (500, State.WAITING, 500),
        (404, State.WAITING, 404),
        ((302, {"Location": "http://127.0.0.1:1/"}), State.WAITING, 302),
        ("drop", State.UNKNOWN, None),
        ("hang", State.UNKNOWN, None),
        (410, State.DEAD, 410),
    ],
)
def test_what_it_answers_decides_and_every_attempt_sends_the_same_bytes(made, receiver, fire, answer, state, code):
    fire()
    receiver.answers = [answer]
    at_once()
    row = Delivery.objects.get()
    assert (row.state, row.code) == (state, code) and row.problem
    if state == State.DEAD:
        assert not Webhook.objects.get().active
        return
    at_once()
    assert Delivery.objects.get().state == State.SENT
    (first, body), (second, again) = receiver.got
    assert body == again and first["Idempotency-Key"] == second["Idempotency-Key"]


def test_a_receiver_that_asks_for_time_gets_it(made, receiver, fire):
    fire()
    receiver.answers = [(429, {"Retry-After": "600"})]
    at_once()
    assert (Delivery.objects.get().next_at - clock.now()).total_seconds() > 590


def test_one_that_does_not_answer_is_asked_once_a_round(made, receiver, fire):
    for number in range(5):
        fire(number)
    receiver.answers = [503] * 9
    at_once()
    assert len(receiver.got) == 1 and Delivery.objects.open().count() == 5


def test_after_a_rotation_both_secrets_sign_for_a_day_and_then_the_new_one_alone(person, made, receiver, fire):
    fresh = services.rotate_secret(person, made.webhook)
    fire()
    at_once()
    Webhook.objects.update(old_secret_until=clock.now())
    fire(2)
    at_once()
    (first, body), (second, later) = receiver.got
    now = int(time.time())
    assert verify(first["Plumbline-Signature"], body, made.secret, now) and verify(first["Plumbline-Signature"], body, fresh.secret, now)
    assert not verify(second["Plumbline-Signature"], later, made.secret, now) and verify(second["Plumbline-Signature"], later, fresh.secret, now)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/x", "http://localhost/x", "http://[::1]/", "http://169.254.169.254/", "http://10.0.0.1", "ftp://example.org/", "x"]
)
def test_an_address_that_leads_inside_is_refused_when_it_is_written(person, url):
    with pytest.raises(BadWebhook):
        services.create_webhook(person, url=url, events=["alert.fired"])


def test_a_name_that_leads_inside_is_refused_when_it_is_called(person, fire, monkeypatch):
    services.create_webhook(person, url="https://inside.example/x", events=["alert.fired"])
    monkeypatch.setattr("portfolio_site.web.outgoing.resolve", lambda host, port: ["10.0.0.7"])
    fire()
    at_once()
    row = Delivery.objects.get()
    assert row.state == State.DEAD and "private network" in row.problem


def test_a_failed_import_is_told_in_the_transaction_that_ends_it(person, made, receiver, portfolio, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        batch = start_import(person, portfolio, file_name="a.csv", content=b"\x00\x01 no table at all")
    batch.refresh_from_db()
    assert batch.status == "failed"
    deliver_due("webhook")
    ((headers, body),) = receiver.got
    assert headers["Plumbline-Event"] == "import.failed"
    assert json.loads(body)["data"] | {"problem": "", "sentence": ""} == {
        "import": batch.pk,
        "portfolio": portfolio.pk,
        "status": "failed",
        "problem": "",
        "sentence": "",
    }


def test_the_api_tells_the_secret_once_and_keeps_it_sealed(api, receiver):
    answer = api.post("/api/v1/webhooks", {"url": receiver.url, "events": ["alert.fired"]})
    assert answer.status_code == 201 and answer.json()["secret"].startswith("whsec_")
    url = f"/api/v1/webhooks/{answer.json()['id']}"
    assert "secret" not in api.get(url).json()
    assert api.patch(url, {"active": False}).json()["active"] is False
    assert api.patch(url, {"events": ["weather"]}).status_code == 422
    assert api.post(f"{url}/rotate").json()["secret"] != answer.json()["secret"]
    assert api.post(f"{url}/test").status_code == 202
    deliver_due("webhook")
    assert [one["state"] for one in api.get(f"{url}/deliveries").json()["results"]] == ["sent"]
    assert api.get("/api/v1/webhooks").json()["results"][0]["url"] == receiver.url
    assert api.delete(url).status_code == 204 and api.get(url).status_code == 404


def test_the_pages_add_show_and_delete(signed_in, receiver):
    url = "/settings/notifications/webhooks/"
    refused = signed_in.post(url, {"url": "http://10.0.0.1/", "events": ["alert.fired"]})
    assert refused.status_code == 422 and "private network" in refused.content.decode()
    shown = signed_in.post(url, {"url": receiver.url, "events": ["alert.fired"]})
    secret = Webhook.objects.get().secret
    assert secret in shown.content.decode() and "no-store" in shown["Cache-Control"]
    assert secret not in signed_in.get(url).content.decode()
    own = f"{url}{Webhook.objects.get().pk}/"
    signed_in.post(own + "test/")
    deliver_due("webhook")
    assert "Answered 200" in signed_in.get(own).content.decode()
    signed_in.post(own + "delete/")
    assert not Webhook.objects.exists()


def test_the_worked_example_of_the_documentation_is_right():
    text = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()
    example = re.search(r"\| secret \| `(\S+)`.*?\| time \| `(\d+)`.*?\| body \| `(.+?)`.*?\| v1 \| `(\w+)`", text, re.S)
    secret, at, body, expected = example.groups()
    assert signature(body.encode(), secret, int(at)) == expected
    code = re.search(r"```python\n(.*?)```", text, re.S)[1]
    space: dict = {}
    exec(code, space)
    assert space["is_ours"](f"t={at},v1={expected}", body.encode(), secret, now=int(at) + 10)
    assert not space["is_ours"](f"t={at},v1={expected}", b"{}", secret, now=int(at) + 10)
    assert not space["is_ours"](f"t={at},v1={expected}", body.encode(), secret, now=int(at) + 1000)
