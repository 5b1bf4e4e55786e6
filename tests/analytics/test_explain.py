"""Explanations: every figure can be made again from the numbers that explain it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from analytics.selectors import Explanation, Scope, Term, dashboard, explain, holding_detail
from portfolio_site.kernel.figures import Figure
from tests.factories import make_instrument, record

pytestmark = pytest.mark.django_db


def value(figure: object) -> Decimal:
    assert isinstance(figure, Figure) and figure.value is not None
    return Decimal(figure.value) if isinstance(figure.value, Decimal) else Decimal(repr(figure.value))


def result(terms: tuple[Term, ...]) -> Decimal:
    """The terms before the last one, put together by their operators."""
    found = Decimal(0)
    for term in terms[:-1]:
        number = value(term.figure)
        found = found - number if term.operator == "−" else found * number if term.operator == "×" else found + number
    return found


def last_cells(explanation: Explanation) -> Decimal:
    return sum((value(line.cells[-1]) for line in explanation.lines), Decimal(0))


@pytest.fixture
def pages(person: Any, euro_portfolio: Any, dollar_portfolio: Any) -> Any:
    return dashboard(person, [euro_portfolio, dollar_portfolio], "EUR")


@pytest.mark.parametrize("name", ["total_value", "total_gain", "unrealized_gain", "realized_gain", "income"])
def test_terms_and_rows_of_exact_figures_come_to_the_figure_to_the_last_digit(pages: Any, name: str) -> None:
    found = pages.explanations[name]
    assert result(found.terms) == value(found.terms[-1].figure) == value(found.figure)
    assert last_cells(found) == value(found.figure)
    assert found.title and found.words.endswith(".") and found.name == name


def test_the_figures_explained_are_those_of_the_page(pages: Any) -> None:
    same = {
        "total_value": pages.net_worth,
        "total_gain": pages.total_gain,
        "unrealized_gain": pages.table.unrealised,
        "mwr": pages.money_weighted,
        "over_benchmark": pages.over_benchmark,
        "risk_level": pages.risk_level,
    }
    for name, figure in same.items():
        assert pages.explanations[name].figure == figure
    assert value(pages.explanations["realized_gain"].figure) == pages.table.realised
    assert value(pages.explanations["income"].figure) == pages.table.income


def test_what_was_paid_in_and_gained_adds_up_to_the_net_worth(pages: Any) -> None:
    for name in ("total_value", "total_gain"):
        (check,) = pages.explanations[name].checks
        assert result(check) == value(check[-1].figure) == value(pages.net_worth)


def test_at_the_money_weighted_rate_everything_balances(pages: Any) -> None:
    found = pages.explanations["mwr"]
    assert abs(last_cells(found)) < Decimal("1e-6")
    paid, received = value(found.terms[0].figure), value(found.terms[1].figure)
    amounts = [value(line.cells[1]) for line in found.lines]
    assert abs(sum(amounts, Decimal(0)) - (received - paid)) < Decimal("1e-6")


def test_the_lead_over_the_benchmark_is_one_return_less_the_other(pages: Any) -> None:
    found = pages.explanations["over_benchmark"]
    assert float(result(found.terms)) == pytest.approx(float(value(found.figure)), abs=1e-15)


def test_inputs_say_their_source_and_age(pages: Any) -> None:
    inputs = pages.explanations["total_value"].inputs
    assert {one.kind for one in inputs} == {"price", "rate", "entries"}
    assert all(one.as_of is not None and one.source for one in inputs if one.kind != "entries")


def test_what_stands_at_its_cost_is_said(person: Any, portfolio: Any, began: Any) -> None:
    house = make_instrument("HOUSE")
    record(portfolio, "deposit", began, amount="500")
    record(portfolio, "buy", began, house, quantity="1", price="400")
    found = explain(Scope([portfolio]), "total_value")
    assert value(found.figure) == 500 and "HOUSE" in found.left_out[0] and value(found.checks[0][-1].figure) == 500


def test_long_lists_end_with_the_sum_of_the_rest(person: Any, portfolio: Any, share: Any, began: Any) -> None:
    from datetime import timedelta

    record(portfolio, "deposit", began, amount="10000")
    record(portfolio, "buy", began, share, quantity="60", price="100")
    for n in range(55):
        record(portfolio, "sell", began + timedelta(days=n + 1), share, quantity="1", price="100.5")
    found = explain(Scope([portfolio]), "realized_gain")
    assert len(found.lines) == 50 and found.more_lines == 6
    assert last_cells(found) == value(found.figure) == Decimal("27.5")


def test_the_page_of_a_holding_explains_its_own_figures(person: Any, euro_portfolio: Any, fund: Any) -> None:
    detail = holding_detail(person, [euro_portfolio], fund)
    row = detail.row
    assert row is not None and set(detail.explanations) >= {
        "market_value",
        "unrealized_gain",
        "realized_gain",
        "income",
        "total_gain",
        "total_cost",
        "quantity",
    }
    found = {name: detail.explanations[name] for name in detail.explanations}
    assert (
        value(found["unrealized_gain"].figure)
        == value(row.unrealised)
        == result(found["unrealized_gain"].terms)
        == result(found["unrealized_gain"].checks[0])
    )
    assert value(found["total_gain"].figure) == value(row.total_gain) == result(found["total_gain"].terms)
    units, price, rate = (value(term.figure) for term in found["market_value"].terms[:3])
    assert (units * price * rate).quantize(Decimal("1e-18")) == value(row.value)
    assert value(found["realized_gain"].figure) == row.realised and value(found["income"].figure) == row.income


def test_a_name_that_is_not_known_is_refused(portfolio: Any) -> None:
    with pytest.raises(KeyError):
        explain(Scope([portfolio]), "luck")
