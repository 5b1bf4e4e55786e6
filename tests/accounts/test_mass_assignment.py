"""Every field name of every model, sent to every call that writes: what is not the caller's to say changes nothing.

A call either refuses by name what it does not know, and then nothing at all is changed, or takes no notice of it; in both cases nobody's
rights, password, rows or numbers are others than before.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models
from django.urls import get_resolver, resolve
from rest_framework.test import APIClient

from accounts.models import RefreshToken
from portfolios.models import Portfolio
from tests import factories
from tests.contracts.test_access import Route, _filled, _kind, _routes, belongings

__all__ = ["belongings"]

CHOSEN = 77_777  # a number that no row gets by itself
OURS = ("accounts", "market", "portfolios", "analytics", "alerts")
User = get_user_model()
MODELS = [model for model in apps.get_models() if model._meta.app_label in OURS]
# what a call may well write beside its own work
LOGS = {"accounts.AuditEntry", "accounts.AuditHead", "accounts.IdempotencyKey", "accounts.RefreshToken"}
NAMES = sorted({field.name for model in MODELS for field in model._meta.get_fields()} | {"pk", "user_id", "owner_id", "role", "scope", "admin"})
WRITING = [
    (route, method)
    for route in _routes(get_resolver().url_patterns)
    if route.path.startswith("/api/v1/")
    for method in ("post", "put", "patch")
    if hasattr(resolve(_filled(route, 1, symbol="AAPL", base="EUR", quote="USD", instrument="1")).func.cls, method)  # type: ignore[attr-defined]
]


def hostile(stranger: Any) -> dict[str, Any]:
    """Each name with a value that would do harm if it were taken."""
    values: dict[str, Any] = dict.fromkeys(NAMES, stranger.pk)
    for name in ("is_staff", "is_superuser", "is_active", "admin", "confirmed", "verified"):
        values[name] = True
    values["id"] = values["pk"] = CHOSEN
    return values


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows, column by column."""
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in MODELS if model._meta.label not in LOGS}


def rights() -> dict[str, Any]:
    """What no call may touch: who people are and may be, and whose each row is."""
    people = User.objects.order_by("pk").values_list("pk", "password", "is_staff", "is_superuser", "is_active", "date_joined", "email")
    owned = {}
    for model in MODELS:
        for field in model._meta.local_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is User:
                owned[f"{model._meta.label}.{field.name}"] = dict(model.objects.values_list("pk", field.attname))
    return {"people": list(people), "groups": list(User.groups.through.objects.values()), "owned": owned}


def unharmed(before: dict[str, Any], after: dict[str, Any], newcomer: bool, caller: int = 0) -> None:
    """`caller`: who may now stand where nobody stood before, as who decided something."""
    known = {person[0] for person in before["people"]}
    assert [person for person in after["people"] if person[0] in known] == before["people"]
    assert newcomer or len(after["people"]) == len(before["people"])
    assert not any(person[2] or person[3] for person in after["people"]) and after["groups"] == before["groups"] == []
    for column, owners in after["owned"].items():
        for pk, owner in owners.items():
            was = before["owned"][column].get(pk, owner)
            assert was == owner or (was is None and owner == caller), f"{column} of {pk} went to somebody else"


def _where(route: Route, rows: dict[str, int]) -> str:
    pk = rows[_kind(route)] if "pk" in route.parameters else 1
    return _filled(route, pk, instrument=str(rows["instrument"]), symbol="HOUSE", base="EUR", quote="USD")


@pytest.mark.parametrize(("route", "method"), WRITING, ids=[f"{method} {route.name}" for route, method in WRITING])
@pytest.mark.django_db
def test_every_field_name_of_every_model_is_sent_in_vain(route: Route, method: str, belongings: dict[str, int], person: Any, stranger: Any) -> None:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(person)
    before = rights()
    answer = getattr(client, method)(_where(route, belongings), hostile(stranger), format="json")
    assert answer.status_code < 500, answer.content[:300]
    unharmed(before, rights(), newcomer=False, caller=person.pk)


# ── what would be good without them: bodies of the main calls, with every foreign name beside ──────────


def _bodies(rows: dict[str, int], today: date) -> dict[str, tuple[str, str, dict[str, Any]]]:
    portfolio, own = rows["portfolio"], rows["instrument"]
    entry = {"portfolio": portfolio, "type": "deposit", "amount": "5", "currency": "EUR", "date": today.isoformat()}
    return {
        "auth me": ("patch", "/api/v1/auth/me", {"name": "Mia"}),
        "keys": ("post", "/api/v1/auth/keys", {"name": "x", "scopes": ["profile:read"]}),
        "portfolios": ("post", "/api/v1/portfolios", {"name": "New", "base_currency": "EUR"}),
        "portfolio": ("patch", f"/api/v1/portfolios/{portfolio}", {"name": "Renamed"}),
        "transactions": ("post", "/api/v1/transactions", entry),
        "transaction": ("patch", f"/api/v1/transactions/{rows['transaction']}", {"notes": "x"}),
        "instruments": ("post", "/api/v1/instruments", {"symbol": "NEW", "name": "New", "asset_class": "stock", "currency": "EUR"}),
        "instrument": ("patch", f"/api/v1/instruments/{own}", {"name": "Renamed"}),
        "watchlists": ("post", "/api/v1/watchlists", {"name": "New"}),
        "alerts": ("post", "/api/v1/alerts", {"instrument": own, "kind": "price_above", "threshold": "30"}),
    }


@pytest.mark.parametrize("name", list(_bodies({"portfolio": 1, "instrument": 1, "transaction": 1}, date(2026, 1, 1))))
@pytest.mark.django_db
def test_foreign_names_beside_a_good_body_are_refused_or_without_effect(
    name: str, belongings: dict[str, int], person: Any, stranger: Any, today: date
) -> None:
    client = APIClient()
    client.force_authenticate(person)
    method, path, body = _bodies(belongings, today)[name]
    for group in (
        ["owner", "owner_id", "user", "user_id"],
        ["id", "pk"],
        ["is_staff", "is_superuser", "is_active", "groups", "user_permissions", "password"],
        ["revision", "created_at", "recorded_at", "voided_at", "digest", "prefix", "last_login"],
    ):
        foreign = {one: hostile(stranger).get(one, "x") for one in group if one not in body}
        before, all_before = rights(), everything()
        answer = getattr(client, method)(path, body | foreign, format="json")
        assert answer.status_code in {200, 201, 400, 422}, (group, answer.content[:300])
        unharmed(before, rights(), newcomer=False)
        if answer.status_code >= 400:
            assert everything() == all_before, f"{group}: refused, and something was changed all the same"
        else:
            assert answer.json().get("id") != CHOSEN
    assert not RefreshToken.objects.filter(user=stranger).exists() and not Portfolio.objects.filter(owner=stranger).exists()


@pytest.mark.django_db
def test_a_registration_gives_no_rights_and_no_number_of_choice(stranger: Any) -> None:
    before = rights()
    body = hostile(stranger) | {"email": "new@example.org", "username": "newcomer", "password": factories.PASSWORD, "is_staff": True}
    APIClient().post("/api/v1/auth/register", body, format="json")
    unharmed(before, rights(), newcomer=True)
    assert not User.objects.filter(pk=CHOSEN).exists() and not User.objects.filter(is_staff=True).exists()
