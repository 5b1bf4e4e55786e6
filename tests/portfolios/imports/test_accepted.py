"""A statement that brings what was accepted from a proposal before: nothing is recorded twice."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from market.services import ActionRow, ingest_actions
from portfolios.actions.deciding import accept_proposal
from portfolios.actions.proposing import propose_actions
from portfolios.imports.services import start_import
from portfolios.models import ActionProposal, ImportRow
from portfolios.services import void_transaction
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db

FILE = b"""Date,Type,Symbol,Quantity,Price,Amount,Currency,Ratio new,Ratio old
2024-03-20,dividend,NVDA,,,4.25,EUR,,
2024-06-10,split,NVDA,,,,EUR,10,1
2024-06-28,dividend,NVDA,,,5,EUR,,
2024-09-02,dividend,NVDA,,,61,EUR,,
"""


def verdicts(person: Any, portfolio: Any) -> list[tuple[str, str, bool]]:
    from django.db import transaction

    with transaction.atomic():
        batch = start_import(person, portfolio, file_name="a.csv", content=FILE)
    from portfolios.imports.reading import read_batch

    read_batch(batch.pk)
    rows = ImportRow.objects.filter(batch=batch).order_by("number")
    return [(row.verdict, row.reason, row.chosen) for row in rows]


def test_dividends_and_splits_that_were_accepted_are_duplicates_in_a_statement(person: Any, django_capture_on_commit_callbacks: Any) -> None:
    nvda = make_instrument("NVDA")
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", "2024-01-02", nvda, quantity="10", price="500")
    rows = [ActionRow("dividend", date(2024, 3, 5), amount=D("0.5")), ActionRow("split", date(2024, 6, 10), D(10), D(1))]
    ingest_actions({nvda.pk: rows}, "test")
    propose_actions()
    entries = [accept_proposal(person, one) for one in ActionProposal.objects.select_related("action__instrument", "portfolio__owner")]
    told = verdicts(person, portfolio)
    assert [(verdict, chosen) for verdict, _, chosen in told] == [("duplicate", False), ("duplicate", False), ("new", True), ("new", True)]
    assert "accepted from a proposal" in told[0][1] and "same ratio" in told[1][1]
    dividend = next(row for row in entries if row.kind == "dividend")
    void_transaction(person, dividend)
    assert verdicts(person, portfolio)[0][0] == "new"
