"""Every route, called by nobody and by a stranger.  A new route that is not named here fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.data_rights.exporting import ask_for_export
from accounts.keys.services import make_key
from alerts.models import Delivery, Firing, Notice, PushDevice
from alerts.services import create_rule
from alerts.webhooks.services import create_webhook
from market.models import Article, ArticleInstrument, FxRate, Instrument, MutedPublisher
from market.services import ActionRow, PartDraft, create_blend, create_watchlist, ingest_actions, remove_blend
from portfolios.actions.proposing import propose_actions
from portfolios.comments.services import write_comment
from portfolios.imports.services import start_import
from portfolios.models import ActionProposal, OwnershipOffer
from portfolios.roles import Role
from portfolios.sharing.memberships import set_membership
from portfolios.suggestions.services import suggest_void
from tests import factories

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

# Open to everybody, by decision.
PUBLIC = {
    "landing",
    "privacy",
    "gpc",  # that a signal of browsers is honoured
    "healthz",
    "readyz",
    "api-auth-register",
    "api-auth-login",
    "api-auth-refresh",
    "api-auth-logout",
    "api-schema",
    "api-docs",
    "configuration",  # of the OAuth provider: for programs, which prove themselves by a code, a secret or a token
    "jwks",
    "token",
    "revoke",
    "userinfo",
    "public-page",  # whoever knows the secret address of a public link
    "api-public-link",
    "income-feed",  # whoever knows the secret address of a calendar
    "unsubscribe",  # a signed link of a mail
    "sms-status",  # signed by Twilio
    "push-worker",  # a script
    "preferences-toggle",  # a cookie, for people who are not signed in
}
# allauth's own pages before signing in
GATE = {
    "account_signup",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_confirm_email",
    "account_email_verification_sent",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_login_code",
    "mfa_login_webauthn",
    "openid_connect_login",
    "openid_connect_callback",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "socialaccount_signup",
}


@dataclass(frozen=True)
class Route:
    name: str
    path: str
    parameters: tuple[str, ...]


def _routes(patterns: list[Any], prefix: str = "") -> Iterator[Route]:
    for item in patterns:
        text = prefix + str(item.pattern).lstrip("^").rstrip("$")
        if isinstance(item, URLResolver):
            if item.app_name != "admin":
                yield from _routes(item.url_patterns, text)
        elif isinstance(item, URLPattern):
            yield Route(item.name or text, "/" + text, tuple(item.pattern.converters))


ROUTES = [route for route in _routes(get_resolver().url_patterns) if route.name not in PUBLIC | GATE]
WITH_A_ROW = [route for route in ROUTES if "pk" in route.parameters]


def _filled(route: Route, pk: int, **others: str) -> str:
    path = route.path
    for name in route.parameters:
        value = str(pk) if name == "pk" else others.get(name, "1")
        for kind in ("id", "str", "int", "slug", "path"):
            path = path.replace(f"<{kind}:{name}>", value)
    assert "<" not in path, f"{route.path}: what does this parameter hold?"
    return path


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
@pytest.mark.django_db
def test_nobody_gets_in_without_signing_in(client: Client, route: Route) -> None:
    path = _filled(route, 1, symbol="AAPL", base="EUR", quote="USD", instrument="1")
    for method in METHODS:
        answer = client.generic(method, path, data="{}", content_type="application/json")
        if path.startswith("/api/"):
            # 405 tells no more than the document at /api/v1/schema does
            assert answer.status_code in {401, 405}, (method, path, answer.status_code)
            if answer.status_code == 401:
                assert answer["WWW-Authenticate"]
                assert answer["Content-Type"] == "application/problem+json"
        else:
            assert answer.status_code in {302, 405}, (method, path, answer.status_code)
            if answer.status_code == 302:
                assert answer["Location"].startswith("/accounts/login/"), (method, path)


@pytest.fixture
def belongings(person: Any, today: date) -> dict[str, int]:
    """One row of each kind that has an address, all of them the person's: its number by kind."""
    own = factories.make_instrument("HOUSE", owner=person, exchange="")
    return {
        "instrument": own.pk,
        "data": ask_for_export(person).pk,
        "key": make_key(person, name="Mine", scopes=["profile:read"], days=None)[0].pk,
        **_ledger_of(person, own, today),
        **_alerts_of(person, own),
        **_market_of(person, own, today),
        **_sign_ins_of(person),
    }


def _sign_ins_of(person: Any) -> dict[str, int]:
    passkey = Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "Phone", "credential": {}})
    return {"passkey": passkey.pk, "session": UserSession.objects.create(user=person, ip="192.0.2.1", session_key="k", user_agent="x").pk}


def _ledger_of(person: Any, own: Instrument, today: date, proposal: Callable[[], ActionProposal] = ActionProposal.objects.get) -> dict[str, int]:
    portfolio = factories.make_portfolio(person)
    factories.record(portfolio, "deposit", today, amount="1000")
    entry = factories.record(portfolio, "buy", today, own, quantity="1", price="10")
    batch = start_import(person, portfolio, file_name="a.csv", content=b"Date,Type,Amount,Currency\n2024-01-02,deposit,5,EUR\n")
    ingest_actions({own.pk: [ActionRow("dividend", today, amount=factories.D(1))]}, "test")
    factories.record(portfolio, "transfer_in", today - timedelta(days=9), own, quantity="1", price="1")
    propose_actions()
    comment = write_comment(person, portfolio, text="Why?")
    suggestion = suggest_void(person, entry, note="Why not?")
    giver = factories.make_person()
    given = factories.make_portfolio(giver)
    set_membership(given, person, Role.VIEWER)
    now = timezone.now()
    offer = OwnershipOffer.objects.create(portfolio=given, to=person, created_at=now, expires_at=now + timedelta(days=1))
    return {
        "portfolio": portfolio.pk,
        "transaction": entry.pk,
        "offer": offer.pk,
        "comment": comment.pk,
        "suggestion": suggestion.pk,
        "import": batch.pk,
        "proposal": proposal().pk,
    }


def _alerts_of(person: Any, own: Instrument) -> dict[str, int]:
    rule = create_rule(person, instrument=own, kind="price_above", threshold=factories.D(20))
    firing = Firing.objects.create(rule=rule, event_key="a-test", sentence="It rose.", fired_at=timezone.now())
    sent = Delivery.objects.create(
        key="a-test:email", owner=person, channel="email", family="price", firing=firing, payload={"sentence": "It rose."}, state="dead"
    )
    device = PushDevice.objects.create(owner=person, fingerprint="f", subscription={}, name="Browser")
    notice = Notice.objects.create(owner=person, key="a-test", sentence="Somebody did.", told_at=timezone.now())
    webhook = create_webhook(person, url="https://example.org/in", events=["alert.fired"]).webhook
    return {"alert": rule.pk, "notification": firing.pk, "notice": notice.pk, "delivery": sent.pk, "webhook": webhook.pk, "device": device.pk}


def _market_of(person: Any, own: Instrument, today: date) -> dict[str, int]:
    blend, removed = (create_blend(person, name=name, currency="EUR", parts=[PartDraft(own, factories.D(1))]) for name in ("Mine", "Gone"))
    remove_blend(person, removed)
    now = timezone.now()
    article = Article.objects.create(
        fingerprint="f",
        story="s",
        url="https://wire.example/1",
        title="It rose",
        publisher="Wire",
        published_at=now,
        fetched_at=now,
        source="newsapi",
    )
    ArticleInstrument.objects.create(article=article, instrument=own)
    return {
        "watchlist": create_watchlist(person, name="Mine", instruments=[own]).pk,
        "blend": blend.pk,
        "removed": removed.pk,
        "article": article.pk,
        "muted": MutedPublisher.objects.create(owner=person, publisher="Loud").pk,
        "rate": FxRate.objects.create(owner=person, base="USD", quote="EUR", day=today, rate=factories.D("0.8"), source="own").pk,
    }


# Which row a route's number names, by the route's name without "api-"; of beginnings, the first that fits.
_KINDS = {
    "blend-restore": "removed",
    "benchmark-restore": "removed",
    "imports": "portfolio",
    "portfolio-imports": "portfolio",
}
_OF_A_PORTFOLIO = [
    "portfolio",
    "holdings",
    "lots",
    "export",
    "transactions",
    "value",
    "gains",
    "income",
    "performance",
    "comparison",
    "drivers",
    "contribution",
    "calendar",
    "drawdowns",
    "attribution",
    "rolling",
    "costs",
    "growth",
    "projection",
    "risk",
    "explain",
    "diversification",
    "unusual",
]
_BEGINNINGS = {
    **dict.fromkeys(_OF_A_PORTFOLIO, "portfolio"),
    "transaction": "transaction",
    "instrument": "instrument",
    "import": "import",
    "alert": "alert",
    "deliver": "delivery",
    "webhook": "webhook",
    "device": "device",
    "notification": "notification",
    "notice": "notice",
    "comment": "comment",
    "suggestion": "suggestion",
    "offer": "offer",
    "proposal": "proposal",
    "news-open": "article",
    "news-muted": "muted",
    "news-unmute": "muted",
    "watchlist": "watchlist",
    "blend": "blend",
    "benchmark": "blend",
    "own-rate": "rate",
    "mfa_": "passkey",
    "session-end": "session",
    "data-export": "data",
    "auth-export": "data",
    "auth-key": "key",
    "settings-key": "key",
}


def _kind(route: Route) -> str:
    """Which row a route's number names."""
    name = route.name.removeprefix("api-")
    if name == "holding":  # of a portfolio by the API, of an instrument on the page
        return "portfolio" if name != route.name else "instrument"
    found = _KINDS.get(name) or next((kind for start, kind in _BEGINNINGS.items() if name.startswith(start)), None)
    assert found is not None, f"{route.name} ({route.path}): say above which row its number names"
    return found


@pytest.mark.parametrize("route", WITH_A_ROW, ids=lambda route: route.name)
@pytest.mark.django_db
def test_a_stranger_finds_nothing_where_somebody_elses_row_is(route: Route, belongings: dict[str, int], stranger: Any) -> None:
    path = _filled(route, belongings[_kind(route)], instrument=str(belongings["instrument"]), symbol="HOUSE")
    absent = _filled(route, 10**17, instrument="1", symbol="NONE")
    browser = Client()
    browser.force_login(stranger)
    tried = 0
    for method in METHODS:
        answer = browser.generic(method, path, data="{}", content_type="application/json")
        if answer.status_code == 405:
            continue
        tried += 1
        assert answer.status_code == 404, (method, path, answer.status_code, answer.content[:200])
        nothing = browser.generic(method, absent, data="{}", content_type="application/json")
        assert nothing.status_code == 404, (method, absent, nothing.status_code)
    assert tried, f"{path} answers no method"
    assert Instrument.objects.filter(pk=belongings["instrument"]).exists()


@pytest.mark.parametrize("route", WITH_A_ROW, ids=lambda route: route.name)
def test_a_number_too_large_for_the_database_is_no_address(route: Route) -> None:
    path = _filled(route, 10**30, symbol="A", instrument="1")
    from django.urls import Resolver404, resolve

    with pytest.raises(Resolver404):
        resolve(path)
