"""What a person entered comes back to the last digit, whichever way it goes out and in: database, API, CSV and import."""

from __future__ import annotations

import json
import os
import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portfolio_site.kernel.decimals import LIMIT, plain
from portfolios.choices import ImportStatus
from portfolios.exports import csv_of
from portfolios.imports import services as imports
from portfolios.imports import tasks
from portfolios.models import Holding, Portfolio, Transaction
from portfolios.selectors import book_of
from portfolios.services import TransactionDraft, record_many
from tests.factories import D, at, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db

LONG = os.environ.get("DRILLS") == "long"
NUMBERS = 100_000 if LONG else 2_000
AT_ONCE = 10_000
FIRST = date(1990, 1, 1)


def _numbers(count: int) -> list[Decimal]:
    """Random numbers of 1 to 38 digits and both signs, and the ends of the range; none is zero."""
    dice = random.Random(20261121)
    widest = Decimal(int(LIMIT * 10**18) - 1).scaleb(-18)
    found = [widest, -widest, Decimal("1E-18"), Decimal("-1E-18"), Decimal(1)]
    while len(found) < count:
        number = Decimal(dice.randint(1, 10 ** dice.randint(1, 38) - 1)).scaleb(-18)
        found.append(number if dice.random() < 0.5 else -number)
    return found


def _day(place: int) -> date:
    return FIRST + timedelta(days=place % 13_000)


def _amounts(portfolio: Portfolio) -> list[Decimal]:
    """In the order of their numbers, straight from the database."""
    return [row.amount for row in Transaction.objects.live().filter(portfolio=portfolio).order_by("pk")]


def _import(person: Any, portfolio: Portfolio, content: bytes) -> None:
    batch = imports.start_import(person, portfolio, file_name="export.csv", content=content)
    tasks.read_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.status == ImportStatus.REVIEW, batch.problem
    imports.confirm_import(person, batch)
    tasks.commit_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.status == ImportStatus.COMMITTED, batch.problem


@pytest.mark.drill
@pytest.mark.slow
def test_random_38_digit_amounts_survive_database_api_csv_and_import(person: Any, api: Any) -> None:
    """L12: both signs, 1 to 38 digits, to the last place."""
    numbers = _numbers(NUMBERS)
    first = make_portfolio(person, tracks_cash=False)
    drafts = [TransactionDraft(kind="interest", traded_on=_day(place), amount=number) for place, number in enumerate(numbers)]
    for start in range(0, len(drafts), AT_ONCE):
        record_many(person, first, drafts[start : start + AT_ONCE])
    assert _amounts(first) == numbers, "through the database"

    second = make_portfolio(person, tracks_cash=False)
    for start in range(0, len(numbers), AT_ONCE):
        rows = [
            {"type": "interest", "date": _day(start + place).isoformat(), "amount": plain(number)}
            for place, number in enumerate(numbers[start : start + AT_ONCE])
        ]
        answer = api.post(f"/api/v1/portfolios/{second.pk}/transactions/batch", {"transactions": rows}, format="json")
        assert answer.status_code == 201, answer.content[:500]
        told = json.loads(answer.content)["transactions"]
        assert [Decimal(row["amount"]) for row in told] == numbers[start : start + AT_ONCE], "through the API, in and out"
    assert _amounts(second) == numbers

    rows_out = sorted(Transaction.objects.live().filter(portfolio=second).select_related("instrument"), key=lambda row: (row.traded_on, row.entry))
    content = "".join(csv_of(rows_out)).encode()
    third = make_portfolio(person, tracks_cash=False)
    _import(person, third, content)
    assert _amounts(third) == [row.amount for row in rows_out], "through CSV and import"
    assert book_of(third).income == book_of(first).income


@pytest.mark.parametrize("method", ["average", "fifo"])
def test_every_kind_of_entry_reads_back_in_as_the_same_ledger(person: Any, dollar: None, method: str) -> None:
    """L12: CSV out, import in: the same holdings to the last digit, and the same file again."""
    asml, apple = make_instrument("ASML", isin="NL0010273215"), make_instrument("AAPL", currency="USD")
    first = make_portfolio(person, cost_method=method)
    record(first, "deposit", "2020-06-01", amount="5000.000000000000000001", notes="=1+1")
    record(first, "deposit", "2020-06-01", amount="700", currency="USD", fx_rate="0.9")
    record(first, "buy", "2020-06-02", asml, quantity="3.333333333333333333", price="99.99", fees="1.11", taxes="0.07", notes="a, “quoted”\nnote")
    record(first, "buy", "2020-06-02", apple, quantity="2", price="112.5", fees="0.5")
    record(first, "buy", "2020-06-03", apple, quantity="1", price="100", currency="EUR", notes="'tis said")
    record(first, "sell", "2020-06-03", apple, quantity="0.5", price="120", traded_at=at("2020-06-03T21:30:00+00:00"), external_id="T-1")
    record(first, "dividend", "2020-06-04", asml, amount="4.25", taxes="0.75")
    record(first, "dividend", "2020-06-04", apple, amount="-1.5", taxes="0.2", notes="+taken back")
    record(first, "interest", "2020-06-04", amount="1.5")
    record(first, "fee", "2020-06-04", amount="2")
    record(first, "tax", "2020-06-04", amount="3")
    record(first, "withdrawal", "2020-06-05", amount="10")
    record(first, "split", "2020-06-05", asml, ratio_new="3", ratio_old="2")
    record(first, "transfer_in", "2020-06-05", asml, quantity="5", price="80", acquired_on=date(2015, 5, 5))
    record(first, "transfer_out", "2020-06-06", asml, quantity="1")
    rows = sorted(Transaction.objects.live().filter(portfolio=first).select_related("instrument"), key=lambda row: (row.traded_on, row.entry))
    content = "".join(csv_of(rows)).encode()
    second = make_portfolio(person, cost_method=method)
    _import(person, second, content)
    again = sorted(Transaction.objects.live().filter(portfolio=second).select_related("instrument"), key=lambda row: (row.traded_on, row.entry))
    columns = ("quantity", "cost", "cost_local", "realised", "income", "expenses")
    before, after = (
        {h.instrument_id: [getattr(h, name) for name in columns] for h in Holding.objects.filter(portfolio=one)} for one in (first, second)
    )
    assert before == after
    one, two = book_of(first), book_of(second)
    assert {code: (pool.amount, pool.cost) for code, pool in one.cash.items()} == {code: (pool.amount, pool.cost) for code, pool in two.cash.items()}
    assert (one.realised, one.income, one.expenses, one.net_flows) == (two.realised, two.income, two.expenses, two.net_flows)
    assert [(row.notes, row.external_id, row.traded_at) for row in rows] == [(row.notes, row.external_id, row.traded_at) for row in again]
    assert "".join(csv_of(again)).encode() == content, "a second export is the same file"


def test_a_text_that_could_be_a_formula_is_harmless_in_the_file(portfolio: Any) -> None:
    for text in ("=1+1", "+1", "-1", "@x", "\tx", "'x", "＝1"):
        record(portfolio, "deposit", "2024-01-02", amount="1", notes=text)
    record(portfolio, "interest", "2024-01-03", amount="-1.5")
    lines = "".join(csv_of(Transaction.objects.order_by("pk"))).splitlines()[1:]
    assert all(",'" in line for line in lines[:7]) and lines[7].count("'") == 0 and ",-1.5," in lines[7]
    assert D("1") == Transaction.objects.order_by("pk")[0].amount
