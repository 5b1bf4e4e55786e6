"""One world with every text in every place that a person can name or describe; made once, looked at often, taken back at the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from accounts.keys import services as keys
from accounts.services import update_profile
from alerts.models import PushDevice
from alerts.services import create_rule
from alerts.webhooks import services as webhooks
from market.services import PartDraft, create_blend, create_private_instrument, create_watchlist, watchlists
from portfolio_site.kernel.errors import DomainError, Invalid
from portfolios.imports.services import start_import
from portfolios.models import Portfolio
from portfolios.services import TransactionDraft, create_portfolio, record_many
from tests import factories
from tests.hostile.strings import TEXTS

DAY = date(2024, 1, 2)


@dataclass
class World:
    person: Any
    portfolio: Portfolio
    stored: dict[str, list[str]] = field(default_factory=dict)  # by place
    refused: dict[str, dict[str, str]] = field(default_factory=dict)  # by place and text: the sentence

    def put(self, place: str, texts: list[str], store: Callable[[int, str], Any]) -> None:
        """Stores each text in a place as a person would, or keeps the sentence that refuses it."""
        kept, refused = self.stored.setdefault(place, []), self.refused.setdefault(place, {})
        for number, text in enumerate(texts):
            try:
                with transaction.atomic():
                    store(number, text)
            except DomainError as problem:
                refused[text] = "; ".join(one.detail for one in problem.errors) or problem.detail
            else:
                kept.append(text)

    def browser(self) -> Client:
        client = Client()
        client.force_login(self.person)
        return client

    def api(self) -> APIClient:
        client = APIClient()
        client.force_login(self.person)
        return client


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    patch = pytest.MonkeyPatch()
    patch.setattr(keys, "MOST_KEYS", 1000)
    patch.setattr(webhooks, "MOST", 1000)
    patch.setattr(watchlists, "MOST_WATCHLISTS", 1000)
    with django_db_blocker.unblock(), transaction.atomic():
        cache.clear()
        person = factories.make_person("hedda")
        made = World(person, factories.make_portfolio(person, name="Ledger", tracks_cash=False))
        _in_the_ledger(made)
        _elsewhere(made)
        yield made
        transaction.set_rollback(True)
    patch.undo()


def _in_the_ledger(world: World) -> None:
    person, named = world.person, {}
    world.put("portfolio", TEXTS, lambda n, text: create_portfolio(person, name=text[:90] or "x", base_currency="EUR", description=text))
    world.put("instrument", TEXTS, lambda n, text: named.setdefault(n, _instrument(person, n, text)))
    plain = factories.make_instrument("PLAIN", owner=person, exchange="", price="12")
    drafts = {n: _draft(named.get(n, plain), text, n) for n, text in enumerate(TEXTS)}
    try:
        record_many(person, world.portfolio, drafts.values())
    except Invalid as problem:  # told for all rows at once; nothing is recorded then
        refused = world.refused.setdefault("entry", {})
        for one in problem.errors:
            refused[TEXTS[int(one.field.split(".")[1])]] = one.detail
    good = [n for n in drafts if TEXTS[n] not in world.refused.get("entry", {})]
    record_many(person, world.portfolio, [drafts[n] for n in good])
    world.stored["entry"] = [TEXTS[n] for n in good]


def _instrument(person: Any, number: int, text: str) -> Any:
    made = create_private_instrument(person, symbol=f"H{number}", name=text, asset_class="stock", currency="EUR")
    factories.set_quote(made, "12", "11")
    return made


def _draft(instrument: Any, text: str, number: int) -> TransactionDraft:
    quantity = factories.D(1)
    return TransactionDraft(
        kind="buy", traded_on=DAY, instrument=instrument, quantity=quantity, price=factories.D(10), notes=text, reference=text, tags=(text,)
    )


def _elsewhere(world: World) -> None:
    """These take turns: each text is in several of them, and some of every kind in each."""
    person = world.person
    watched = factories.make_instrument("WATCHED", price="12")
    part = PartDraft(watched, factories.D(1))
    csv = b"Date,Type,Amount,Currency\n2024-01-02,deposit,5,EUR\n"
    world.put(
        "alert", TEXTS[::3], lambda n, text: create_rule(person, instrument=watched, kind="price_above", threshold=factories.D(n + 100), note=text)
    )
    world.put("watchlist", TEXTS[1::3], lambda n, text: create_watchlist(person, name=text, instruments=[watched]))
    world.put("key", TEXTS[2::3], lambda n, text: keys.make_key(person, name=text, scopes=["profile:read"], days=None))
    world.put(
        "webhook",
        TEXTS[::4],
        lambda n, text: webhooks.create_webhook(person, url=f"https://in.example/{n}", events=["alert.fired"], description=text),
    )
    world.put("display name", TEXTS[1::4], lambda n, text: update_profile(person, name=text))
    world.put("blend", TEXTS[::8], lambda n, text: create_blend(person, name=text, currency="EUR", parts=[part]))
    world.put("file", TEXTS[::16], lambda n, text: start_import(person, world.portfolio, file_name=text, content=csv))
    for number, text in enumerate(TEXTS[::40]):
        PushDevice.objects.create(owner=person, fingerprint=f"f{number}", subscription={}, name=re.sub("[\x00\ud800-\udfff]", "", text)[:60])
