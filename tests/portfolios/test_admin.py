"""Administrators see that portfolios are there, never what is in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from portfolios.models import CashBalance, Holding, ImportBatch, IntegrityReport, Transaction
from portfolios.services import integrity, rebuild_projection
from portfolios.tasks import check_ledgers
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


def test_what_the_nightly_check_finds_is_shown_and_logged(staff: Any, person: Any, caplog: pytest.LogCaptureFixture) -> None:
    whole, broken = make_portfolio(person), make_portfolio(person)
    for portfolio in (whole, broken):
        record(portfolio, "buy", "2024-01-03", make_instrument(), quantity="12345.678", price="2")
    assert check_ledgers() == 0
    Holding.objects.filter(portfolio=broken).delete()
    assert check_ledgers() == 1
    report = IntegrityReport.objects.first()
    assert report is not None and report.portfolios == 2 and [one["portfolio"] for one in report.findings] == [broken.pk]
    assert f"portfolio {broken.pk}: the holding of instrument" in caplog.text
    pages = [reverse("admin:portfolios_integrityreport_changelist"), reverse("admin:portfolios_integrityreport_change", args=[report.pk])]
    shown = "".join(staff.get(page).content.decode() for page in pages)
    assert f"portfolio {broken.pk}: the holding of instrument" in shown and "12345" not in shown
    rebuild_projection(broken)


def test_a_ledger_that_cannot_be_looked_at_is_a_finding_and_the_others_are_checked(person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make_portfolio(person), make_portfolio(person)
    check = integrity.check_portfolio
    monkeypatch.setattr(integrity, "check_portfolio", lambda one: check(one) if one.pk == second.pk else 1 / 0)
    report = integrity.check_every_ledger()
    assert report.findings == [{"portfolio": first.pk, "what": "the ledger could not be checked: ZeroDivisionError"}]
    assert report.portfolios == 2


def test_old_reports_go(person: Any) -> None:
    old = IntegrityReport.objects.create(checked_at=timezone.now() - timedelta(days=91), portfolios=0)
    integrity.check_every_ledger()
    assert not IntegrityReport.objects.filter(pk=old.pk).exists() and IntegrityReport.objects.count() == 1
