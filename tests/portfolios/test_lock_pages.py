"""Locking a period by page and API: it is shown, it is asked for before it is given free, and it is audited."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from portfolios.models import Portfolio
from portfolios.services import lock_portfolio, void_transaction
from tests.factories import make_instrument, record

pytestmark = pytest.mark.django_db
YEAR_END = date(2024, 12, 31)


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("\u00a0", " ")


def until(portfolio: Portfolio) -> date | None:
    return Portfolio.objects.get(pk=portfolio.pk).locked_until


def test_the_settings_lock_a_period_and_unlock_it_after_a_question(signed_in: Any, portfolio: Portfolio) -> None:
    settings, unlock = reverse("portfolio-edit", args=[portfolio.pk]), reverse("portfolio-unlock", args=[portfolio.pk])
    assert "Locked period" in text(signed_in.get(settings)) and unlock not in text(signed_in.get(settings))
    done = signed_in.post(reverse("portfolio-lock", args=[portfolio.pk]), {"until": "2024-12-31"}, follow=True)
    assert "Locked up to 31 Dec 2024" in text(done) and unlock in text(done) and until(portfolio) == YEAR_END
    asked = signed_in.get(unlock)
    assert "Keep it locked" in text(asked) and until(portfolio) == YEAR_END
    assert "Unlocked" in text(signed_in.post(unlock, follow=True)) and until(portfolio) is None
    assert "is not locked" in text(signed_in.get(unlock, follow=True))
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))[-2:] == ["portfolio.locked", "portfolio.unlocked"]


def test_an_earlier_day_gives_entries_free_only_after_a_question(signed_in: Any, portfolio: Portfolio) -> None:
    lock_portfolio(portfolio.owner, portfolio, YEAR_END)
    address = reverse("portfolio-lock", args=[portfolio.pk])
    asked = signed_in.post(address, {"until": "2023-12-31"})
    assert "after 31 Dec 2023 and up to 31 Dec 2024" in text(asked) and until(portfolio) == YEAR_END
    signed_in.post(address, {"until": "2023-12-31", "confirmed": "1"})
    assert until(portfolio) == date(2023, 12, 31)


def test_a_day_to_come_or_none_locks_nothing(signed_in: Any, portfolio: Portfolio) -> None:
    address = reverse("portfolio-lock", args=[portfolio.pk])
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert "up to today at most" in text(signed_in.post(address, {"until": tomorrow.isoformat()}, follow=True))
    assert "Fill this in." in text(signed_in.post(address, {}, follow=True)) and until(portfolio) is None


def test_locked_entries_show_a_lock_and_no_way_to_change_them(signed_in: Any, portfolio: Portfolio) -> None:
    asml = make_instrument("ASML")
    old = record(portfolio, "buy", "2024-06-03", asml, quantity="2", price="10")
    gone = record(portfolio, "buy", "2024-06-04", asml, quantity="1", price="10")
    new = record(portfolio, "buy", "2025-06-03", asml, quantity="2", price="10")
    void_transaction(portfolio.owner, gone)
    lock_portfolio(portfolio.owner, portfolio, YEAR_END)
    page = text(signed_in.get(reverse("transactions"), {"voided": "1"}))
    assert page.count("Locked, ") == 2
    for name, entry in (("transaction-edit", old), ("transaction-void", old), ("transaction-restore", gone)):
        assert reverse(name, args=[entry.entry]) not in page
    assert reverse("transaction-edit", args=[new.entry]) in page and reverse("transaction-void", args=[new.entry]) in page


def test_the_api_locks_and_unlocks(api: Any, portfolio: Portfolio) -> None:
    path = f"/api/v1/portfolios/{portfolio.pk}/lock"
    assert api.post(path, {"until": "2024-12-31"}, format="json").json() == {"id": portfolio.pk, "locked_until": "2024-12-31"}
    refused = api.post(
        "/api/v1/transactions", {"portfolio": portfolio.pk, "type": "deposit", "date": "2024-06-03", "amount": "5", "currency": "EUR"}, format="json"
    )
    assert refused.status_code == 409 and refused.json()["code"] == "period_locked"
    assert api.delete(path).status_code == 204 and until(portfolio) is None
    assert api.post(path, {"until": "2924-12-31"}, format="json").json()["errors"][0]["field"] == "until"
    assert api.post(path, {}, format="json").status_code == 400
