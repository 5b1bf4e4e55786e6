"""Values sealed together read, set and store as fields of their own would."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest
from django.db import connection

from portfolio_site.kernel.decimals import NotExact
from portfolio_site.web.packed import packed, texts_of
from portfolios.models import Transaction
from tests.factories import make_instrument, make_person, make_portfolio, record

PARTS = (
    "quantity", "price", "amount", "fees", "taxes", "fx_rate", "notes", "external_id", "accrued", "given_amount", "reinvested_quantity",
    "costs_rate", "cost_share", "reference", "tags", "lots",
)  # fmt: skip


def test_the_order_inside_never_changes() -> None:
    """Stored values are told apart by their place: a new one comes last."""
    assert tuple(sorted(PARTS, key=lambda name: getattr(Transaction, name).place)) == PARTS
    assert len(Transaction._meta.get_field("sealed").parts) == len(PARTS)


def test_what_is_set_is_read_back_and_what_is_not_is_none_or_empty() -> None:
    row = Transaction(quantity=D("1.50"), notes="half", tags=["a", "b"])
    row.price = D("0.000000000000000001")
    assert (row.quantity, row.price, row.notes, row.tags) == (D("1.5"), D("0.000000000000000001"), "half", ["a", "b"])
    assert (row.amount, row.reference, row.lots) == (None, "", None)


def test_the_inside_is_text_in_order_and_ends_with_the_last_value() -> None:
    assert packed((D("1.50"), None, "é", None, "")) == "1.5\x00\x00é".encode()
    assert texts_of(packed((None, ["x\x00"], D(0)))) == ["", '["x\\u0000"]', "0"]
    assert packed((None, "")) == b""


def test_a_text_with_the_mark_between_values_is_not_stored() -> None:
    with pytest.raises(ValueError, match="cannot be stored"):
        packed(("a\x00b",))


def test_a_number_that_is_not_exact_is_not_stored() -> None:
    with pytest.raises(NotExact):
        packed((D("0.1") ** 19,))


@pytest.mark.django_db
def test_a_row_keeps_every_digit_and_shows_none_in_the_database() -> None:
    portfolio = make_portfolio(make_person())
    entry = record(portfolio, "buy", "2024-01-03", make_instrument("ASML"), quantity="12345.678901234567890123"[:21], price="98.7654", notes="secret")
    read = Transaction.objects.get(pk=entry.pk)
    assert (read.quantity, read.price, read.notes, read.fees) == (D("12345.678901234567890"), D("98.7654"), "secret", None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM portfolios_transaction")
        raw: Any = bytes(cursor.fetchone()[0])
    assert b"secret" not in raw and b"98.7654" not in raw


@pytest.mark.django_db
def test_a_part_can_be_asked_for_by_its_name() -> None:
    portfolio = make_portfolio(make_person())
    record(portfolio, "buy", "2024-01-03", make_instrument("ASML"), quantity="2", price="3")
    row = Transaction.objects.only("quantity", "kind").get()
    assert "sealed" in row.__dict__ and "currency" not in row.__dict__
    assert row.quantity == D(2)
