"""Every report, as page, as each file and over the API, of every portfolio that is hard on it, and of every kind of slice."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.analytics.hard import HARD
from tests.factories import make_portfolio

pytestmark = pytest.mark.django_db

PAGES = (
    "value/?period=MAX",
    "value/?look_through=1",
    "performance/?period=MAX",
    "performance/?period=1D&returns=gross",
    "performance/?tab=attribution&period=MAX",
    "performance/?tab=rolling&period=MAX",
    "performance/?tab=costs&period=MAX",
    "risk/?period=MAX&shock=class:stock:-20",
    "diversification/",
    "income/?period=MAX",
    "projection/?goal=1000&contribution=10&futures=200",
    "compare/?period=MAX",
)
SIDES = "compare/?tab=portfolios"  # whole portfolios beside each other: no slices
OTHER_PAGES = ("dashboard/", "holdings/?group=class", "health/")  # no slices, no files of a report
CALLS = (
    "value", "gains", "performance", "calendar", "contribution", "drawdowns", "drivers", "growth", "attribution", "rolling", "costs",
    "unusual-days", "risk", "diversification", "income", "benchmark", "projection?futures=200&goal=1000",
)  # fmt: skip
SLICES = ("class=stock", "sector=unclassified", "country=not:DE", "quoted_in=EUR", "tag=core")
NO_NUMBER = re.compile(r">\s*(nan|-?inf|-?infinity)\s*[<%]", re.IGNORECASE)


def read(client: Any, address: str) -> str:
    answer = client.get(f"/{address}")
    assert answer.status_code == 200, address
    text = html.unescape(answer.content.decode())
    assert not NO_NUMBER.search(text), (address, NO_NUMBER.search(text))
    return text


def called(api: Any, address: str) -> Any:
    answer = api.get(f"/api/v1/portfolios/{address}")
    assert answer.status_code == 200, (address, answer.content)
    for row in undefined_of(answer.json()):
        assert row["reason"].endswith("."), (address, row)
    return answer.json()


def undefined_of(body: Any) -> Iterator[Any]:
    """The entries of every `undefined`, on whatever level of an answer."""
    if isinstance(body, dict):
        yield from body.get("undefined", ())
        for value in body.values():
            yield from undefined_of(value)
    elif isinstance(body, list):
        for value in body:
            yield from undefined_of(value)


def and_(address: str, more: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{more}"


@pytest.mark.parametrize("name", HARD)
def test_a_hard_portfolio_is_answered_by_every_report_with_figures_or_reasons(
    signed_in: Any, api: Any, person: Any, today: date, index: Any, name: str
) -> None:
    portfolio = make_portfolio(person, tracks_cash=name in {"no rate", "only cash"}, benchmark=index)
    HARD[name](portfolio, today)
    for page in (*PAGES, SIDES):
        assert ">None<" not in read(signed_in, page), page
    for page in OTHER_PAGES:
        read(signed_in, page)
    for page in (*PAGES, SIDES):
        for file in ("json", "xlsx", "csv&table=figures"):
            answer = signed_in.get(f"/{and_(page, 'export=')}{file}")
            assert answer.status_code == (404 if file.startswith("csv") and page == SIDES else 200), (page, file)
            assert file == "xlsx" or not re.search(rb"\bNaN\b|\bInfinity\b|,nan\b|,None\b", answer.content), (page, file)
    for call in CALLS:
        called(api, f"{portfolio.pk}/{call}")
    called(api, "compare")


@pytest.mark.parametrize("condition", SLICES)
def test_every_report_can_be_told_of_a_slice(signed_in: Any, api: Any, euro_portfolio: Any, share: Any, condition: str) -> None:
    for page in PAGES:
        assert "Remove the filter" in read(signed_in, and_(page, condition)), page
        told = signed_in.get(f"/{and_(and_(page, condition), 'export=json')}").json()
        assert len(told["slice"]) == 1, page
    for call in CALLS:
        called(api, and_(f"{euro_portfolio.pk}/{call}", condition))


def test_the_reports_of_one_holding_are_those_of_its_slice(signed_in: Any, api: Any, euro_portfolio: Any, share: Any) -> None:
    for call in CALLS:
        called(api, and_(f"{euro_portfolio.pk}/{call}", f"holding={share.pk}"))
    for page in PAGES:
        assert share.name in read(signed_in, and_(page, f"holding={share.pk}")), page
