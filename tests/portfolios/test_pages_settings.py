"""The settings of a portfolio: every rule with what it does."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from portfolios.choices import METHODS_SAID, CostMethod
from portfolios.models import Portfolio
from tests.factories import make_instrument, record

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("\u00a0", " ")


def settings_of(portfolio: Any, **changes: Any) -> dict[str, Any]:
    data = {"name": portfolio.name, "base_currency": "EUR", "cost_method": portfolio.cost_method, "dividend_treatment": "income"}
    return {**data, **({"tracks_cash": "on"} if portfolio.tracks_cash else {}), **changes}


def test_each_method_is_said_in_a_sentence(signed_in: Any, portfolio: Any) -> None:
    page = text(signed_in.get(reverse("portfolio-edit", args=[portfolio.pk])))
    for method in CostMethod:
        assert str(method.label) in page and METHODS_SAID[method] in page and f'value="{method.value}"' in page
    assert page.count("checked") >= 1


def test_short_sales_are_allowed_by_a_switch(signed_in: Any, portfolio: Any) -> None:
    address = reverse("portfolio-edit", args=[portfolio.pk])
    assert "Allow short sales" in text(signed_in.get(address))
    assert signed_in.post(address, settings_of(portfolio, allows_short="on")).status_code == 302
    assert Portfolio.objects.get().allows_short
    assert signed_in.post(address, settings_of(portfolio)).status_code == 302
    assert not Portfolio.objects.get().allows_short


def test_cash_can_be_left_out_of_account(signed_in: Any, portfolio: Any) -> None:
    record(portfolio, "buy", "2024-01-03", make_instrument("ASML"), quantity="1", price="10")
    data = settings_of(portfolio)
    del data["tracks_cash"]
    assert signed_in.post(reverse("portfolio-edit", args=[portfolio.pk]), data).status_code == 302
    assert not Portfolio.objects.get().tracks_cash
