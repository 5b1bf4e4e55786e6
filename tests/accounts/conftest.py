"""What the tests of people share."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from rest_framework.test import APIClient

from portfolio_site.settings import signing_in

PASSWORD = "a plumb line hangs true"


@pytest.fixture
def marta(db: Any) -> Any:
    return get_user_model().objects.create_user("marta", "marta@example.org", PASSWORD)


@pytest.fixture
def api() -> APIClient:
    return APIClient()


@pytest.fixture
def limits_on(settings: Any) -> Any:
    """Failed sign-ins are counted, as in production."""
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = signing_in.ACCOUNT_RATE_LIMITS
    yield
    cache.clear()


@pytest.fixture
def mails_leave_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of at the commit, which a test on one transaction does not reach."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda func, using=None, robust=False: func())
