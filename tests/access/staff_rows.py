"""One row of every model that stands in the administration, with words in it that only their person may read."""

from __future__ import annotations

from datetime import date
from typing import Any

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Client, Token
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from accounts.keys.services import make_key
from accounts.models import AuditEntry, SupportView
from accounts.tokens import issue
from accounts.viewing.services import allow_support
from alerts.models import Delivery, Firing
from alerts.services import create_rule
from alerts.webhooks.services import create_webhook
from market import models as market
from portfolios.imports.services import start_import
from portfolios.models import IntegrityReport
from tests import factories

# what stands in a person's own rows, and in secrets: never on a page of support
CANARIES = {
    "a portfolio's name": "Goshawk plan",
    "a note": "whispered note",
    "a holding": "KESTREL",
    "an amount": "48151.62",
    "a file": "salary-slip.csv",
    "a sentence": "rose above 342.108",
    "a passkey": "Ivory telephone",
    "an address": "198.51.100.77",
    "a key": "Nightingale key",
    "where a webhook leads": "hooks.example.org",
}
SECRETS = ("feed-secret-x1", "app-secret-x2")  # on no page at all


def make_rows(person: Any, today: date) -> dict[str, Any]:
    """By the label of the model: the key of a row."""
    rows = [*_of_the_person(person, today), *_of_the_market(today), *_of_packages(person, today), *_schedules()]
    found = {row._meta.label: row.pk for row in rows}
    found["accounts.AuditEntry"] = AuditEntry.objects.filter(subject=person.pk).latest("pk").pk
    assert set(found) == {model._meta.label for model in admin.site._registry}, "make a row of each model of the administration here"
    return found


def _of_the_person(person: Any, today: date) -> list[Any]:
    held = factories.make_instrument("KESTREL", name="KESTREL Corporation", owner=person, exchange="", price="12")
    portfolio = factories.make_portfolio(person, name="Goshawk plan", description="whispered note")
    factories.record(portfolio, "deposit", today, amount="48151.62", notes="whispered note")
    factories.record(portfolio, "buy", today, held, quantity="1", price="10")
    batch = start_import(person, portfolio, file_name="salary-slip.csv", content=b"Date,Type,Amount,Currency\n2024-01-02,deposit,5,EUR\n")
    rule = create_rule(person, instrument=held, kind="price_above", threshold=factories.D("342.108"), note="whispered note")
    firing = Firing.objects.create(rule=rule, event_key=f"KESTREL:{rule.pk}", sentence="KESTREL rose above 342.108", fired_at=timezone.now())
    sent = Delivery.objects.create(
        key=f"KESTREL:{rule.pk}:email",
        owner=person,
        channel="email",
        family="price",
        firing=firing,
        payload={"sentence": "KESTREL rose above 342.108"},
        state="dead",
    )
    webhook = create_webhook(person, url="https://hooks.example.org/in", events=["alert.fired"]).webhook
    consent = allow_support(person, hours=1)
    look = SupportView.objects.create(consent=consent, started_at=consent.given_at, ended_at=consent.given_at, ending="left")
    report = IntegrityReport.objects.create(
        checked_at=timezone.now(), portfolios=1, findings=[{"portfolio": portfolio.pk, "what": "KESTREL is 48151.62"}]
    )
    return [
        person,
        consent,
        look,
        portfolio,
        batch,
        rule,
        firing,
        sent,
        webhook,
        report,
        make_key(person, name="Nightingale key", scopes=["profile:read"], days=None)[0],
    ]


def _of_the_market(today: date) -> list[Any]:
    one = factories.make_instrument("OPEN", price="10", name="Open Corporation")
    now = timezone.now()
    return [
        one,
        one.quote,
        market.Benchmark.objects.create(name="Index", currency="EUR", instrument=one),
        market.RisklessRate.objects.create(currency="CHF", day=today, percent=factories.D(1), source="manual"),
        market.UrlFeed.objects.create(name="house", address="https://prices.example/{symbol}", price="p", currency="EUR", secret="feed-secret-x1"),
        market.InstrumentMerge.objects.create(stays=one.pk, goes=1, stays_symbol="OPEN", goes_symbol="SHUT"),
        market.Price.objects.create(instrument=one, day=today, close=factories.D(10), source="test"),
        market.CorporateAction.objects.create(instrument=one, kind="dividend", ex_day=today, amount=factories.D(1), source="test"),
        market.FxRate.objects.create(base="EUR", quote="USD", day=today, rate=factories.D("1.1"), source="test"),
        market.SourceProfile.objects.create(instrument=one, source="test", fetched_at=now),
        market.Classification.objects.create(instrument=one, sector="Financials"),
        market.SourceSymbol.objects.create(instrument=one, source="test", symbol="OPEN"),
        market.Suspect.objects.create(
            instrument=one, kind="quote", source="test", day=today, as_of=now, price=factories.D(99), reason="jump", found_at=now
        ),
    ]


def _of_packages(person: Any, today: date) -> list[Any]:
    client = Client.objects.create(id="app-1", name="An app", owner=person, secret="app-secret-x2")
    return [
        EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=True),
        Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "Ivory telephone", "credential": {}}),
        UserSession.objects.create(user=person, ip="198.51.100.77", session_key="k", user_agent="Ivory telephone"),
        SocialAccount.objects.create(user=person, provider="openid_connect", uid="7"),
        SocialApp.objects.create(provider="openid_connect", name="Elsewhere", client_id="id", secret="app-secret-x2"),
        client,
        Token.objects.create(client=client, user=person, type=Token.Type.REFRESH_TOKEN, hash="h"),
        _refresh_token(person),
    ]


def _refresh_token(person: Any) -> Any:
    issue(person)
    return person.refresh_tokens.latest("pk")


def _schedules() -> list[Any]:
    every = IntervalSchedule.objects.create(every=1, period="hours")
    return [
        every,
        PeriodicTask.objects.create(name="a job", task="accounts.tasks.sweep", interval=every),
        ClockedSchedule.objects.create(clocked_time=timezone.now()),
        CrontabSchedule.objects.create(),
        SolarSchedule.objects.create(event="sunset", latitude=1, longitude=1),
    ]
