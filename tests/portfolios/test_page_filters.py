"""Conditions in the address of the list of transactions and of lots: what cannot be used is said, and tags narrow it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portfolios.models import Portfolio
from tests.factories import record

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode()).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("start=2024-02-30", "From “2024-02-30” was left out. There is no day 2024-02-30 in the calendar."),
        ("end=soon", "To “soon” was left out. Write the date like 2026-03-31."),
        ("kind=buy&kind=gift", "Type “buy, gift” was left out. There is no such choice."),
        ("source=heaven", "Source “heaven” was left out."),
        ("cursor=nowhere", "it starts again at the newest"),
    ],
)
def test_a_condition_that_cannot_be_used_is_said_on_the_page(signed_in: Any, portfolio: Portfolio, today: Any, query: str, words: str) -> None:
    record(portfolio, "deposit", today, amount="1")
    assert words in text(signed_in.get(f"/transactions/?{query}"))
    assert "was left out" not in text(signed_in.get("/transactions/?start=2024-02-29&kind=buy"))


def test_the_list_is_narrowed_to_a_tag_and_says_so(signed_in: Any, portfolio: Portfolio, today: Any) -> None:
    record(portfolio, "deposit", today - timedelta(days=1), amount="11", tags=("Pension",))
    record(portfolio, "deposit", today, amount="22")
    page = text(signed_in.get("/transactions/?tag=pension"))
    assert "+€11.00" in page and "+€22.00" not in page
    assert "Tag is" in page and 'aria-label="Remove the filter Tag is"' in page and 'name="tag" value="pension"' in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("method=newest", "Method “newest” was left out. There is no such choice."),
        ("status=half", "Status “half” was left out. There is no such choice."),
        ("show=all", "Show “all” was left out. There is no such choice."),
        ("as_of=2024-02-30", "As of “2024-02-30” was left out. There is no day 2024-02-30 in the calendar."),
        ("as_of=2999-01-01", "As of “2999-01-01” was left out. Choose a day up to today."),
    ],
)
def test_a_condition_of_lots_that_cannot_be_used_is_said_on_the_page(signed_in: Any, portfolio: Portfolio, query: str, words: str) -> None:
    assert words in text(signed_in.get(f"/portfolios/{portfolio.pk}/lots/?{query}"))
    assert "was left out" not in text(signed_in.get(f"/portfolios/{portfolio.pk}/lots/?method=lifo&status=open&show=sales&as_of=2024-02-29"))


def test_the_way_to_the_lots_of_the_first_portfolio_keeps_what_was_asked(signed_in: Any, portfolio: Portfolio) -> None:
    answer = signed_in.get("/lots/?show=sales&method=lifo")
    assert (answer.status_code, answer["Location"]) == (302, f"/portfolios/{portfolio.pk}/lots/?show=sales&method=lifo")
    assert signed_in.get("/lots/")["Location"] == f"/portfolios/{portfolio.pk}/lots/"
