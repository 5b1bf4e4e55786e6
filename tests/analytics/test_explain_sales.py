"""Sales, the comparison of methods and the columns of holdings: each figure can be made again from its explanation."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from analytics.api.explain import FIGURE
from analytics.selectors import Explanation, Scope, Term, column_explanations, method_explanations_of, sale_explanations_of
from analytics.selectors.explaining import names as explain_names
from portfolio_site.kernel.errors import NotFound
from portfolio_site.kernel.figures import Figure
from portfolio_site.web.serializers import ExactField
from portfolios.api.lots import MatchSerializer, MethodSerializer, SaleSerializer
from portfolios.choices import CostMethod
from portfolios.models import Transaction
from portfolios.selectors import compare_methods, lots_of, under_method
from tests.factories import make_instrument, make_person, make_portfolio, record

pytestmark = pytest.mark.django_db
ZERO = Decimal(0)


def value(figure: object) -> Decimal:
    assert isinstance(figure, Figure) and isinstance(figure.value, Decimal)
    return figure.value


def result(terms: tuple[Term, ...]) -> Decimal:
    """The terms before the last one, put together by their operators, each step to 18 places where it divides."""
    with localcontext(prec=80):
        found = ZERO
        for term in terms[:-1]:
            number = value(term.figure)
            if term.operator == "×":
                found = found * number
            elif term.operator == "÷":
                found = (found / number).quantize(Decimal("1e-18"))
            else:
                found = found - number if term.operator == "−" else found + number
        return found


def recomputes(found: Explanation) -> bool:
    """The terms come to the figure, the lines come to it, and so does each line that is a calculation itself."""
    assert result(found.terms) == value(found.terms[-1].figure) == value(found.figure), found.terms
    if found.lines:
        assert sum((value(line.cells[-1]) for line in found.lines), ZERO) == value(found.figure)
    assert all(result(line.terms) == value(line.cells[-1]) for line in found.lines if line.terms)
    assert all(result(check) == value(check[-1].figure) for check in found.checks)
    return True


@pytest.fixture
def sold(person: Any, share: Any, fund: Any, dollars: None, began: date) -> Any:
    """Two instruments, one of them in dollars; a sale that takes from two lots, one that takes from one; costs."""
    portfolio = make_portfolio(person, cost_method="fifo", tracks_cash=False)
    for held in (share, fund):
        record(portfolio, "buy", began, held, quantity="10", price="50.07", fees="1.10")
        record(portfolio, "buy", began + timedelta(days=20), held, quantity="7", price="51.3")
        record(portfolio, "sell", began + timedelta(days=200), held, quantity="12", price="52.9", fees="1.30", taxes="0.40")
        record(portfolio, "sell", began + timedelta(days=450), held, quantity="3", price="49.99", fees="0.20")
    return portfolio


@pytest.mark.parametrize("method", list(CostMethod))
def test_every_figure_of_a_sale_can_be_made_again_from_its_explanation(person: Any, sold: Any, share: Any, fund: Any, method: str) -> None:
    told = under_method([sold], method)
    for held in (share, fund):
        sales = lots_of(sold, held.pk, method=method).sales[held.pk]
        assert len(sales) == 2
        for sale in sales:
            known = sale_explanations_of(person, told, held, sale.sale_id)
            assert set(explain_names.SALE) <= set(known)
            assert all(recomputes(known[name]) and known[name].name == name for name in known)
            expected = (sale.quantity, sale.cost, sale.proceeds, sale.gain, sale.price_part, sale.currency_part)
            assert tuple(value(known[name].figure) for name in explain_names.SALE) == expected
            assert any(term.label.startswith("received") for term in known["proceeds"].terms)


@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo", "specific"])
def test_what_a_sale_took_from_a_lot_is_explained_with_the_days_it_was_held(person: Any, sold: Any, fund: Any, method: str) -> None:
    told = under_method([sold], method)
    (first, *_) = lots_of(sold, fund.pk, method=method).sales[fund.pk]
    assert len(first.matches) == 2
    for match in first.matches:
        known = sale_explanations_of(person, told, fund, first.sale_id, match.buy_id, match.opened_on, match.nth)
        assert tuple(known) == explain_names.PART and all(recomputes(known[name]) for name in known)
        assert value(known["days_held"].figure) == match.days_held and value(known["gain"].figure) == match.gain
        assert match.currency_part and value(known["currency_gain"].figure) == match.currency_part


def test_a_sale_or_lot_that_is_not_there_or_not_ones_own_is_not_found(person: Any, sold: Any, share: Any, fund: Any) -> None:
    sale = lots_of(sold, fund.pk).sales[fund.pk][0]
    for user, portfolios, held, lot in (
        (make_person("sam"), [sold], fund, None),
        (person, [], fund, None),
        (person, [sold], share, None),
        (person, [sold], fund, sale.sale_id),
    ):
        with pytest.raises(NotFound):
            sale_explanations_of(user, portfolios, held, sale.sale_id, lot)


@pytest.mark.parametrize("method", list(CostMethod))
def test_what_the_comparison_of_methods_says_can_be_made_again(sold: Any, share: Any, fund: Any, method: str) -> None:
    for held in (None, share, fund):
        (said,) = (one for one in compare_methods(sold, None if held is None else held.pk) if one.method == method)
        known = method_explanations_of(Scope(under_method([sold], method), sold.base_currency), held)
        told = (said.cost, said.realised, said.long_gain, said.unrealised)
        assert tuple(known) == explain_names.METHOD
        for name, figure in zip(known, told, strict=True):
            found = known[name]
            assert (found.figure.value, found.figure.why_not) == (figure.value, figure.why_not)
            assert not figure.known or recomputes(found)


def test_the_columns_of_holdings_can_be_made_again(euro_portfolio: Any) -> None:
    scope = Scope([euro_portfolio])
    known = column_explanations(scope)
    assert tuple(known) == explain_names.COLUMNS
    for name in known:
        found = known[name]
        lines = [(result(line.terms), value(line.cells[-1])) for line in found.lines if line.terms]
        assert all(made == told for made, told in lines) and (lines or name not in {"weight", "average_cost"})
        assert not found.figure.known or recomputes(found)
    rows = {row.instrument.id: row for row in scope.table.rows}
    for name, field in (("weight", "weight"), ("average_cost", "average_cost"), ("unrealized_gain", "unrealised"), ("day_change", "day_change")):
        told = {line.instrument_id: line.cells[-1] for line in known[name].lines if line.instrument_id}
        assert told == {pk: getattr(row, field) for pk, row in rows.items()}
    assert not known["average_cost"].figure.known


# ── pages and programs ──────────────────────────────────────────────────────


@pytest.mark.parametrize("address", ["show=sales", "show=sales&method=average", "show=methods", "", "as_of=2026-03-01&show=sales"])
def test_each_question_mark_of_the_lots_page_is_answered(client: Client, person: Any, sold: Any, address: str) -> None:
    client.force_login(person)
    page = client.get(f"{reverse('portfolio-lots', args=[sold.pk])}?{address}").content.decode()
    links = [part.split('"')[0].replace("&amp;", "&") for part in page.split('class="why" href="')[1:]]
    assert links
    for link in links:
        explained = client.get(link)
        assert explained.status_code == 200 and "explain__value" in explained.content.decode(), link


def test_one_figure_of_a_sale_leads_to_the_others(client: Client, person: Any, sold: Any, fund: Any) -> None:
    sale = lots_of(sold, fund.pk).sales[fund.pk][0]
    client.force_login(person)
    page = client.get(reverse("holding", args=[fund.pk]), {"p": sold.pk, "why": "gain", "sale": sale.sale_id}).content.decode()
    assert all(f">{words}</a>" in page for words in ("Units", "Cost", "Proceeds", "Price part", "Currency part")) and ">Days held</a>" not in page


@pytest.mark.parametrize("address", ["", "as_of=2026-03-01"])
def test_the_heads_of_the_holdings_page_are_explained(client: Client, person: Any, euro_portfolio: Any, address: str) -> None:
    client.force_login(person)
    page = client.get(f"/holdings/?{address}").content.decode()
    for name in explain_names.COLUMNS:
        assert f'data-why="{name}"' in page
        assert "explain__value" in client.get(f"/holdings/?{address}&why={name}").content.decode()
    assert client.get("/holdings/?why=luck").status_code == 404


def test_what_can_be_explained_of_sales_and_methods_are_the_fields_of_the_answers() -> None:
    def figures(serializer: Any) -> set[str]:
        return {name for name, field in serializer().fields.items() if isinstance(field, ExactField)}

    assert set(explain_names.SALE) == figures(SaleSerializer) and set(explain_names.PART) == figures(MatchSerializer) | {"days_held"}
    assert set(explain_names.METHOD) == figures(MethodSerializer)
    assert all(f"`{name}`" in FIGURE.description for name in (*explain_names.SALE, *explain_names.METHOD))


def test_a_program_is_told_the_values_of_the_fields_of_sales_and_methods(person: Any, sold: Any) -> None:
    api = APIClient()
    api.force_authenticate(person)
    base = f"/api/v1/portfolios/{sold.pk}"

    def asked(name: str, **query: Any) -> Any:
        answer = api.get(f"{base}/explain", {"figure": name, **query})
        assert answer.status_code == 200, answer.json()
        return answer.json()["value"]

    for sale in api.get(f"{base}/lots").json()["sales"]:
        query = {"instrument": sale["instrument"], "sale": sale["sale"]}
        assert {name: asked(name, **query) for name in explain_names.SALE} == {name: sale[name] for name in explain_names.SALE}
        for match in sale["matches"]:
            part = query | {"lot": match["purchase"], "opened_on": match["opened_on"], "nth": match["nth"]}
            assert {name: asked(name, **part) for name in explain_names.PART} == {name: str(match[name]) for name in explain_names.PART}
    for one in api.get(f"{base}/lots/methods").json()["results"]:
        query = {"report": "methods", "method": one["method"]}
        assert {name: asked(name, **query) for name in explain_names.METHOD} == {name: one[name] for name in explain_names.METHOD}
    for query, field in (({"sale": "1"}, "instrument"), ({"sale": "x"}, "sale"), ({"report": "luck"}, "report")):
        refused = api.get(f"{base}/explain", {"figure": "cost", **query})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    make_portfolio(person, name="Second")
    refused = api.get("/api/v1/portfolios/all/explain", {"figure": "cost", "report": "methods"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "report")


def test_an_explanation_asks_as_often_however_much_there_is(client: Client, person: Any, began: date) -> None:
    def grown(size: int) -> tuple[Any, Any, int]:
        portfolio = make_portfolio(person, name=f"Of {size}", cost_method="fifo", tracks_cash=False)
        held = [make_instrument(f"S{size}N{number}", price="60") for number in range(size)]
        for one in held:
            for day in range(size):
                record(portfolio, "buy", began + timedelta(days=day), one, quantity="2", price="50")
        sold = record(portfolio, "sell", began + timedelta(days=400), held[0], quantity=str(2 * size - 1), price="55")
        return portfolio, held[0], int(sold.entry)

    client.force_login(person)
    counts: list[list[int]] = []
    for portfolio, first, sale in (grown(2), grown(4)):
        api, page, lots = f"/api/v1/portfolios/{portfolio.pk}/explain", f"/holdings/?p={portfolio.pk}", f"instrument={first.pk}&sale={sale}"
        asked = [
            f"{api}?figure=gain&{lots}",
            f"{api}?figure=gain&{lots}&lot={Transaction.objects.filter(portfolio=portfolio, instrument=first).earliest('pk').entry}",
            *(f"{api}?figure={name}&report=methods&method=lifo" for name in ("realized_gain", "unrealized_gain")),
            *(f"{page}&why={name}" for name in ("weight",)),
            f"{page}&why=realized_gain&method=lifo",
            f"{reverse('holding', args=[first.pk])}?p={portfolio.pk}&why=gain&sale={sale}",
        ]
        counts.append([])
        for address in asked:
            cache.clear()
            with CaptureQueriesContext(connection) as seen:
                assert client.get(address, headers={"HX-Request": "true", "HX-Target": "drawer"}).status_code == 200, address
            counts[-1].append(len(seen))
    few, many = counts
    assert many == few and max(few) <= 30, (few, many)
