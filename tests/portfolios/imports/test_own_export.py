"""What the ledger exports reads back in as the same ledger, without a question."""

from __future__ import annotations

from datetime import date

import pytest

from portfolios.choices import ImportStatus
from portfolios.exports import csv_of
from portfolios.imports import selectors, services, tasks
from portfolios.models import Transaction
from portfolios.selectors.ledger import book_of
from tests import factories

pytestmark = pytest.mark.django_db
FIELDS = (
    "kind", "traded_on", "traded_at", "instrument_id", "quantity", "price", "currency", "fees", "taxes", "fx_rate", "ratio_new", "ratio_old",
    "acquired_on", "notes", "external_id",
)  # fmt: skip


def test_every_type_of_entry_survives_export_and_import(person):
    days = [date(2024, month, 3) for month in range(1, 13)]
    factories.set_rates("USD", dict.fromkeys(days, "1.25"))
    here, there = (factories.make_portfolio(person, name=name, base_currency="EUR") for name in ("Here", "There"))
    euro = factories.make_instrument("EUA", currency="EUR", isin="DE0000000018")
    dollar = factories.make_instrument("USA", currency="USD", isin="US0000000018")
    record = factories.record
    record(here, "deposit", days[0], amount="100000")
    record(here, "buy", days[0], euro, quantity="10.5", price="12.345678", fees="1.5", taxes="0.25", notes="=first, with a comma", external_id="A-1")
    record(here, "buy", days[1], dollar, quantity="7", price="100", fees="2", traded_at=factories.at("2024-02-03T23:30:00-05:00"))
    record(here, "buy", days[2], dollar, quantity="3", price="100", settlement_currency="EUR", amount="250", fx_rate=None)
    record(here, "transfer_in", days[2], euro, quantity="2", price="3", acquired_on=date(2019, 5, 6))
    record(here, "split", days[3], euro, ratio_new="4", ratio_old="1")
    record(here, "dividend", days[4], dollar, amount="8.5", taxes="1.5")
    record(here, "dividend", days[5], dollar, amount="-8.5", notes="taken back")
    record(here, "interest", days[5], amount="3.21")
    record(here, "fee", days[6], amount="5")
    record(here, "fee", days[6], amount="-5", notes="given back")
    record(here, "tax", days[7], euro, amount="7")
    record(here, "sell", days[8], euro, quantity="1.25", price="14", fees="1")
    record(here, "transfer_out", days[9], euro, quantity="0.5")
    record(here, "withdrawal", days[10], amount="12.34", currency="USD")

    rows = Transaction.objects.live().filter(portfolio=here).select_related("instrument").order_by("traded_on", "id")
    content = "".join(csv_of(rows)).encode()
    batch = services.start_import(person, there, file_name="export.csv", content=content)
    tasks.sweep_imports()
    batch = selectors.get_import(person, batch.pk)
    assert batch.status == ImportStatus.REVIEW, batch.facts
    problems = [(view.number, view.reason) for view in map(selectors.view_of, selectors.rows_of(batch)) if view.state not in ("ready", "check")]
    assert problems == []
    services.confirm_import(person, batch)
    tasks.sweep_imports()

    def entries(portfolio):
        found = Transaction.objects.live().filter(portfolio=portfolio).order_by("traded_on", "id")
        return [tuple(getattr(row, field) for field in FIELDS) for row in found]

    assert entries(there) == entries(here)
    one, two = book_of(here), book_of(there)
    assert {key: (p.quantity, p.cost) for key, p in one.positions.items()} == {key: (p.quantity, p.cost) for key, p in two.positions.items()}
    assert {c: p.amount for c, p in one.cash.items()} == {c: p.amount for c, p in two.cash.items()}
