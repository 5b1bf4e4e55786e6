"""Administrators see that portfolios are there, never what is in them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from portfolios.models import CashBalance, Holding, ImportBatch, Transaction
from tests.factories import make_instrument, make_person, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Any) -> Any:
    somebody = make_person("root")
    somebody.is_staff = somebody.is_superuser = True
    somebody.save()
    client.force_login(somebody)
    return client


def test_the_list_and_the_page_of_a_portfolio_show_nothing_sealed(staff: Any, person: Any) -> None:
    portfolio = make_portfolio(person, name="Secret plan", description="Nobody knows")
    record(portfolio, "buy", "2024-01-03", make_instrument("ASML"), quantity="12345.678", price="98.7654")
    for address in (reverse("admin:portfolios_portfolio_changelist"), reverse("admin:portfolios_portfolio_change", args=[portfolio.pk])):
        page = staff.get(address).content.decode()
        assert "mia" in page and "EUR" in page
        assert not any(secret in page for secret in ("Secret plan", "Nobody knows", "12345", "98.7654", "1219"))


def test_nothing_can_be_added_changed_or_deleted(staff: Any, person: Any) -> None:
    portfolio = make_portfolio(person)
    assert staff.get(reverse("admin:portfolios_portfolio_add")).status_code == 403
    assert staff.post(reverse("admin:portfolios_portfolio_change", args=[portfolio.pk]), {"revision": 9}).status_code == 403
    assert staff.post(reverse("admin:portfolios_portfolio_delete", args=[portfolio.pk]), {"post": "yes"}).status_code == 403


def test_imports_are_listed_without_file_names(staff: Any, person: Any) -> None:
    portfolio = make_portfolio(person)
    ImportBatch.objects.create(portfolio=portfolio, uploaded_by=person, file_name="my-salary.csv", content=b"x", format="generic")
    page = staff.get(reverse("admin:portfolios_importbatch_changelist")).content.decode()
    assert "generic" in page and "my-salary" not in page


def test_ledger_rows_have_no_administration() -> None:
    assert not {Transaction, Holding, CashBalance} & set(admin.site._registry)
