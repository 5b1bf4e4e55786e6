"""What the ledger says of a holding or a lot is explained entry by entry, and can be made again from the entries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from analytics.selectors import Explanation, Scope, Term, explanations_of, lot_explanations_of, period_explanations
from portfolio_site.kernel.errors import NotFound
from portfolio_site.kernel.figures import Figure
from portfolios.choices import CostMethod
from portfolios.models import Portfolio
from tests.factories import record

pytestmark = pytest.mark.django_db

ZERO = Decimal(0)


def value(figure: object) -> Decimal:
    assert isinstance(figure, Figure) and isinstance(figure.value, Decimal)
    return figure.value


def result(terms: tuple[Term, ...]) -> Decimal:
    """The terms before the last one, put together by their operators."""
    found = ZERO
    for term in terms[:-1]:
        number = value(term.figure)
        if term.operator in "×÷" and term.operator:
            found = found * number if term.operator == "×" else (found / number).quantize(Decimal("1e-18"))
        else:
            found = found - number if term.operator == "−" else found + number
    return found


def recomputes(found: Explanation) -> bool:
    """The terms come to the figure, the lines come to it, and so does each line that is a calculation itself."""
    assert result(found.terms) == value(found.terms[-1].figure) == value(found.figure)
    if found.lines:
        assert sum((value(line.cells[-1]) for line in found.lines), ZERO) == value(found.figure)
    for line in found.lines:
        if line.terms:
            assert result(line.terms) == value(line.terms[-1].figure) == value(line.cells[-1])
    return True


@pytest.fixture
def busy(portfolio: Any, share: Any, began: Any) -> Any:
    """Purchases with costs, partial sales, a split, a dividend with tax, a fee, capital paid back, units moved in."""
    from datetime import timedelta

    def day(n: int) -> Any:
        return began + timedelta(days=n)

    record(portfolio, "deposit", day(0), amount="20000")
    record(portfolio, "buy", day(1), share, quantity="30", price="100.10", fees="3", taxes="1.5")
    record(portfolio, "buy", day(2), share, quantity="7", price="101.3333", fees="1")
    record(portfolio, "sell", day(5), share, quantity="11", price="103", fees="2.2")
    record(portfolio, "split", day(8), share, ratio_new="3", ratio_old="2")
    record(portfolio, "dividend", day(9), share, amount="12.75", taxes="2.25")
    record(portfolio, "fee", day(10), share, amount="1.10")
    record(portfolio, "transfer_in", day(11), share, quantity="2", price="60", acquired_on=day(3))
    record(portfolio, "return_of_capital", day(12), share, amount="40")
    record(portfolio, "sell", day(20), share, quantity="13.5", price="72", taxes="0.7")
    return portfolio


@pytest.mark.parametrize("method", [CostMethod.AVERAGE, CostMethod.FIFO, CostMethod.LIFO, CostMethod.HIFO])
def test_every_figure_of_a_holding_can_be_made_again_from_its_explanation(busy: Any, share: Any, method: str) -> None:
    Portfolio.objects.filter(pk=busy.pk).update(cost_method=method)
    from portfolios.services import rebuild_projection

    busy.refresh_from_db()
    rebuild_projection(busy)
    scope = Scope([busy])
    row = scope.table.row(share.pk)
    assert row is not None
    known = explanations_of(scope, share)
    for name in (
        "quantity",
        "total_cost",
        "average_cost",
        "realized_gain",
        "income",
        "expenses",
        "market_value",
        "unrealized_gain",
        "price_gain",
        "total_gain",
    ):
        assert recomputes(known[name]), name
    shown = {name: value(known[name].figure) for name in ("quantity", "total_cost", "realized_gain", "income", "expenses")}
    assert shown == {"quantity": row.quantity, "total_cost": row.cost, "realized_gain": row.realised, "income": row.income, "expenses": row.expenses}


def test_a_purchase_says_what_its_cost_is_made_of(busy: Any, share: Any) -> None:
    lines = explanations_of(Scope([busy]), share)["total_cost"].lines
    first = lines[-1]
    assert first.label == "Buy" and first.entry_id is not None
    assert [term.label for term in first.terms] == ["paid 3003 EUR", "fees 3 EUR", "taxes 1.5 EUR", "change"]


def test_every_lot_tells_its_units_and_cost_entry_by_entry(busy: Any, share: Any) -> None:
    Portfolio.objects.filter(pk=busy.pk).update(cost_method="fifo")
    from portfolios.services import rebuild_projection

    busy.refresh_from_db()
    rebuild_projection(busy)
    scope = Scope([busy])
    lots = scope.books[0].positions[share.pk].lots
    assert lots
    for lot in lots:
        known = lot_explanations_of(busy.owner, [busy], share, lot.event_id, lot.opened_on)
        for field, expected in {"quantity": lot.quantity, "cost": lot.cost}.items():
            assert recomputes(known[field]) and value(known[field].figure) == expected
        for name in known:
            assert not known[name].terms or recomputes(known[name]), name
    with pytest.raises(NotFound):
        lot_explanations_of(busy.owner, [busy], share, 10**9)


@pytest.mark.parametrize("name", ["realized", "unrealized", "income", "expenses", "total", "price_gain", "currency_gain", "net_flows"])
def test_gains_of_a_period_are_explained_holding_by_holding(busy: Any, began: Any, name: str) -> None:
    from datetime import timedelta

    found = period_explanations(Scope([busy]), began + timedelta(days=6), None)[name]
    assert recomputes(found)
    for check in found.checks:
        assert result(check) == value(check[-1].figure)


def test_a_program_asks_for_the_gains_of_a_period(client: Any, person: Any, busy: Any, began: Any) -> None:
    client.force_login(person)
    address = f"/api/v1/portfolios/{busy.pk}/"
    gains = client.get(f"{address}gains?start={began.isoformat()}").json()
    why = client.get(f"{address}explain?start={began.isoformat()}&figure=total").json()
    assert why["value"] == gains["total"] and why["columns"] == ["Total gain"]


@pytest.mark.parametrize("entries", [1, 12])
def test_an_explanation_costs_as_many_queries_however_many_entries(
    portfolio: Any, share: Any, began: Any, entries: int, django_assert_max_num_queries: Any
) -> None:
    from datetime import timedelta

    record(portfolio, "deposit", began, amount="20000")
    for n in range(entries):
        record(portfolio, "buy", began + timedelta(days=n), share, quantity="1", price="100")
    scope = Scope([portfolio])
    known = explanations_of(scope, share)
    with django_assert_max_num_queries(5):
        assert len(known["total_cost"].lines) == entries


def test_the_page_of_lots_leads_to_the_explanation_of_each(client: Any, person: Any, busy: Any, share: Any) -> None:
    from django.urls import reverse

    Portfolio.objects.filter(pk=busy.pk).update(cost_method="fifo")
    from portfolios.services import rebuild_projection

    busy.refresh_from_db()
    rebuild_projection(busy)
    client.force_login(person)
    page = client.get(reverse("portfolio-lots", args=[busy.pk])).content.decode()
    links = [part.split('"')[0].replace("&amp;", "&") for part in page.split('class="why" href="')[1:]]
    assert len(links) >= 4
    for link in links:
        explained = client.get(link)
        assert explained.status_code == 200 and "of the lot of" in explained.content.decode()
